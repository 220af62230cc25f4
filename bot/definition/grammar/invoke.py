"""`invoke`: whom an action invokes, and with what. That it names exactly one is checked in `bot.definition.checks.invocations`."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field

from bot.definition.grammar.rules import Invoke as Asked
from bot.definition.grammar.rules import invoked_from_text
from bot.definition.grammar.text import Command, Given, Name, VariableName, VariableValue
from bot.model import pipeline as model

TARGETS = ("function", "url", "command", "callable", "pipeline")


class Invocation(Asked):
    """Exactly one of an endpoint by its name or its address, a program of the commit, a plug-in's Python callable, and another pipeline."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [target]} for target in TARGETS]})

    command: Given[Command] = Field(
        default=None, description="A program, run in the checkout with the document on its input."
    )
    callable: Given[Name] = Field(
        default=None, description="A Python callable that an installed plug-in provides, by its entry point's name."
    )
    pipeline: Given[Name] = Field(default=None, description="A pipeline of this commit, to be started.")
    variables: Given[dict[VariableName, VariableValue]] = Field(
        default=None, description="The variables that it is given."
    )

    def to_model(self) -> model.Invoke:
        return model.Invoke(self.model_dump(exclude_none=True))


_Short: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
InvokeEntry: TypeAlias = Annotated[
    Invocation, BeforeValidator(invoked_from_text, json_schema_input_type=_Short | Invocation)
]
