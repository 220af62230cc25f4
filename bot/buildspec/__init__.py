"""Buildspecs: a repository's `buildspec.yml` to the model, or to all its problems at once. What is done with it is the build action's affair."""

from bot.buildspec.named import batch_files, holds_any, inline_text, is_inline, named_files, named_problems
from bot.buildspec.read import Reading, is_buildspec, read_buildspec
from bot.buildspec.schema import json_schema

__all__ = [
    "Reading",
    "batch_files",
    "holds_any",
    "inline_text",
    "is_buildspec",
    "is_inline",
    "json_schema",
    "named_files",
    "named_problems",
    "read_buildspec",
]
