"""The JSON Schema of a buildspec, made from the very models that read it. Unknown keys are allowed where reading only warns."""

from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue

from bot.buildspec.grammar import Buildspec
from bot.definition.schema import DIALECT, Generator


class _Generator(Generator):
    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        made = super().generate(schema, mode)
        made["required"] = [name for name in made["required"] if name != "phases"]
        either = [
            {"required": ["phases"]},
            {"required": ["batch"]},
        ]  # a batch whose builds name their own has nothing to do itself
        return {**made, "anyOf": either, "$schema": DIALECT, "title": "Buildspec"}


@cache
def json_schema() -> dict[str, Any]:
    """The schema of a buildspec of version 0.2."""
    return Buildspec.model_json_schema(schema_generator=_Generator, by_alias=True)
