"""Globs over branch names, tag names and paths: the grammar of section 8.4, and nothing of any shell's or of gitignore's.

A pattern comes from a file that anybody may push, so matching never backtracks: a pattern is an automaton whose set of
live places is a bit mask, and the steps once taken are remembered. The cost is linear in the text.
"""

from dataclasses import dataclass, field
from functools import lru_cache

SEPARATOR = "/"
_REMEMBERED_STEPS = 4096  # Per pattern; a flood of different characters starts the memory over instead of growing it.


class BadPattern(ValueError):
    """The text is a sentence about the pattern."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches. A malformed pattern matches nothing; `check` tells what is wrong with it."""
    automaton = _compile(pattern)
    return isinstance(automaton, _Automaton) and automaton.accepts(text)


def check(pattern: str) -> str | None:
    """What is wrong with the pattern, as a sentence; None when nothing is."""
    automaton = _compile(pattern)
    return automaton if isinstance(automaton, str) else None


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> "_Automaton | str":
    try:
        return _Parser(pattern).parse()
    except BadPattern as error:
        return str(error)


@dataclass(frozen=True, slots=True)
class _Characters:
    """What one place of the automaton takes: one of `chars` or of `ranges`, or, when `negated`, anything else.

    `within` keeps it from taking a separator: `*`, `?` and brackets stay inside one segment.
    """

    chars: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False
    within: bool = False

    def take(self, char: str) -> bool:
        if self.within and char == SEPARATOR:
            return False
        return self.negated != (char in self.chars or any(low <= char <= high for low, high in self.ranges))


_ANY = _Characters(negated=True)
_ANY_WITHIN = _Characters(negated=True, within=True)


@dataclass(slots=True)
class _Automaton:
    """Place i takes a character by `takes[i]` and goes to i + 1, or stays when it is in `loops`; `jumps` cost nothing."""

    takes: list[_Characters | None] = field(default_factory=list)
    loops: set[int] = field(default_factory=set)
    jumps: dict[int, list[int]] = field(default_factory=dict)
    _closures: list[int] = field(default_factory=list)
    _steps: dict[tuple[int, str], int] = field(default_factory=dict)

    def jump(self, origin: int, target: int) -> None:
        self.jumps.setdefault(origin, []).append(target)

    def finish(self) -> None:
        """All jumps lead forward, so one pass from the end finds everywhere they lead."""
        end = len(self.takes)
        self._closures = [0] * (end + 1)
        for place in range(end, -1, -1):
            mask = 1 << place
            for target in self.jumps.get(place, ()):
                mask |= self._closures[target]
            self._closures[place] = mask

    def accepts(self, text: str) -> bool:
        places = self._closures[0]
        for char in text:
            step = self._steps.get((places, char))
            places = self._step(places, char) if step is None else step
            if not places:
                return False
        return bool(places >> len(self.takes) & 1)

    def _step(self, places: int, char: str) -> int:
        after, left = 0, places
        while left:
            place = (left & -left).bit_length() - 1
            left &= left - 1
            takes = self.takes[place] if place < len(self.takes) else None
            if takes is not None and takes.take(char):
                after |= self._closures[place if place in self.loops else place + 1]
        if len(self._steps) >= _REMEMBERED_STEPS:
            self._steps.clear()
        self._steps[places, char] = after
        return after


class _Parser:
    """One pass over the pattern, building the automaton as it goes."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.automaton = _Automaton()

    def parse(self) -> _Automaton:
        if not self.pattern:
            raise BadPattern("The pattern is empty.")
        self._sequence(at_segment_start=True, inside_braces=False)
        self.automaton.finish()
        return self.automaton

    def _sequence(self, *, at_segment_start: bool, inside_braces: bool) -> bool:
        """Read up to the end, or to `,` or `}` inside braces. Returns whether what follows begins a segment."""
        start = at_segment_start
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            if inside_braces and char in ",}":
                break
            start = self._item(char, start, inside_braces=inside_braces)
        return start

    def _item(self, char: str, at_segment_start: bool, *, inside_braces: bool) -> bool:
        match char:
            case "*":
                return self._star(at_segment_start)
            case "{":
                if inside_braces:
                    raise BadPattern("Braces cannot stand inside braces.")
                return self._braces(at_segment_start)
            case "?":
                self.at += 1
                self._place(_ANY_WITHIN)
            case "[":
                self._place(self._brackets())
            case _:
                return self._literal()
        return False

    def _literal(self) -> bool:
        if self.pattern[self.at] == "\\":
            self.at += 1
            if self.at == len(self.pattern):
                raise BadPattern("The pattern ends in a lone `\\`.")
        char = self.pattern[self.at]
        self.at += 1
        self._place(_Characters(frozenset(char)))
        return char == SEPARATOR

    def _star(self, at_segment_start: bool) -> bool:
        """`*` within a segment, `**` across segments; `**/` at the start of a segment also stands for none at all (C16)."""
        begin = self.at
        while self.pattern[self.at : self.at + 1] == "*":
            self.at += 1
        across = self.at - begin > 1
        optional = across and at_segment_start and self.pattern[self.at : self.at + 1] == SEPARATOR
        entry = self._place(None) if optional else 0
        place = self._place(_ANY if across else _ANY_WITHIN)
        self.automaton.loops.add(place)
        self.automaton.jump(place, place + 1)
        if optional:
            self._literal()
            self.automaton.jump(entry, place)
            self.automaton.jump(entry, place + 2)
        return optional

    def _braces(self, at_segment_start: bool) -> bool:
        """Alternatives: a jump to the start of each, and one from the end of each to behind the last."""
        self.at += 1
        fork, ends, starts = self._place(None), [], []
        while True:
            self.automaton.jump(fork, len(self.automaton.takes))
            starts.append(self._sequence(at_segment_start=at_segment_start, inside_braces=True))
            if self.at == len(self.pattern):
                raise BadPattern("A `{` has no `}`.")
            ends.append(self._place(None))
            self.at += 1
            if self.pattern[self.at - 1] == "}":
                break
        for end in ends:
            self.automaton.jump(end, len(self.automaton.takes))
        return all(starts)

    def _brackets(self) -> _Characters:
        r"""One character of a set. `*`, `?`, `\` and a leading `-` mean themselves in here."""
        end = self.pattern.find("]", self.at + 1)
        if end < 0:
            raise BadPattern("A `[` has no `]`.")
        body = self.pattern[self.at + 1 : end]
        self.at = end + 1
        negated = body.startswith("!")
        body = body[negated:]
        if not body:
            raise BadPattern("The brackets are empty.")
        if SEPARATOR in body:
            raise BadPattern("Brackets cannot hold a `/`.")
        chars, ranges = _members(body)
        return _Characters(frozenset(chars), tuple(ranges), negated=negated, within=True)

    def _place(self, takes: _Characters | None) -> int:
        self.automaton.takes.append(takes)
        return len(self.automaton.takes) - 1


def _members(body: str) -> tuple[list[str], list[tuple[str, str]]]:
    chars: list[str] = []
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(body):
        low, high = body[at], body[at + 2 : at + 3]
        if body[at + 1 : at + 2] == "-" and high and not (at == 0 and low == "-"):
            if high < low:
                raise BadPattern(f"The range `{low}-{high}` runs backwards.")
            ranges.append((low, high))
            at += 3
        else:
            chars.append(low)
            at += 1
    return chars, ranges
