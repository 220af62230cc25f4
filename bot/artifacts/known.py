"""What is in the store already, as a packing knows of it: the content of earlier artifacts, by its digests and by the rows of files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter

from bot.artifacts.manifest import Entry, Manifest, Pack, Piece
from bot.artifacts.rows import Row

_PIECES = itemgetter(4)


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier artifact has: its packs, its pieces by their digests, and where it lies unpacked its files by their rows."""

    packs: tuple[Pack, ...] = ()
    pieces: Mapping[bytes, Piece] = field(default_factory=dict)
    files: Mapping[Row, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Manifest) -> "Known":
        return cls(manifest.packs, _by_digest(manifest.entries))

    @classmethod
    def unpacked(cls, packs: tuple[Pack, ...], files: Mapping[Row, Entry]) -> "Known":
        return cls(packs, _by_digest(files.values()), files)


def _by_digest(entries: Iterable[Entry]) -> dict[bytes, Piece]:
    return {piece[0]: piece for piece in chain.from_iterable(map(_PIECES, entries))}


class Places:
    """Where each content lies, of what is known and of what is packed now. Packs are numbered as they are first needed.

    The first artifact's packs have the numbers that they have there, so that its entries are entries here as they are.
    """

    def __init__(self, known: Sequence[Known]) -> None:
        self.known = known or [Known()]
        self._packs: list[Pack | None] = list(self.known[0].packs)
        self._numbers: dict[tuple[int, int], int] = {}
        self._found: dict[bytes, Piece] = {}
        self._refused: set[int] = set()

    def unchanged(self, rows: Sequence[Row]) -> list[Entry | None]:
        """Each file that is as the first artifact with its row has it; None for all else."""
        entries = list(map(self.known[0].files.get, rows))
        for number, known in enumerate(self.known):
            if number and known.files:
                for index, row in enumerate(rows):
                    if entries[index] is None and (entry := known.files.get(row)) is not None:
                        entries[index] = entry._replace(
                            pieces=tuple(self._here(number, piece) for piece in entry.pieces)
                        )
        return entries

    def of(self, digest: bytes) -> Piece | None:
        piece = self._found.get(digest)
        if piece is not None:
            return piece
        for index, known in enumerate(self.known):
            piece = known.pieces.get(digest)
            if piece is not None and (here := self._here(index, piece)).pack not in self._refused:
                self._found[digest] = here
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

    def sizes(self) -> dict[int, int]:
        """Of the packs that were there before."""
        return {number: pack.size for number, pack in enumerate(self._packs) if pack is not None}

    def _here(self, index: int, piece: Piece) -> Piece:
        if not index:
            return piece
        number = self._numbers.get((index, piece.pack))
        if number is None:
            number = self._numbers[index, piece.pack] = len(self._packs)
            self._packs.append(self.known[index].packs[piece.pack])
        return piece._replace(pack=number)
