"""What is secret, always wrapped with a master key."""

import sqlalchemy as sa

from bot.stores.tables.columns import metadata, number, text, time

# The master keys that there were, the oldest first, each wrapped with the one that was there when it was written.
sealing_keys = sa.Table(
    "sealing_keys",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    number("place"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

# What hosts are told and tell in secret, each wrapped with a master key. `ends` is 0 for what does not end.
kept_secrets = sa.Table(
    "kept_secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    text("kind"),
    text("provider"),
    text("repository"),
    text("full_name"),
    time("ends"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
