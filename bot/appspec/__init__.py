"""Appspecs: a repository's `appspec.yml` to the model, or to all its problems at once. What is done with it is the deploy action's affair."""

from bot.appspec.named import holds_any, inline_text, named_files, named_problems
from bot.appspec.read import NAMES, Reading, is_appspec, read_appspec
from bot.appspec.releases import misplaced, placed
from bot.appspec.schema import json_schema

__all__ = [
    "NAMES",
    "Reading",
    "holds_any",
    "inline_text",
    "is_appspec",
    "json_schema",
    "misplaced",
    "named_files",
    "named_problems",
    "placed",
    "read_appspec",
]
