"""A repository on a Git host, and what a lane's name says of a ref. No URLs: those come from settings, per provider."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository. `id` is the host's own stable id and is what identifies it; `full_name` (`owner/name`) may change."""

    provider: str
    id: str
    full_name: str

    @property
    def name(self) -> str:
        return self.full_name.rsplit("/", 1)[-1]


class RefKind(StrEnum):
    BRANCH = "branch"
    TAG = "tag"
    PULL_REQUEST = "pull_request"


@dataclass(frozen=True, slots=True)
class Ref:
    """What a lane belongs to. `name` is the branch's or tag's name, or the pull request's number as text."""

    kind: RefKind
    name: str

    def __str__(self) -> str:
        prefix = {RefKind.BRANCH: "heads", RefKind.TAG: "tags", RefKind.PULL_REQUEST: "pull"}[self.kind]
        return f"{prefix}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """Read what `str()` wrote. Raises ValueError for anything else."""
        prefix, _, name = text.partition("/")
        kinds = {"heads": RefKind.BRANCH, "tags": RefKind.TAG, "pull": RefKind.PULL_REQUEST}
        if prefix not in kinds or not name:
            raise ValueError(f"not a ref: {text!r}")
        return cls(kinds[prefix], name)
