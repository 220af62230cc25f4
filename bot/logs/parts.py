"""Where a log lies on disk: the names of its files, and reading a range of it from them. Nothing here writes or waits.

A log is a stream of bytes kept in parts, each a file named after the offset of its first byte. Without a limit reached
there is one part, or several that join; beyond it the middle ones are gone, and offsets still mean what they meant.
A log's key has parts too, joined by `/`: the first is the folder, so that all logs of an execution are found together.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9_@-]{1,60}")
_SUFFIX = ".log"


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a log: `size` bytes of the stream from `start` on."""

    path: Path
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log of a key lies. Whatever the key, that is inside the root, and no other key's place."""

    folder: Path
    stem: str

    @classmethod
    def of(cls, root: Path, key: str) -> "Place":
        first, *rest = (_component(part) for part in key.split("/"))
        return cls(root / first, "+".join(rest))

    def part(self, start: int) -> Path:
        return self.folder / f"{self.stem}.{start:016d}{_SUFFIX}"

    def parts(self) -> list[Part]:
        """What is there now, in order; nothing when there is no such log."""
        prefix = f"{self.stem}."
        try:
            with os.scandir(self.folder) as entries:
                found = [_part(Path(entry.path), prefix) for entry in entries if entry.name.startswith(prefix)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted((part for part in found if part is not None), key=lambda part: part.start)


def _part(path: Path, prefix: str) -> Part | None:
    """None for a file that has gone since, or is none of ours."""
    number = path.name[len(prefix) : -len(_SUFFIX)]
    try:
        return Part(path, int(number), path.stat().st_size)
    except (FileNotFoundError, ValueError):
        return None


def _component(text: str) -> str:
    """A file name's piece: the text itself where it is plain, else what is plain of it and a digest of all of it."""
    if _PLAIN.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{re.sub('[^A-Za-z0-9_@-]+', '-', text)[:30]}~{digest}"
