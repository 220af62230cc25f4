"""A deployment of files to object storage (section 4.3, S3), and what is remembered of what it wrote there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DATETIME, UUID = "{datetime}", "{uuid}"
"""What a key may hold, filled in for each deployment anew (section 4.3)."""


@dataclass(frozen=True, slots=True)
class ObjectDeploy:
    """Each file of the artifact below `key`, or with `extract` False all of them as one zip file that is called so.

    `place` is a name or an address that the bot's settings have. `prune`: what the last deployment wrote and this one does not
    have is deleted.
    """

    place: str
    key: str = ""
    extract: bool = True
    cache_control: str = ""
    prune: bool = False
    kind: Literal["deploy"] = "deploy"


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """`digest` of its content, "" while nobody knows whether it has been written; `tag` is what the storage called that."""

    digest: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class WrittenObjects:
    """What the last deployment of an action has written to one place, by key, and all that one which did not end may have. `headers`: what with."""

    headers: str = ""
    objects: Mapping[str, WrittenObject] = field(default_factory=dict)
