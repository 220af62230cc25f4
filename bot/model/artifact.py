"""An artifact: the files that one action hands on to others, kept whole and never changed (section 5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Artifact:
    """`id` names it within `space`, which is what shares content: a repository. Never reused, never overwritten (ART-2).

    `files` counts files and links, `size` their bytes. `stored` bytes were added to the store for it, compressed; all else
    was there already, from an artifact before it.
    """

    space: str
    id: str
    files: int
    size: int
    stored: int
