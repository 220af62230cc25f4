"""What is in the store already, as a packing knows of it: the content of earlier artifacts, by its digests and by the rows of files."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import eq
from typing import NamedTuple

from bot.artifacts.columns import Columns, Entry, Piece
from bot.artifacts.manifest import Manifest, Pack
from bot.artifacts.rows import Row, path_of

_STRETCH = 256
"""Rows compared at once: more are quicker where only contents have changed, fewer where paths have come and gone."""


class Known(NamedTuple):
    """What an earlier artifact has; and the row of each of its entries, where it lies unpacked."""

    manifest: Manifest
    rows: Sequence[Row] = ()

    def prepare(self) -> None:
        """Made now, lest a packing wait for it."""
        columns = self.manifest.columns
        _ = columns.outline.starts, columns.outline.written, columns.contents.places, columns.contents.used


def alike(before: Sequence[Row], now: Sequence[Row]) -> Iterator[tuple[int, int, int]]:
    """Where the two, both in order, have the same: from which place in each, and how many. Quickest where most paths are in both."""
    here = there = 0
    while here < len(before) and there < len(now):
        same = [*map(eq, before[here : here + _STRETCH], now[there : there + _STRETCH]), False]
        start, last = 0, len(same) - 1
        while True:
            end = same.index(False, start)
            if end > start:
                yield here + start, there + start, end - start
            if end == last or path_of(before[here + end]) != path_of(now[there + end]):
                break
            start = end + 1
        here, there = here + end, there + end
        if end < last:  # a path that only one of them has
            if before[here] < now[there]:
                here = bisect_left(before, now[there], here)
            else:
                there = bisect_left(now, before[here], there)


class Places:
    """Where each content lies, of what is known and of what is packed now. Packs are numbered as they are first needed.

    The first artifact's packs have the numbers that they have there, so that its entries are entries here as they are.
    """

    def __init__(self, known: Sequence[Known]) -> None:
        self.known = known or [Known(Manifest.of((), ()))]
        self._contents = [
            (index, contents) for index, one in enumerate(known) if (contents := one.manifest.columns.contents)
        ]
        self._packs: list[Pack | None] = list(self.known[0].manifest.packs)
        self._numbers: dict[tuple[int, int], int] = {}
        self._found: dict[bytes, Piece] = {}
        self._refused: set[int] = set()
        self._surely_used: Sequence[int] = ()

    def columns(self, rows: Sequence[Row], make: Callable[[Row], Entry]) -> Columns:
        """Each entry as the first artifact with its row has it; what no artifact has is made, in order."""
        columns, done = Columns(), 0
        stretches = list(self._unchanged(rows, [number for number, known in enumerate(self.known) if known.rows]))
        for place, number, start, count in stretches:
            columns.add([make(row) for row in rows[done:place]])
            there = self.known[number].manifest.columns
            columns.add_from(there, start, count, partial(self._number, number) if number else None)
            done = place + count
        columns.add([make(row) for row in rows[done:]])
        first = self.known[0]
        columns.share(first.manifest.columns)
        if first.rows:
            kept = [(start, start + count) for _, number, start, count in stretches if not number]
            self._surely_used = _used_by(first.manifest.columns, kept)
        return columns

    def _unchanged(
        self, rows: Sequence[Row], numbers: Sequence[int], begin: int = 0
    ) -> Iterator[tuple[int, int, int, int]]:
        """In order: the place in the rows, the number of the artifact, the place of the entry there, how many there are. What one has not, the next may have."""
        if not numbers or not rows:
            return
        number, *others = numbers
        done = 0
        for start, place, count in alike(self.known[number].rows, rows):
            yield from self._unchanged(rows[done:place], others, begin + done)
            yield begin + place, number, start, count
            done = place + count
        yield from self._unchanged(rows[done:], others, begin + done)

    def of(self, digest: bytes) -> Piece | None:
        piece = self._found.get(digest)
        if piece is not None:
            return piece
        for index, contents in self._contents:
            piece = contents.find(digest)
            if piece is not None and (number := self._number(index, piece.pack)) not in self._refused:
                here = self._found[digest] = piece._replace(pack=number)
                return here
        return None

    def keep(self, piece: Piece) -> None:
        """Of a pack that is made now."""
        self._found[piece.digest] = piece

    def fresh(self) -> int:
        """The number of a pack that is made now."""
        self._packs.append(None)
        return len(self._packs) - 1

    def refuse(self, packs: set[int]) -> None:
        """Nothing is to be found in these any more."""
        self._refused |= packs
        self._found = {digest: piece for digest, piece in self._found.items() if piece.pack not in packs}

    def packs(self, fresh: Sequence[Pack]) -> tuple[Pack, ...]:
        """All by their numbers; `fresh` are those made now, in their order."""
        made = iter(fresh)
        return tuple(next(made) if pack is None else pack for pack in self._packs)

    def are_used(self, part: float) -> bool:
        """Whether that part of each pack that was there before is surely in use: told without counting, and only where little has changed."""
        sizes = self.sizes()
        used = self._surely_used
        return all(pack < len(used) and used[pack] >= part * size for pack, size in sizes.items())

    def sizes(self) -> dict[int, int]:
        """Of the packs that were there before."""
        return {number: pack.size for number, pack in enumerate(self._packs) if pack is not None}

    def _number(self, index: int, pack: int) -> int:
        """Which pack here that one of an artifact's is."""
        if not index:
            return pack
        number = self._numbers.get((index, pack))
        if number is None:
            number = self._numbers[index, pack] = len(self._packs)
            self._packs.append(self.known[index].manifest.packs[pack])
        return number


def _used_by(columns: Columns, kept: Sequence[tuple[int, int]]) -> Sequence[int]:
    """How many bytes of each pack are used by these stretches of the entries, at least: what is in files here and elsewhere counts for neither."""
    contents, starts = columns.contents, columns.outline.starts
    used = list(contents.used)
    for begin, end in zip(
        [0, *(end for _, end in kept)], [*(begin for begin, _ in kept), len(starts) - 1], strict=True
    ):
        for place in range(starts[begin], starts[end]):
            used[contents.packs[place]] -= contents.lengths[place]
    return used
