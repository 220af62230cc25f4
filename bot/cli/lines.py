"""An action's output as lines for a terminal, however long they are: memory stays flat. How a line is drawn is not here."""

from collections.abc import Iterator

LONGEST = 1 << 14
"""Bytes of a line that are shown; of a longer one the number of the others is told."""


class Lines:
    """Takes output as it comes, gives whole lines."""

    def __init__(self) -> None:
        self._begun = b""
        self._more = 0

    def feed(self, data: bytes) -> Iterator[str]:
        *ended, rest = data.split(b"\n")
        for part in ended:
            self._take(part)
            yield self._line()
        self._take(rest)

    def end(self) -> Iterator[str]:
        """What has no end of its own."""
        if self._begun:
            yield self._line()

    def _take(self, part: bytes) -> None:
        room = LONGEST - len(self._begun)
        self._begun += part[:room]
        self._more += len(part[room:])

    def _line(self) -> str:
        line = self._begun.decode(errors="replace")
        if self._more:
            line += f"\x1b[0m … {self._more} more bytes"
        self._begun, self._more = b"", 0
        return line
