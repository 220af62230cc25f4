"""The build's own words in its action's log, before, between and behind what its commands print."""

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class LogWriter(Protocol):
    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class LogOpener(Protocol):
    """Where an action's log is written beside what its job prints; `bot.logs` has it."""

    def open(self, key: str, limit: int, secrets: Sequence[str]) -> LogWriter: ...

    def held(self, key: str) -> AbstractContextManager[None]:
        """Meanwhile no reader takes the log for complete."""


class Words:
    """`limit` bytes of a log are kept."""

    def __init__(self, logs: LogOpener, limit: int) -> None:
        self._logs = logs
        self._limit = limit

    def held(self, key: str) -> AbstractContextManager[None]:
        """For as long as a build goes on: its log is written by turns, by its job and by the bot, and followed from its first line to its last."""
        return self._logs.held(key)

    def tell(self, key: str, lines: Sequence[str], secrets: Sequence[str] = ()) -> None:
        """Lines at the end of the log of that key, with the secrets masked."""
        with contextlib.suppress(ValueError):  # somebody else writes it: its own words matter more than ours
            log = self._logs.open(key, self._limit, secrets)
            try:
                log.write("".join(f"[Container] {line}\n" for line in lines).encode())
            finally:
                log.close()

    def teller(self, key: str, secrets: Sequence[str]) -> Callable[[str], None]:
        """For those who tell one line at a time."""
        return lambda line: self.tell(key, [line], secrets)
