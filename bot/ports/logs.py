"""What the runtime asks of action logs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Bytes of a log from `offset` on. `next_offset` is where to go on; `complete` when nothing will follow it.

    `dropped` counts bytes that were left out just before this chunk (the middle of a log beyond its limit).
    """

    data: bytes
    offset: int
    next_offset: int
    complete: bool
    dropped: int = 0


class Logs(Protocol):
    """Action logs by key, for those who read them. Writing is the executor's own affair."""

    async def read(self, key: str, offset: int = 0, limit: int = 1 << 20) -> LogChunk | None:
        """A part of the log; None when there is no such log."""

    async def tail(self, key: str, lines: int) -> str:
        """The last lines, escape sequences removed, "" when there are none."""

    def follow(self, key: str, offset: int = 0) -> AsyncIterator[LogChunk]:
        """Chunks as they are written, until the log is complete; none when there is no such log (yet)."""

    async def remove(self, prefix: str) -> None:
        """Remove the log of that key and all whose keys go on from it with a `/`. None there is no error."""


# --- The store -------------------------------------------------------------------------------------------------------
