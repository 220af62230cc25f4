"""`penstock db`: the database's schema."""

import click

from bot.cli.data_folder import load_as_its_user
from bot.stores.migrations import current, upgrade


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the database to the schema of this version. `penstock serve` does it too, at start."""
    chosen = load_as_its_user()
    if not chosen.database_url:
        chosen.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = current(chosen.database)
    upgrade(chosen.database)
    after = current(chosen.database)
    click.echo(
        f"The database is at {after} already."
        if before == after
        else f"Upgraded the database from {before or 'nothing'} to {after}."
    )
