"""An artifact's entries as columns: one list a field, since there may be a hundred thousand of them, and most are as they were.

Columns are copied, compared and written whole, in a fraction of the time that as many objects take. Where the bytes of a
manifest come from them is in `manifest`; nothing is read or stored here.
"""

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, islice
from operator import itemgetter
from typing import Any, NamedTuple, Self

import orjson

from bot.artifacts.tree import Kind

DIGEST_BYTES = 32


class Piece(NamedTuple):
    """`length` bytes of content, `offset` bytes into the pack of that index. `digest` (BLAKE3) is by what they are known again."""

    digest: bytes
    pack: int
    offset: int
    length: int


class Entry(NamedTuple):
    """A folder, a link with its target, or a file with its pieces in order."""

    path: str
    kind: Kind
    mode: int
    target: str = ""
    pieces: tuple[Piece, ...] = ()

    @property
    def size(self) -> int:
        return sum(piece.length for piece in self.pieces)


class Outline:
    """All of the entries but what is in their files; `counts` are the pieces that each has. Not changed once it is complete."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.kinds: list[Kind] = []
        self.modes: list[int] = []
        self.targets: list[str] = []
        self.counts: list[int] = []

    @property
    def all(self) -> tuple[list[Any], ...]:
        return self.paths, self.kinds, self.modes, self.targets, self.counts

    @cached_property
    def starts(self) -> list[int]:
        """Where among all pieces those of each entry begin; and behind the last of them how many there are."""
        return list(accumulate(self.counts, initial=0))

    @cached_property
    def written(self) -> Mapping[str, orjson.Fragment]:
        """As a manifest has it, made once: the next artifact most often has the same."""
        columns = {
            "paths": _joined(self.paths),
            "targets": _joined(self.targets),
            "kinds": "".join(self.kinds),
            "modes": self.modes,
            "counts": self.counts,
        }
        # A copy: what is dumped keeps the room that it was written in, many times as much.
        return {name: orjson.Fragment(bytes(memoryview(orjson.dumps(column)))) for name, column in columns.items()}


class Contents:
    """The pieces of all entries, in their order; `digests` one behind the other. Not changed once it is complete."""

    def __init__(self) -> None:
        self.digests = bytearray()
        self.packs = array("i")
        self.offsets = array("q")
        self.lengths = array("q")

    def __len__(self) -> int:
        return len(self.packs)

    def __iter__(self) -> Iterator[Piece]:
        return map(Piece, self._each_digest(), self.packs, self.offsets, self.lengths)

    def add(self, pieces: Sequence[Piece]) -> None:
        self.digests += b"".join(map(itemgetter(0), pieces))
        for number, column in enumerate((self.packs, self.offsets, self.lengths), 1):
            column.extend(map(itemgetter(number), pieces))

    def add_from(self, other: "Contents", begin: int, end: int, number: Callable[[int], int] | None) -> None:
        packs = other.packs[begin:end]
        self.digests += other.digests[begin * DIGEST_BYTES : end * DIGEST_BYTES]
        self.packs += array("i", map(number, packs)) if number else packs
        self.offsets += other.offsets[begin:end]
        self.lengths += other.lengths[begin:end]

    def find(self, digest: bytes) -> Piece | None:
        place = self.places.get(digest)
        return None if place is None else Piece(digest, self.packs[place], self.offsets[place], self.lengths[place])

    @cached_property
    def places(self) -> Mapping[bytes, int]:
        """Where a piece of each digest is."""
        return dict(zip(self._each_digest(), range(len(self)), strict=True))

    @cached_property
    def used(self) -> Sequence[int]:
        """How many bytes of each pack, by its number; what is in several files counts once."""
        used = [0] * (max(self.packs, default=-1) + 1)
        if len(self.places) == len(self):
            for pack, length in zip(self.packs, self.lengths, strict=True):
                used[pack] += length
        else:
            for piece in set(self):
                used[piece.pack] += piece.length
        return used

    def _each_digest(self) -> list[bytes]:
        whole = bytes(self.digests)
        return [whole[start : start + DIGEST_BYTES] for start in range(0, len(whole), DIGEST_BYTES)]


class Columns:
    """Outline and contents, while they are made and after."""

    def __init__(self) -> None:
        self.outline = Outline()
        self.contents = Contents()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        made = cls()
        made.add(list(entries))
        return made

    def __iter__(self) -> Iterator[Entry]:
        pieces = iter(self.contents)
        for path, kind, mode, target, count in zip(*self.outline.all, strict=True):
            yield Entry(path, kind, mode, target, tuple(islice(pieces, count)))

    def add(self, entries: Sequence[Entry]) -> None:
        outline = self.outline
        for number, column in enumerate(outline.all[:4]):
            column.extend(map(itemgetter(number), entries))
        pieces = list(map(itemgetter(4), entries))
        outline.counts.extend(map(len, pieces))
        self.contents.add(list(chain.from_iterable(pieces)))

    def add_from(self, other: "Columns", start: int, count: int, number: Callable[[int], int] | None = None) -> None:
        """So many of another's entries, from `start` on. `number` tells which pack each pack there is here; left out where it is the same."""
        for column, whole in zip(self.outline.all, other.outline.all, strict=True):
            column.extend(whole[start : start + count])
        begin, end = other.outline.starts[start], other.outline.starts[start + count]
        self.contents.add_from(other.contents, begin, end, number)

    def share(self, other: "Columns") -> None:
        """What is the same there need not be kept, and written, twice."""
        if self.outline.all == other.outline.all:
            self.outline = other.outline


def _joined(names: Sequence[str]) -> str:
    """The file system's bytes, one character each."""
    return os.fsencode("\0".join(names)).decode("latin-1")
