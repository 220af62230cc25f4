"""How results are written: as wide as the terminal, and elsewhere as wide as they are, so that no line is broken in two."""

from rich.console import Console

UNBROKEN = 10_000


def open_console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console
