"""The grammar of the pipeline file as pydantic models, one file a noun: shapes, limits, shorthands, and what they become.

What one key alone can be wrong about is here; what needs a look at two keys or more is in `bot.definition.checks`.
"""
