"""The log that a deployment writes to, whole lines. Where it is kept is for whoever composes."""

from collections.abc import Sequence
from typing import Protocol


class LogWriter(Protocol):
    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class LogOpener(Protocol):
    """Where an action's log is written; `bot.logs` has it."""

    def open(self, key: str, limit: int, secrets: Sequence[str]) -> LogWriter:
        """Raises ValueError for one that is open already."""
