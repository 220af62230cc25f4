"""The texts, booleans and lists that a buildspec is made of. Laxer than the pipeline file's, since files that CodeBuild takes are taken."""

import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from bot.definition.document import Plain, quoted
from bot.definition.foreign import Text, text
from bot.definition.grammar.text import ONE_OR_MANY, refuse

_YES = frozenset({"yes", "true", "on", "y"})
_NO = frozenset({"no", "false", "off", "n"})


def _boolean(value: object) -> bool:
    """GRM-1: YAML 1.1's words and 1.2's."""
    if isinstance(value, Plain) and isinstance(value.value, bool):
        return value.value
    if isinstance(value, str) and value.lower() in _YES | _NO:
        return value.lower() in _YES
    shown = quoted(value) if isinstance(value, str) else "this"
    raise refuse(f"It must be yes or no, and is {shown}.", "Write `yes` or `no`.")


Boolean: TypeAlias = Annotated[
    bool, BeforeValidator(_boolean, json_schema_input_type=Any), WithJsonSchema({"enum": [True, False, "yes", "no"]})
]


def _value(value: object) -> str:
    """A variable's value may be empty."""
    return "" if value is None else text(value)


Value: TypeAlias = Annotated[
    str, BeforeValidator(_value), WithJsonSchema({"type": ["string", "number", "boolean", "null"]})
]


Texts: TypeAlias = Annotated[tuple[Text, ...], Field(min_length=1), ONE_OR_MANY]
"""At least one; a single text stands for a list of one."""

NAME = re.compile(r"[^=\s]{1,512}")


def _variable(name: str) -> str:
    if not NAME.fullmatch(name):
        raise refuse(f"{quoted(name)} can't be a variable's name.", "Use letters, digits and `_`.")
    if name.upper().startswith("CODEBUILD_"):
        reason = f"{quoted(name)} is reserved: names that begin with CODEBUILD_ are set for every build (ENV-3)."
        raise refuse(reason, "Choose another name.")
    return name


Variable: TypeAlias = Annotated[str, BeforeValidator(_variable)]
Variables: TypeAlias = dict[Variable, Value]
