"""A life that ends at a given write: from then on nothing reaches the store or the host, and nobody learns anything any more.

What had been handed to the store or the host before still happens, as it does when a process is killed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn

from bot.ports import Provider, Store, StoreUnavailable

WRITES = frozenset(
    {"add_deliveries", "settle_deliveries", "commit", "enqueue", "settle_effect", "postpone_effect", "set_reported"}
    | {"record_intake", "next_number"}
)


class Life:
    """Ends at its `fatal`-th write: before it, or with `durable` after it. 0: it does not end by itself."""

    def __init__(self, fatal: int, *, durable: bool) -> None:
        self._fatal = fatal
        self._durable = durable
        self.writes = 0
        self.over = asyncio.Event()

    async def of_store(self, name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        if name not in WRITES:
            return await self.of_host(call)
        if self.over.is_set():
            await _nevermore()
        self.writes += 1
        fatal = self.writes == self._fatal
        if fatal and not self._durable:
            self.over.set()
            await _nevermore()
        result = await call()
        if fatal:
            self.over.set()
        if self.over.is_set():
            await _nevermore()
        return result

    async def of_host(self, call: Callable[[], Awaitable[Any]]) -> Any:
        if self.over.is_set():
            await _nevermore()
        result = await call()
        if self.over.is_set():
            await _nevermore()
        return result


class Trouble(Life):
    """A life in which the store fails, from the `first` write on, for as many calls as `length`; with `durable` it has
    written all the same. Then all is well again.
    """

    def __init__(self, first: int, length: int, *, durable: bool) -> None:
        super().__init__(0, durable=durable)
        self._first = first
        self._left = length
        self._written = durable
        self.failed = asyncio.Event()

    @property
    def recovered(self) -> bool:
        return self._left == 0

    def begin(self) -> None:
        """Fail from now on."""
        self._first = 0

    async def of_store(self, name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        self.writes += name in WRITES
        failing = self.writes >= self._first and self._left > 0
        if not failing:
            return await self.of_host(call)
        self._left -= 1
        self.failed.set()
        if self._written:
            await self.of_host(call)
        raise StoreUnavailable("The database can't be used: no space left on device.")


async def _nevermore() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("the dead do not go on")


class _Lived:
    """Something whose every coroutine is lived through; its plain functions and values are what they are."""

    def __init__(self, what: object, lived: Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]) -> None:
        self._what = what
        self._lived = lived

    def __getattr__(self, name: str) -> Any:
        """Asked once of each name."""
        found = getattr(self._what, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        def lived(*arguments: Any, **named: Any) -> Coroutine[Any, Any, Any]:
            async def call() -> Any:
                return await self._lived(name, lambda: found(*arguments, **named))

            return call()

        setattr(self, name, lived)
        return lived


def mortal_store(store: Store, life: Life) -> Any:
    return _Lived(store, life.of_store)


def mortal_provider(provider: Provider, life: Life) -> Any:
    return _Lived(provider, lambda _name, call: life.of_host(call))
