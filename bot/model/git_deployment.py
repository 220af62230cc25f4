"""A deployment by Git: a commit to a repository that says what is to run, which somebody else carries out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class GitDeploy:
    """`set` has new values by the places of old ones in the files `paths`; with `files` those of the artifact are copied below the
    one path instead. `pull_request`: as one, instead of at once; `wait`: until it is merged.
    """

    repository: str
    branch: str
    paths: tuple[str, ...]
    set: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    pull_request: bool = False
    wait: bool = False
    message: str = ""
    kind: Literal["deploy"] = "deploy"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request of the bot's own, of a branch of the repository itself."""

    source: str
    target: str
    title: str
    text: str
