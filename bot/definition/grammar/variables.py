"""`variables` and `secrets`: names with values from outside the stages."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from bot.definition.grammar.text import EnvironmentName, Noun, Null, VariableName, VariableValue
from bot.model import pipeline as model


class Variable(Noun):
    """A pipeline variable. Without a default, every start must give it a value (VAR-11)."""

    default: VariableValue | Null = Field(default=None, description="The value when a start gives none.")
    description: str = Field(default="", max_length=200, description="What it is for.")

    def to_model(self) -> model.Variable:
        return model.Variable(self.default, self.description)


def _shorthand(value: object) -> object:
    """`NAME: text` is its default; `NAME:` alone declares a variable that every start must set."""
    if isinstance(value, str):
        return {"default": value}
    return {} if value is None else value


Variables: TypeAlias = Annotated[
    dict[
        VariableName,
        Annotated[Variable, BeforeValidator(_shorthand, json_schema_input_type=VariableValue | Variable | Null)],
    ],
    Field(max_length=50),
]


class Secret(Noun):
    """A value that only the bot can read."""

    sealed: Annotated[str, Field(min_length=1, max_length=65_536)] = Field(description="What `penstock seal` printed.")


Secrets: TypeAlias = Annotated[dict[EnvironmentName, Secret], Field(max_length=50)]
