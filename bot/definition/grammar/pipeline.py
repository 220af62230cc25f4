"""The document: one pipeline."""

from functools import cache
from threading import Lock
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from bot.definition.document import Plain, quoted
from bot.definition.grammar.notify import Notify
from bot.definition.grammar.stage import Stage
from bot.definition.grammar.text import ONE_OR_MANY, Boolean, Given, Name, Noun, refuse
from bot.definition.grammar.triggers import DEFAULT, Triggers
from bot.definition.grammar.variables import Secrets, Variables
from bot.model import pipeline as model

DEEPEST_HISTORY = 1_000_000


def _depth(value: object) -> int:
    if value == "full":
        return 0
    if isinstance(value, Plain) and type(value.value) is int and 1 <= value.value <= DEEPEST_HISTORY:
        return value.value
    shown = quoted(value) if isinstance(value, str) else "This"
    raise refuse(f"{shown} is not a depth of history.", "Write a number of commits from 1 on, or `full`.")


Depth: TypeAlias = Annotated[
    int,
    BeforeValidator(
        _depth,
        json_schema_input_type=Annotated[
            Any,
            WithJsonSchema(
                {"anyOf": [{"type": "integer", "minimum": 1, "maximum": DEEPEST_HISTORY}, {"const": "full"}]}
            ),
        ],
    ),
]


class Checkout(Noun):
    """How the commit is fetched for actions."""

    depth: Depth = Field(default=1, description="How many commits of history; `full` for all.")
    submodules: Boolean = Field(default=False, description="Whether submodules are checked out too.")
    lfs: Boolean = Field(default=False, description="Whether large files are fetched.")
    format: Literal["clone", "zip"] = Field(
        default="clone", description="A clone, or the files alone without history and `.git`."
    )


class Pipeline(Noun):
    """A pipeline: stages after the implicit source stage, which is the pushed commit."""

    name: Given[Name] = Field(
        default=None, description="Unique in the repository; by default the file's stem, or the repository's name."
    )
    mode: Literal["superseded", "queued", "parallel"] = Field(
        default="superseded", description="What executions of one lane do when they meet."
    )
    outdated: Given[Literal["finish", "stop"]] = Field(
        default=None, description="What a newer revision does to an older execution that still runs."
    )
    triggers: Given[Triggers] = Field(default=None, description="What starts it by itself.")
    variables: Given[Variables] = Field(default=None, description="Values that a start may set.")
    secrets: Given[Secrets] = Field(default=None, description="Sealed values.")
    checkout: Given[Checkout] = Field(default=None, description="How the commit is fetched.")
    notify: Given[Annotated[tuple[Notify, ...], Field(min_length=1, max_length=10), ONE_OR_MANY]] = Field(
        default=None, description="Who is told of what happens to executions."
    )
    # STR-1 asks for 2 to 50 stages, one of which is the source stage; that one is implicit here.
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=49, description="Run one after another.")

    def to_model(self, default_name: str, file: str) -> model.Pipeline:
        """All but the digest, which is taken from what this returns."""
        checkout = self.checkout or Checkout()
        return model.Pipeline(
            name=self.name or default_name,
            stages=tuple(stage.to_model() for stage in self.stages),
            file=file,
            mode=model.Mode(self.mode),
            outdated=model.Outdated(self.outdated) if self.outdated else None,
            triggers=DEFAULT if self.triggers is None else self.triggers.to_model(),
            variables={name: variable.to_model() for name, variable in (self.variables or {}).items()},
            secrets={name: secret.sealed for name, secret in (self.secrets or {}).items()},
            checkout=model.Checkout(checkout.depth, checkout.submodules, checkout.lfs, checkout.format),
            notify=tuple(rule.to_model() for rule in self.notify or ()),
        )


_BUILDING = Lock()


@cache
def grammar() -> type[Pipeline]:
    """The grammar, ready to read with. Its validator is built here, under a lock: building it in two threads at once is not safe."""
    with _BUILDING:
        Pipeline.model_rebuild()
    return Pipeline
