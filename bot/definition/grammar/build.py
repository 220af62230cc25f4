"""What only `build` and `test` take: a buildspec in place, a batch of builds, and outputs whose files the buildspec names itself."""

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from bot.definition.document import List, Map, Plain, quoted
from bot.definition.grammar.text import ARTIFACT, ArtifactName, Boolean, FileGlobs, FilePath, Noun, refuse, relative
from bot.model import pipeline as model

MOST_OUTPUTS = 10
LONGEST_INLINE = 65_536


def _buildspec(value: object) -> str | dict[str, Any]:
    """FIL-2: a path, or the document itself, as a mapping or as its text. Numbers stay as they are written."""
    if isinstance(value, Map) and value:
        return {key: _written(child) for key, child in value.items()}
    if not isinstance(value, str) or not value:
        what = "empty" if not value else "a list"
        remedy = "Write a path behind the colon, or the buildspec's keys below."
        raise refuse(f"This must be a buildspec or where it is, and is {what}.", remedy)
    if "\n" in value or value.lstrip().startswith("version:"):
        if len(value) > LONGEST_INLINE:
            raise refuse(f"A buildspec in place has at most {LONGEST_INLINE} characters.", "Commit it as a file.")
        return str(value)
    return relative(str(value))


def _written(value: object) -> object:
    match value:
        case Map():
            return {key: _written(child) for key, child in value.items()}
        case List():
            return [_written(child) for child in value]
        case Plain():
            return str(value)
    return value


BuildspecEntry: TypeAlias = Annotated[
    str | dict[str, Any],
    BeforeValidator(
        _buildspec,
        json_schema_input_type=FilePath
        | Annotated[str, Field(max_length=LONGEST_INLINE)]
        | Annotated[dict[str, Any], Field(min_length=1)],
    ),
]

_INLINE = frozenset({"version", "phases"})
"""What every buildspec has, and no mapping that says where it is."""


class BuildOptions(Noun):
    """A buildspec, and how it is built."""

    buildspec: BuildspecEntry = Field(default="buildspec.yml", description="Its path, or the document itself.")
    batch: Boolean = Field(default=False, description="Run all the builds of its `batch`, instead of one.")
    combine_artifacts: Boolean = Field(
        default=False, description="What the batch's builds make becomes one artifact: the action's only output."
    )

    @model_validator(mode="after")
    def _of_a_batch(self) -> "BuildOptions":
        if self.combine_artifacts and not self.batch:
            raise refuse("Only the artifacts of a batch can be combined.", "Add `batch: true`.")
        return self

    def to_model(self, kind: Literal["build", "test"]) -> model.Build:
        return model.Build(kind, self.buildspec, self.batch, self.combine_artifacts)


def _build(value: object) -> object:
    """A buildspec alone, or the whole; told apart before it is read, so that a problem is told as one of what was meant."""
    if isinstance(value, Map) and value.keys() & BuildOptions.model_fields.keys() and not value.keys() & _INLINE:
        return value
    return BuildOptions.model_construct(buildspec=_buildspec(value))


BuildEntry: TypeAlias = Annotated[
    BuildOptions,
    BeforeValidator(
        _build,
        json_schema_input_type=FilePath
        | BuildOptions
        | Annotated[str, Field(max_length=LONGEST_INLINE)]
        | Annotated[dict[str, Any], Field(min_length=1)],
    ),
]


def _outputs(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """A list of names leaves it to the buildspec what is in them: no patterns, then."""
    if not isinstance(value, (str, List)):
        return handler(value)
    names = value if isinstance(value, List) else [value]
    if not 1 <= len(names) <= MOST_OUTPUTS:
        raise refuse(f"An action has 1 to {MOST_OUTPUTS} outputs, and here are {len(names)}.", "Name as many.")
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(ARTIFACT, name) or len(name) > 100:  # noqa: PLR2004  section 1.1
            shown = quoted(name) if isinstance(name, str) else "This"
            raise refuse(f"{shown} can't be an artifact's name.", "Use letters, digits and `-`, `_`.")
    return {str(name): () for name in names}


Outputs: TypeAlias = Annotated[
    dict[ArtifactName, FileGlobs],
    Field(min_length=1, max_length=MOST_OUTPUTS),
    WrapValidator(
        _outputs,
        json_schema_input_type=Annotated[dict[ArtifactName, FileGlobs], Field(min_length=1, max_length=MOST_OUTPUTS)]
        | Annotated[list[ArtifactName], Field(min_length=1, max_length=MOST_OUTPUTS)]
        | ArtifactName,
    ),
]
