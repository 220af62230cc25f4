"""Who waits to hear that an execution or a lane changed, in this process: live pages. What changed they read from the store.

Telling never waits and keeps nothing: a listener is a flag, raised once however often it is told.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

ANY = ""
"""Listens to every execution and lane."""


class Listener:
    """A flag that is raised by a change and lowered by hearing of it."""

    __slots__ = ("_flag",)

    def __init__(self) -> None:
        self._flag = asyncio.Event()

    def tell(self) -> None:
        self._flag.set()

    async def changed(self) -> None:
        """Return as soon as something has changed since the last return."""
        await self._flag.wait()
        self._flag.clear()


class Changes:
    """Hands changes on to those who listen. Belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}

    def notify(self, changed: str) -> None:
        """`changed` is the id of an execution or of a lane."""
        for key in (changed, ANY):
            for listener in self._listeners.get(key, ()):
                listener.tell()

    @contextmanager
    def listen(self, to: str = ANY) -> Iterator[Listener]:
        """Hear of changes from now on; so what is read after this call is never older than the last change told."""
        listener = Listener()
        self._listeners.setdefault(to, set()).add(listener)
        try:
            yield listener
        finally:
            remaining = self._listeners[to]
            remaining.discard(listener)
            if not remaining:
                del self._listeners[to]

    @property
    def listeners(self) -> int:
        return sum(len(listeners) for listeners in self._listeners.values())
