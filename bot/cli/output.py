"""How results are written: as wide as the terminal, and elsewhere as wide as they are, so that no line is broken in two."""

import os
import sys
from collections.abc import Callable

from rich.console import Console

UNBROKEN = 10_000


class _Console(Console):
    """One whose reader may go, as `head` does."""

    def __init__(self, unread: Callable[[], None]) -> None:
        super().__init__(highlight=False)
        self._unread = unread

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is flushed at the end
        self._unread()


def open_console(unread: Callable[[], None] | None = None) -> Console:
    """`unread` is called when nobody reads any more; without it the command ends there."""
    console = Console(highlight=False) if unread is None else _Console(unread)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console
