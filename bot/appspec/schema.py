"""The JSON Schema of an appspec, made from the very models that read it. Unknown keys are allowed where reading only warns."""

from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue

from bot.appspec.grammar import Appspec
from bot.definition.schema import DIALECT, Generator


class _Generator(Generator):
    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return {**super().generate(schema, mode), "$schema": DIALECT, "title": "Appspec"}


@cache
def json_schema() -> dict[str, Any]:
    """The schema of an appspec for servers."""
    return Appspec.model_json_schema(schema_generator=_Generator, by_alias=True)
