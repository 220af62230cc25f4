"""The texts, numbers and booleans that the grammar is made of, and the ways to write them shortly. No noun lives here.

A text takes an unquoted number or boolean as it is written. A number or boolean takes only what YAML 1.2 calls one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bot.definition.document import List, Map, native, quoted
from bot.model import glob

T = TypeVar("T")


class Noun(BaseModel):
    """A mapping of the file: unknown keys are errors. Validators are built at first use, so that importing stays cheap."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def refuse(reason: str, remedy: str) -> PydanticCustomError:
    """The error to raise where a value is wrong in a way that only its validator knows. Braces would be read as a template."""
    return PydanticCustomError("told", "{reason}", {"reason": reason, "remedy": remedy})


def _given(value: object) -> object:
    if value is None:
        raise refuse("This key has no value.", "Give it a value, or remove the key.")
    return value


Given: TypeAlias = Annotated[T | None, BeforeValidator(_given)]
"""A key that may be left out, but not left empty."""

Null: TypeAlias = Annotated[None, WithJsonSchema({"type": "null"})]
"""Where an empty value means something, and the schema says so."""


def one_or_many(value: object) -> object:
    """A single value stands for a list of one."""
    if isinstance(value, (str, Map)):
        return [value]
    if isinstance(value, List):
        return value
    raise refuse("This is empty.", "Write one value, or items that begin with `- `.")


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """Marks a tuple that may be written as its only item; validator and schema are made from the tuple's own type.

    `also` are the schemas of whatever else `read` takes for a list.
    """

    read: Callable[[object], object] = one_or_many
    also: tuple[JsonSchemaValue, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many["items"], many, *self.also]}


ONE_OR_MANY = OneOrMany()


NAME = r"^[A-Za-z0-9.@_-]+$"
WORD = r"^[A-Za-z0-9@_-]+$"
ARTIFACT = r"^[A-Za-z0-9_-]+$"
IDENTIFIER = r"^[A-Za-z0-9_]+$"
NOT_BLANK = r"\S"
NO_SPACE = r"^\S+$"


def _not_only_dots(value: str) -> str:
    """`.` and `..` would mean folders wherever a name becomes part of a path."""
    if not value.strip("."):
        raise refuse("A name cannot consist of dots alone.", "Add a letter or a digit.")
    return value


def _not_reserved(value: str) -> str:
    if value.startswith("PENSTOCK_"):
        raise refuse(
            f"{quoted(value)} is reserved: names that begin with PENSTOCK_ are set for every action.",
            "Choose another name.",
        )
    return value


def _glob(value: str) -> str:
    problem = glob.check(value)
    if problem is not None:
        raise refuse(
            f"The pattern {quoted(value)} is malformed. {problem}", "Put a `\\` before a character that means itself."
        )
    return value


def relative(value: str) -> str:
    """A path that stays in the repository; refused otherwise."""
    parts = value.split("/")
    if value.startswith("/") or ".." in parts:
        raise refuse(f"{quoted(value)} leaves the repository.", "Write a path relative to the root of the repository.")
    return value


# Section 1.1's patterns and lengths.
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=NAME), AfterValidator(_not_only_dots)]
ArtifactName: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=ARTIFACT)]
Namespace: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=WORD)]
Region: TypeAlias = Annotated[str, Field(min_length=1, max_length=30, pattern=ARTIFACT)]
VariableName: TypeAlias = Annotated[str, Field(min_length=1, max_length=128, pattern=WORD)]
VariableValue: TypeAlias = Annotated[str, Field(max_length=1000)]
EnvironmentName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=128, pattern=IDENTIFIER), AfterValidator(_not_reserved)
]
EnvironmentValue: TypeAlias = Annotated[str, Field(max_length=2000)]
FilePath: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000, pattern=NOT_BLANK), AfterValidator(relative)]

# CodePipeline's command is one line of at most 1000 characters. Ours may be a block of lines, which is one entry of the 50.
Command: TypeAlias = Annotated[str, Field(min_length=1, max_length=1 << 20, pattern=NOT_BLANK)]
Commands: TypeAlias = Annotated[
    tuple[Command, ...],
    Field(min_length=1, max_length=50),
    ONE_OR_MANY,
]

Glob: TypeAlias = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_glob)]
Globs: TypeAlias = Annotated[
    tuple[Glob, ...],
    Field(min_length=1, max_length=8),
    ONE_OR_MANY,
]
FileGlob: TypeAlias = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_glob)]
FileGlobs: TypeAlias = Annotated[
    tuple[FileGlob, ...],
    Field(min_length=1, max_length=10),
    ONE_OR_MANY,
]


Boolean: TypeAlias = Annotated[bool, Strict(), BeforeValidator(native)]
Count: TypeAlias = Annotated[int, Strict(), Field(ge=1, le=100), BeforeValidator(native)]
RunOrder: TypeAlias = Annotated[int, Strict(), Field(ge=1, le=999), BeforeValidator(native)]


def _described(value: object) -> object:
    """A text, or a mapping whose keys belong to somebody else's format and are not looked into."""
    if isinstance(value, (str, Map)) and value:
        return str(value) if isinstance(value, str) else native(value)
    what = "empty" if not value else "a list"
    raise refuse(
        f"This must be a text or a mapping, and is {what}.",
        "Write a text behind the colon, or `key: value` lines below.",
    )


def _path_or_inline(value: object) -> object:
    described = _described(value)
    return relative(described) if isinstance(described, str) else described


PathOrInline: TypeAlias = Annotated[
    str | dict[str, Any],
    BeforeValidator(_path_or_inline, json_schema_input_type=FilePath | Annotated[dict[str, Any], Field(min_length=1)]),
]
