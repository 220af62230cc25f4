"""`penstock connect` and `penstock disconnect`: a repository's webhook, by the repository's address. The order of things is `bot.connecting`'s."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import click

from bot.cli.data_folder import load_as_its_user
from bot.cli.hosts import Connectable, KnownHost, known_hosts, of_place
from bot.clock import SystemClock
from bot.composition.keys import vault
from bot.composition.setup import settings_with_app
from bot.connecting.connect import Connecting, Dropped, Looked, Put, Step, Tested
from bot.connecting.places import HostAddress, Place, PlaceUnknown, place_of
from bot.messages import connecting as words
from bot.model.repository import Repository
from bot.ports import HookAnswer, HostRefused, HostUnavailable, ProviderError
from bot.settings import LOOPBACK, Settings
from bot.stores.schema import current
from bot.stores.sql import SqlStore
from providers.github.provider import GitHubProvider


class _Failed(Exception):
    """What went wrong, and how it is mended."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass
class _Told:
    """What has been said so far: in lines as it goes, or in one JSON document at the end."""

    as_json: bool
    result: dict[str, Any] = field(default_factory=dict)

    def good(self, text: str, **facts: Any) -> None:
        self._say("✓", "green", text, facts)

    def note(self, text: str, **facts: Any) -> None:
        self._say("·", "cyan", text, facts)

    def bad(self, text: str, remedy: str) -> None:
        self._say("✗", "red", text, {"error": text, "remedy": remedy})
        if not self.as_json:
            click.echo(f"  {remedy}")

    def _say(self, mark: str, colour: str, text: str, facts: dict[str, Any]) -> None:
        self.result |= facts
        if not self.as_json:
            click.echo(f"{click.style(mark, fg=colour)} {text}")


URL_OPTION = click.option(
    "--url", "public_url", help="The bot's address, as the host reaches it; default: PENSTOCK_PUBLIC_URL."
)
JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("address", metavar="URL")
@URL_OPTION
@JSON_OPTION
def connect(address: str, public_url: str | None, as_json: bool) -> None:
    """Connect the repository at URL: its page, or what git clones it from.

    Adds the webhook that tells the bot what happens there, or repairs it, with a fresh secret that the bot keeps sealed in its
    database; then has the host deliver a test, where it can. Done again, it makes no second webhook.
    """
    _run(address, public_url, _connect, as_json=as_json)


