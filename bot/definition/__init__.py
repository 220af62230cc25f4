"""The pipeline file: from bytes to `bot.model.pipeline`, or to located problems. Knows no host, no store, no clock.

`syntax` reads YAML into documents that know their places, `shape` holds them against the `grammar`, `checks` look at what
takes two places, `availability` says what nothing runs yet, and `read` puts it together.
"""

from bot.definition.read import PIPELINE_PATHS, Definitions, default_name, read_definitions
from bot.definition.schema import json_schema

__all__ = ["PIPELINE_PATHS", "Definitions", "default_name", "json_schema", "read_definitions"]
