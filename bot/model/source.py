"""Further sources besides the pushed commit: what a `source` action names, and the revision that it came to (section 4.1).

How one is fetched is in `bot.actions.source`, when a change of one starts something in `bot.runtime.watches`.
"""

from dataclasses import dataclass
from typing import Literal

from bot.model.repository import Repository

Format = Literal["zip", "clone"]
"""A tree without history, or a reference to the commit which its consumer clones (SRC-1)."""

POLL = 300.0
"""Seconds between two looks at what no delivery tells of."""


@dataclass(frozen=True, slots=True)
class GitSource:
    """A branch of a repository, of the pipeline's own host where `host` is "". `detect`: its change starts the pipeline.

    `poll` seconds between two looks; None: only while nothing tells the bot of the repository's pushes.
    """

    repository: str
    branch: str = "main"
    host: str = ""
    format: Format = "zip"
    detect: bool = True
    poll: float | None = None
    kind: Literal["git"] = "git"

    def __str__(self) -> str:
        return f"{self.host}:{self.repository}@{self.branch}" if self.host else f"{self.repository}@{self.branch}"


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """An object of a bucket that the settings name. An archive is unpacked; anything else is one file."""

    bucket: str
    key: str
    detect: bool = True
    poll: float | None = None
    kind: Literal["s3"] = "s3"

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A tag of an image, in a registry that the settings name; the first of them where `registry` is ""."""

    repository: str
    tag: str = "latest"
    registry: str = ""
    detect: bool = True
    poll: float | None = None
    kind: Literal["image"] = "image"

    def __str__(self) -> str:
        name = f"{self.repository}:{self.tag}"
        return f"{self.registry}/{name}" if self.registry else name


Source = GitSource | ObjectSource | ImageSource


@dataclass(frozen=True, slots=True)
class SourceRevision:
    """What a source action came to (SRC-2, RUN-10): a commit, a version of an object, the digest of an image.

    `name` is what it is a revision of, in words; `summary` the first line of a commit's message, or of what the object is;
    `created` when it was made as its place tells it, ISO 8601.
    """

    id: str
    name: str = ""
    summary: str = ""
    url: str = ""
    created: str = ""

    @property
    def short(self) -> str:
        """As people read it: a commit's first seven digits, a digest's first twelve."""
        kind, colon, digest = self.id.partition(":")
        if colon and kind.isalnum():
            return f"{kind}:{digest[:12]}"
        plain = len(self.id) in (40, 64) and all(char in "0123456789abcdef" for char in self.id)
        return self.id[:7] if plain else self.id[:20]


@dataclass(frozen=True, slots=True)
class Reference:
    """A commit that whoever uses it clones."""

    repository: Repository
    commit: str
