"""Buildspecs: a repository's `buildspec.yml` to the model, or to all its problems at once. What is done with it is the build action's affair."""

from bot.buildspec.read import Reading, is_buildspec, read_buildspec
from bot.buildspec.schema import json_schema

__all__ = ["Reading", "is_buildspec", "json_schema", "read_buildspec"]
