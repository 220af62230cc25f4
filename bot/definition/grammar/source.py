"""A `source` action: a further source besides the pushed commit (section 4.1). Which keys go with which type is in `bot.definition.checks.sources`."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from bot.definition.grammar.durations import Interval
from bot.definition.grammar.text import NO_SPACE, Boolean, Given, Name, Noun
from bot.model import source as model

REPOSITORY = r"^[A-Za-z0-9_~.-]+(/[A-Za-z0-9_.-]+)+$"
"""`owner/name`, with groups between them on hosts that have those. No address: a file names no host but one that is set up."""
IMAGE = r"^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$"
"""https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests, and so for tags."""
HOST = r"^[a-z][a-z0-9-]{0,38}$"
TAG = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"

KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "git": (frozenset({"repository"}), frozenset({"host", "branch", "format"})),
    "s3": (frozenset({"bucket", "key"}), frozenset()),
    "image": (frozenset({"repository"}), frozenset({"registry", "tag"})),
}
"""By type, the keys that it must have and those that it may have, besides those that all have."""

_Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]


class Source(Noun):
    """A branch of another repository, an object of a bucket, or a tag of an image."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"properties": {"type": {"const": kind}}, "required": [*sorted(must)]}
                for kind, (must, _) in KEYS.items()
            ]
        }
    )

    type: Literal["git", "s3", "image"] = Field(description="What it is.")
    repository: Given[Annotated[_Text, Field(pattern=NO_SPACE)]] = Field(
        default=None, description="Of `git`: owner/name. Of `image`: the image's name without registry and tag."
    )
    host: Given[Annotated[str, Field(pattern=HOST)]] = Field(
        default=None, description="Of `git`: the host, if it is another one than the pipeline's own."
    )
    branch: Given[Annotated[str, Field(min_length=1, max_length=255, pattern=NO_SPACE)]] = Field(
        default=None, description="Of `git`: the branch; default: main."
    )
    format: Given[Literal["zip", "clone"]] = Field(
        default=None, description="Of `git`: the files alone (default), or a clone with its history."
    )
    bucket: Given[Name] = Field(default=None, description="Of `s3`: a bucket as PENSTOCK_SOURCE_BUCKETS names it.")
    key: Given[_Text] = Field(default=None, description="Of `s3`: the object's key.")
    registry: Given[Name] = Field(
        default=None,
        description="Of `image`: a registry as PENSTOCK_SOURCE_REGISTRIES names it; default: its first.",
    )
    tag: Given[Annotated[str, Field(pattern=TAG)]] = Field(
        default=None, description="Of `image`: the tag; default: latest."
    )
    detect_changes: Boolean = Field(default=True, description="Whether a change of it starts the pipeline.")
    poll: Given[Interval] = Field(
        default=None, description="How often to look for a change that no delivery tells of; default: 5m."
    )

    def to_model(self) -> model.Source:
        match self.type:
            case "git":
                return model.GitSource(
                    repository=self.repository or "",
                    branch=self.branch or "main",
                    host=self.host or "",
                    format=self.format or "zip",
                    detect=self.detect_changes,
                    poll=self.poll,
                )
            case "s3":
                return model.ObjectSource(self.bucket or "", self.key or "", self.detect_changes, self.poll)
        return model.ImageSource(
            self.repository or "", self.tag or "latest", self.registry or "", self.detect_changes, self.poll
        )
