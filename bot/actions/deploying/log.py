"""The log of a deployment as every form of it writes one: whole lines. Where it is kept is for whoever composes."""

from collections.abc import Sequence
from typing import Protocol


class LogWriter(Protocol):
    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class LogOpener(Protocol):
    """Where an action's log is written; `bot.logs` has it."""

    def open(self, key: str, limit: int, secrets: Sequence[str]) -> LogWriter: ...


def write_line(log: LogWriter, words: str) -> None:
    log.write(f"{words}\n".encode(errors="backslashreplace"))
