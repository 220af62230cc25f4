"""`penstock seal`: a secret in, what may stand in a pipeline file out. The secret is sealed here and goes nowhere else."""

import asyncio
import json
import re
import sys

import click

from bot.cli.client import Client
from bot.model.repository import Repository
from bot.ports import SealBroken
from bot.security.seal import LONGEST, seal
from bot.settings import Settings, load

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@click.command("seal")
@click.argument("name")
@click.option("--repository", required=True, help="Whose pipelines may have it, as owner/name.")
@click.option("--provider", default="", help="The Git host, where several have a repository of that name.")
@click.option("--from-data", is_flag=True, help="Take the key from the data folder, without a running bot.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", help="The bot's address; default: from the settings.")
def seal_secret(name: str, repository: str, provider: str, from_data: bool, as_json: bool, url: str | None) -> None:
    """Encrypt the secret NAME for a pipeline file: read from standard input, or asked for on a terminal.

    It is never an argument, which others on the machine could see. One newline at its end is not part of it. What is
    printed goes below `secrets:` in the pipeline file, and opens for that repository and that name only.
    """
    if not _NAME.fullmatch(name):
        raise click.UsageError(f"{name!r} can't be a secret's name: use letters, digits and `_`.")
    settings = load()
    if from_data:
        key, owner = asyncio.run(_kept(settings, repository, provider))
    else:
        key, owner = _asked(settings, url, repository, provider)
    try:
        sealed = seal(key, owner, name, _secret(name))
    except SealBroken as broken:
        raise click.UsageError(f"{name} can't be sealed: {broken}.") from None
    click.echo(json.dumps({"name": name, "sealed": sealed}) if as_json else f'{name}: {{sealed: "{sealed}"}}')


def _secret(name: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(f"The secret {name}", hide_input=True, confirmation_prompt="Once more", err=True))
    try:
        return sys.stdin.buffer.read(4 * LONGEST + 2).decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise click.UsageError("The secret is not UTF-8 text; encode it, in base64 say.") from None


def _asked(settings: Settings, url: str | None, repository: str, provider: str) -> tuple[str, Repository]:
    found = Client(settings, url).json("/api/seal-key", repository=repository, provider=provider)
    if found is None:
        raise click.UsageError(_unknown(repository))
    return found["public_key"], Repository(**found["repository"])


async def _kept(settings: Settings, repository: str, provider: str) -> tuple[str, Repository]:
    from bot.composition.keys import keyring  # noqa: PLC0415  artifacts are in there, and only this needs it
    from bot.stores.sql import SqlStore  # noqa: PLC0415  as above

    store = await SqlStore.open(settings.database, upgrade=False)
    try:
        known = [each for each, _ in await store.repositories()]
        keys = await keyring(settings, store)
    finally:
        await store.close()
    found = [each for each in known if each.full_name == repository and provider in ("", each.provider)]
    if not found:
        raise click.UsageError(_unknown(repository))
    if len(found) > 1:
        raise click.UsageError(f"{repository} is on several hosts: say which one with --provider.")
    return keys.public_key(found[0]), found[0]


def _unknown(repository: str) -> str:
    return f"The bot has not heard of {repository} yet. Push something to it, or check the name."
