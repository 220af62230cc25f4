"""Release folders of a deployment to servers: where they are, how many are kept, and what outlives them."""

import posixpath
from itertools import pairwise
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.definition.document import Map, quoted
from bot.definition.grammar.text import ONE_OR_MANY, Count, Noun, refuse
from bot.model import deployment as model


def _root(value: str) -> str:
    """`/` alone is refused: `current` and `releases` would stand beside everything else there."""
    if not value.startswith("/"):
        raise refuse(f"{quoted(value)} is no absolute path.", "Begin it with `/`.")
    if ".." in value.split("/") or not value.isprintable():
        raise refuse(f"{quoted(value)} is no plain path.", "Write where it leads, without `..`.")
    path = "/" + posixpath.normpath(value).strip("/")
    if path == "/":
        raise refuse("Releases can't be at the root of a target.", "Write a folder of their own, such as `/srv/app`.")
    return path


def _inside(value: str) -> str:
    if value.startswith("/") or ".." in value.split("/"):
        raise refuse(f"{quoted(value)} leads out of the release.", "Write a path in it, such as `log`.")
    path = posixpath.normpath(value)
    if path == "." or not path.isprintable():
        raise refuse("It names no place in a release.", "Write a path in it, such as `log`.")
    return path


Root: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_root)]
SharedPath: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_inside)]


class Releases(Noun):
    """A folder for each deployment, below `path`."""

    path: Root = Field(description="Where `current`, `releases` and `shared` are, such as /srv/app.")
    keep: Count = Field(
        default=5, description="How many releases are kept, beside the current and the last successful."
    )
    shared: Annotated[tuple[SharedPath, ...], Field(min_length=1, max_length=100), ONE_OR_MANY] | None = Field(
        default=None, description="Paths in a release that outlive it, such as `log`: each leads into `shared`."
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for one, other in pairwise(sorted(self.shared or (), key=lambda path: path.split("/"))):
            if other == one or other.startswith(f"{one}/"):
                raise refuse(
                    f"`shared` has {quoted(other)}, which is in {quoted(one)} already.", "Keep one of the two."
                )
        return self

    def to_model(self) -> model.Releases:
        return model.Releases(self.path, self.keep, self.shared or ())


def _releases(value: object) -> object:
    """A path alone stands for the whole."""
    return value if isinstance(value, Map) else {"path": value}


ReleasesEntry: TypeAlias = Annotated[Releases, BeforeValidator(_releases, json_schema_input_type=Root | Releases)]
