"""Comment text to commands. What each command's arguments mean is in `arguments`; which lines count is in `lines`."""

from collections.abc import Iterator

from bot.commands.command import Command, Misread
from bot.commands.lines import spoken_lines
from bot.commands.near import nearest
from bot.commands.table import BY_NAME, names
from bot.core.refusal import Refusal, RefusalReason

MOST = 10
"""Commands in one comment; a comment with more has none."""

OURS = "penstock"

# Reordering characters make a line look like another than it is, so it is refused; the others only get in by copying.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u180e\u200b\u200c\u2060\ufeff"))
_LONGEST_WORD = 40


def parse(body: str) -> tuple[Command | Misread, ...]:
    """The commands of a comment, in order. Lines that are no affair of ours leave no trace: other bots read them too."""
    found = list(_read(body))
    if len(found) > MOST:
        return (Misread(Refusal(RefusalReason.TOO_MANY_COMMANDS, {"limit": str(MOST)})),)
    return tuple(found)


def _read(body: str) -> Iterator[Command | Misread]:
    for line in spoken_lines(body.translate(_INVISIBLE)):
        command = _command(line)
        if command is not None:
            yield command


def _command(line: str) -> Command | Misread | None:
    text = " ".join(line.split())
    reordered = any(char in _REORDERING for char in text)
    first, _, rest = "".join(char for char in text if char not in _REORDERING)[1:].partition(" ")
    name, addressed = _name(first), False
    if name == OURS:
        word, _, rest = rest.partition(" ")
        name, addressed = _name(word) or "help", True
    closest = name if name in BY_NAME else nearest(name, (OURS, *names()))
    if not closest and not addressed:
        return None
    if reordered:
        return Misread(Refusal(RefusalReason.HIDDEN_CHARACTERS, {"command": closest}))
    if name not in BY_NAME:
        details = {"command": name[:_LONGEST_WORD], "closest": "help" if closest in ("", OURS) else closest}
        return Misread(Refusal(RefusalReason.UNKNOWN_COMMAND, details))
    return _with_arguments(name, rest)


def _with_arguments(name: str, rest: str) -> Command | Misread:
    entry = BY_NAME[name]
    return entry.read(rest) or Misread(Refusal(RefusalReason.BAD_ARGUMENTS, {"command": name, "usage": entry.typed}))


def _name(word: str) -> str:
    """Phones write the first letter large. Only ASCII is lowered: other letters fold into ASCII ones that they are not."""
    return word.lower() if word.isascii() else word
