"""The JSON Schema of the pipeline file, made from the very models that read it.

It differs from what the library would write where the reading does: a text may be written as a bare number or boolean, a
key that may be left out may still not be empty, and a mapping's keys are held to their pattern.
"""

from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from bot.definition.grammar.pipeline import grammar

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Generator(GenerateJsonSchema):
    """How models become a schema; a buildspec's are made the same way."""

    schema_dialect = DIALECT

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        body = super().generate(schema, mode)
        return {"$schema": DIALECT, **body, "title": "Penstock pipeline"}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        return {**super().str_schema(schema), "type": ["string", "number", "boolean"]}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        if written.get("default", ...) in (None, [], {}):
            written.pop("default")
        return written

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        written = super().dict_schema(schema)
        patterns = written.pop("patternProperties", None)
        if patterns is not None:
            ((pattern, values),) = patterns.items()
            written |= {"propertyNames": {"pattern": pattern}, "additionalProperties": values}
        return written

    def get_title_from_name(self, name: str) -> str:
        return name


@cache
def json_schema() -> dict[str, Any]:
    """The schema of one document."""
    return grammar().model_json_schema(schema_generator=Generator)
