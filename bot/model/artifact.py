"""An artifact: the files that one action hands on to others, kept whole and never changed (section 5)."""

import hashlib
from dataclasses import dataclass

from bot.model.repository import Repository
from bot.model.source import Reference


@dataclass(frozen=True, slots=True)
class Artifact:
    """`id` names it within `space`, which is what shares content (`space_of`). Never reused, never overwritten (ART-2).

    `region` is where it was made; a copy of it is always in the home store, "" (ART-7).
    `files` counts files and links, `size` their bytes. `stored` bytes were added to the store for it, compressed; all else
    was there already, from an artifact before it. With a `reference` nothing is kept: whoever uses it clones the commit (SRC-1).
    """

    space: str
    id: str
    files: int
    size: int
    stored: int
    reference: Reference | None = None
    region: str = ""


def space_of(repository: Repository, *, outside: bool = False) -> str:
    """The name of a repository's space: legible, and safe in a path and in a URL whatever the host's ids look like.

    What changes from outside store has one of its own: content is found again within a space, whoever brought it there, and
    nobody is to find out what the repository's own executions have, nor to have theirs begin with something of his.
    """
    name = f"{repository.provider}-{repository.id}"
    legible = "".join(char if char.isascii() and char.isalnum() else "-" for char in name)[:40]
    digest = hashlib.sha256(f"{repository.provider}:{repository.id}".encode()).hexdigest()[:12]
    return f"{legible}-{digest}{'-outside' if outside else ''}"
