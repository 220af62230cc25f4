"""`penstock keys`: the master keys, and another one in the place of the present one."""

import asyncio
import json
from pathlib import Path

import click
from rich.table import Table

from bot.cli.data_folder import load_as_its_user
from bot.cli.output import open_console
from bot.composition.keys import Wrapped, known_keys, wrapped
from bot.composition.keys import rotate as rotate_all
from bot.security.keys import MASTER_KEY, new_master_key, write_keys
from bot.settings import Settings
from bot.stores.sql import SqlStore


@click.group()
def keys() -> None:
    """Look after the master keys.

    To put another one in the place of the present one: `penstock keys new`, restart the bot, `penstock keys rotate`,
    `penstock keys forget`, and restart it once more. It works all the while, and every step can be done again.
    """


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(as_json: bool) -> None:
    """The master keys that are set, by their fingerprints, and what needs each."""
    settings = load_as_its_user()
    found = asyncio.run(look_at_keys(settings))
    rows = [
        {"key": name, "set": name in found.masters, "current": name == found.masters[0], "needed_by": found.by(name)}
        for name in dict.fromkeys((*found.masters, *found.artifacts, *found.sealing, *found.kept))
    ]
    if as_json:
        click.echo(json.dumps({"keys": rows, "stale": found.stale}, indent=2))
        return
    table = Table("Key", "", "Wraps", box=None, padding=(0, 2, 0, 0))
    for row in rows:
        state = "current" if row["current"] else "old" if row["set"] else "not set"
        table.add_row(str(row["key"]), state, f"{row['needed_by']} keys")
    open_console().print(table)
    if len(found.masters) > 1 or found.stale:
        click.echo(what_is_left(found))


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rotate(as_json: bool) -> None:
    """Wrap everything that an older master key wraps with the first one that is set.

    No artifact is rewritten, and secrets that were sealed stay readable. Stopped halfway, it is carried on by the next call.
    The bot, where it runs, has to know the new key by then: restart it first.
    """
    settings = load_as_its_user()

    async def both() -> tuple[int, Wrapped]:
        store = await SqlStore.open(settings.database, upgrade=False)
        try:
            return await rotate_all(settings, store), await wrapped(settings, store)
        finally:
            await store.close()

    count, found = asyncio.run(both())
    if as_json:
        click.echo(json.dumps({"rewrapped": count, "stale": found.stale}, indent=2))
        return
    click.echo(f"Wrapped {count} keys with the master key {found.masters[0]}.")
    click.echo(what_is_left(found))


@keys.command()
def new() -> None:
    """Make a new master key, in front of the one that there is."""
    settings = load_as_its_user()
    file = _file(settings, "put a new one in front of it there, with a space between them: openssl rand -base64 32")
    write_keys(file, [new_master_key(), *known_keys(settings)])
    click.echo(
        f"{file} has a new master key, in front of the old one. Restart the bot, then run `penstock keys rotate`."
    )


@keys.command()
def forget() -> None:
    """Remove the older master keys, once nothing needs them any more."""
    settings = load_as_its_user()
    file = _file(settings, "remove the older ones there, once `penstock keys list` says that nothing needs them")
    found = asyncio.run(look_at_keys(settings))
    if found.stale:
        raise click.UsageError(what_is_left(found))
    write_keys(file, known_keys(settings)[:1])
    click.echo(f"{file} has the present master key only. Restart the bot, so that it forgets the others, too.")


def what_is_left(found: Wrapped) -> str:
    if found.unknown:
        names = ", ".join(sorted(found.unknown))
        return f"{sum(found.unknown.values())} keys need a master key that is not set: {names}. Set it behind the present one."
    if found.stale:
        return f"{found.stale} keys still need an older master key: run `penstock keys rotate`."
    return "Nothing needs the older master keys any more: `penstock keys forget` removes them."


async def look_at_keys(settings: Settings) -> Wrapped:
    store = await SqlStore.open(settings.database, upgrade=False)
    try:
        return await wrapped(settings, store)
    finally:
        await store.close()


def _file(settings: Settings, remedy: str) -> Path:
    if settings.master_key is not None:
        raise click.UsageError(f"The master key is in PENSTOCK_MASTER_KEY: {remedy}.")
    return settings.master_key_file or settings.data_dir / MASTER_KEY
