"""Runs the migrations on the connection that `bot.stores.schema` hands over, each step in a transaction of its own."""

from alembic import context

from bot.stores.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
