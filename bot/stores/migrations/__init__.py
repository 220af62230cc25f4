"""The door to the schema's versions, and Alembic's folder: `env.py` runs the steps in `versions`. How is in `bot.stores.schema`."""

from bot.stores.schema import HEAD, SchemaMismatch, check, current, upgrade

__all__ = ["HEAD", "SchemaMismatch", "check", "current", "upgrade"]