@click.command()
@click.argument("address", metavar="URL")
@URL_OPTION
@JSON_OPTION
def disconnect(address: str, public_url: str | None, as_json: bool) -> None:
    """Remove the bot's webhook from the repository at URL, and forget its secret. What has run stays."""
    _run(address, public_url, _disconnect, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be done, and with what. `url` is where the host delivers to."""

    settings: Settings
    host: KnownHost
    place: Place
    url: str
    told: _Told


_Work = Callable[[_Asked, Connectable], Awaitable[None]]


def _run(address: str, public_url: str | None, work: _Work, *, as_json: bool) -> None:
    settings, told = asyncio.run(settings_with_app(load_as_its_user())), _Told(as_json)
    hosts = known_hosts(settings)
    addresses = [HostAddress("local", "local", settings.url)] if settings.local_host else []
    try:
        place = place_of(address, [*addresses, *(host.address for host in hosts)])
    except PlaceUnknown as unknown:
        raise click.UsageError(f"{unknown}.") from None
    told.result = {"provider": place.host.name, "repository": place.full_name}
    if place.host.kind == "local":
        told.note(words.embedded(place.full_name))
    else:
        host = of_place(place, hosts)
        told.result["provider"] = host.address.name
        url = f"{_base(settings, public_url)}/webhooks/{host.address.name}"
        told.result["url"] = url
        try:
            asyncio.run(_with_host(_Asked(settings, host, place, url, told), work))
        except _Failed as failed:
            told.bad(str(failed), failed.remedy)
    if as_json:
        click.echo(json.dumps(told.result, indent=2))
    sys.exit(1 if "error" in told.result else 0)


def _base(settings: Settings, given: str | None) -> str:
    base = (given or settings.url).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise click.UsageError(
            f"--url takes an http or https URL, such as https://penstock.example.org, not {given!r}."
        )
    return base


async def _with_host(asked: _Asked, work: _Work) -> None:
    """Raises _Failed."""
    title = asked.host.title
    provider = asked.host.open()
    try:
        await work(asked, provider)
    except HostUnavailable as error:
        raise _Failed(*words.unavailable(title, str(error))) from None
    except HostRefused as error:
        raise _Failed(*words.refused(title, str(error), provider.hooks.needs)) from None
    except ProviderError as error:
        raise _Failed(*words.unavailable(title, str(error))) from None
    finally:
        await provider.close()


async def _connect(asked: _Asked, provider: Connectable) -> None:
    host, told, place = asked.host, asked.told, asked.place
    if isinstance(provider, GitHubProvider) and host.settings.github_app_id:
        await _installed(asked, provider)
        return
    if urlsplit(asked.url).hostname in LOOPBACK and not host.on_loopback:
        raise _Failed(*words.unreachable(host.title, asked.url))
    repository = await _found(asked, provider)
    told.good(words.found(host.title, place.full_name))
    async with _opened(asked, provider) as connecting, aclosing(connecting.connect(repository, asked.url)) as steps:
        async for step in steps:
            _tell(step, asked)


async def _disconnect(asked: _Asked, provider: Connectable) -> None:
    repository = await _found(asked, provider)
    async with _opened(asked, provider) as connecting:
        count = await connecting.disconnect(repository, asked.url)
    asked.told.good(words.removed(count, repository.full_name, asked.url), removed=count)


async def _found(asked: _Asked, provider: Connectable) -> Repository:
    found = await provider.find(asked.place.full_name)
    if found is None:
        raise _Failed(*words.not_found(asked.host.title, asked.place.full_name, asked.host.tokens))
    return found.repository


async def _installed(asked: _Asked, provider: GitHubProvider) -> None:
    """An App hears of every repository that it is installed on."""
    app, full_name = await provider.app(), asked.place.full_name
    login = app.login if app is not None else ""
    if await provider.find(full_name) is None:
        raise _Failed(*words.app_not_installed(login, full_name, provider.installation_page(login)))
    asked.told.good(words.by_app(login, full_name), app=login)


@asynccontextmanager
async def _opened(asked: _Asked, provider: Connectable) -> AsyncIterator[Connecting]:
    """Beside the running bot, or before its first start."""
    settings = asked.settings
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = await SqlStore.open(settings.database, upgrade=not current(settings.database))
    try:
        yield Connecting(provider.hooks, vault(settings, store), SystemClock().now)
    finally:
        await store.close()


def _tell(step: Step, asked: _Asked) -> None:
    told, host, url = asked.told, asked.host, asked.url
    match step:
        case Looked():
            pass
        case Put(made=True):
            told.good(words.made(url), hook=step.hook.id, made=True)
        case Put():
            told.good(words.repaired(url, step.faults), hook=step.hook.id, made=False, repaired=list(step.faults))
        case Dropped():
            told.good(words.dropped(step.count), dropped=step.count)
        case Tested(answer=None):
            told.note(words.untested(host.title, asked.place.full_name), delivered=None)
        case Tested():
            _tell_of_test(step.answer, step.seconds, asked)


def _tell_of_test(answer: HookAnswer | None, seconds: float, asked: _Asked) -> None:
    if answer is None:
        return
    if not answer.good:
        asked.told.result |= {"delivered": False, "answer": answer.status}
        raise _Failed(*words.not_delivered(asked.host.title, asked.url, answer))
    asked.told.good(words.delivered(asked.host.title, seconds, answer), delivered=True, answer=answer.status)
