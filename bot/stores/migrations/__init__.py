"""Alembic's folder: `env.py` runs the steps in `versions`. `bot.stores.schema` is the door; nothing else comes here."""
