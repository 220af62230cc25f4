"""The composition root of the bot: its adapters as the settings say, put together with its pages and the embedded host, where there is one."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web

from bot.artifacts.objects import folder_of
from bot.clock import SystemClock
from bot.composition.actions import ActionWorks, action_types
from bot.composition.hosts import configured_hosts, for_git, plain, provider_of
from bot.composition.keys import (
    artifact_addresses,
    artifact_stores,
    connected_secrets,
    keyring,
    vault,
)
from bot.composition.notifications import notification_targets
from bot.composition.setup import app_setup, with_kept_app
from bot.composition.sources import neighbour
from bot.definition import json_schema
from bot.logs.files import LogFiles
from bot.model.plugin import Plugins
from bot.model.repository import Repository
from bot.plugins.installed import installed
from bot.ports import GitRemote, HostRefused, HostSecrets, Provider, Providers
from bot.runtime.bot import Bot
from bot.runtime.metrics import Metrics
from bot.runtime.parts import Parts
from bot.runtime.retention import Kept
from bot.security.keys import OPERATOR_TOKEN, kept_secret
from bot.settings import Settings
from bot.sources.sources import MirrorSources
from bot.stores.reserve import SIZE as RESERVE
from bot.stores.sql import SqlStore
from bot.web.app import build_app
from bot.web.door import FrontDoor
from bot.web.site import AccessRules, Site
from providers.local.host.errors import HostError
from providers.local.host.host import Host
from providers.local.provider import LocalProvider

__all__ = ["Composed", "FrontDoor", "Host", "compose", "embedded_host"]

log = structlog.get_logger(__name__)

DEFAULTS = Settings.model_construct()
LOCAL_SECRET = "local-webhook-secret"  # noqa: S105  a file's name


@dataclass(frozen=True, slots=True)
class Composed:
    """A bot that runs, with its pages. `host` is the embedded Git host, where there is one."""

    bot: Bot
    app: web.Application
    host: Host | None


async def compose(settings: Settings, url: str, stack: AsyncExitStack) -> Composed:
    """Open everything for a bot that is reached at `url`; `stack` closes it again, in the right order."""
    clock, metrics, data = SystemClock(), Metrics(), _data_folder(settings)
    store = await SqlStore.open(settings.database, reserve=RESERVE)
    stack.push_async_callback(store.close)
    kept, as_set = vault(settings, store), settings
    settings = await with_kept_app(settings, kept)
    host = await _host(settings, clock, stack)
    connected = await connected_secrets(settings, store, clock)
    providers = _providers(settings, host, clock, connected, stack)
    logs = LogFiles(data / "logs")
    sources = _sources(settings, data, providers, stack)
    secrets, artifacts = await keyring(settings, store), artifact_stores(settings)
    works = ActionWorks(settings, url, data, clock, logs, providers, sources, secrets, artifacts, store)
    places = asyncio.Semaphore(settings.max_parallel_actions)
    types = await action_types(works, places, stack)
    further = types.further
    parts = Parts(
        store,
        sources,
        providers,
        types.all,
        types.rules,
        logs,
        clock,
        url,
        places,
        metrics,
        secrets,
        artifacts,
        further,
    )
    told = notification_targets(settings, clock, stack)
    bot = Bot(replace(_as_set(parts, settings), notifications=told, plugins=await _plugins()))
    for each in (types.deploy, types.build):
        each.tell_changes_to(bot.progress.tell)
    stack.push_async_callback(bot.close)
    setup = app_setup(as_set, kept, url)
    app = build_app(replace(_site(settings, bot, parts), host_secrets=connected, app_setup=setup))
    fresh = asyncio.create_task(connected.keep_fresh())
    stack.callback(fresh.cancel)
    if host is not None:
        host.add_routes(app)
    return Composed(bot, app, host)


async def _plugins() -> Plugins:
    """Each file that uses one that can't be loaded is told so, too."""
    found = await installed()
    for name, plugin in found.types.items():
        if plugin.problem:
            log.error("plug-in not loaded", plugin=name, why=plugin.problem)
    return found


def _as_set(parts: Parts, settings: Settings) -> Parts:
    """With the plain values that the settings have for them."""
    return replace(
        parts,
        kept=_kept(settings),
        leave=settings.outside_runs,
        drafts_held=settings.drafts == "hold",
        disk=_on_disk(settings),
        look_every=settings.catch_up_interval,
        patience=settings.retry_period,
    )


def _data_folder(settings: Settings) -> Path:
    data = settings.data_dir.absolute()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(PermissionError):  # a mount that is somebody else's keeps the mode they gave it
        data.chmod(0o700)  # what is in it relies on that: one made beforehand may be open to all
    return data


def _sources(settings: Settings, data: Path, providers: Mapping[str, Provider], stack: AsyncExitStack) -> MirrorSources:
    async def remote(repository: Repository) -> GitRemote:
        return await providers[repository.provider].remote(repository)

    async def elsewhere(repository: Repository, commit: str) -> GitRemote | None:
        return await providers[repository.provider].elsewhere(repository, commit)

    sources = MirrorSources(
        data / "mirrors",
        remote,
        environment=for_git(settings),
        neighbour=neighbour(settings, providers),
        elsewhere=elsewhere,
    )
    stack.push_async_callback(sources.close)
    return sources


def _site(settings: Settings, bot: Bot, parts: Parts) -> Site:
    operator_token = kept_secret(settings.data_dir.absolute() / OPERATOR_TOKEN)
    access = AccessRules(
        settings.on_loopback,
        settings.public_url,
        plain(settings.page_token),
        operator_token,
        settings.trusted_proxies,
    )
    return Site(
        parts.store,
        parts.logs,
        parts.providers,
        bot.inbox,
        bot.changes,
        parts.metrics,
        parts.clock,
        access,
        json_schema,
        {"database": bot.check_store},
        {"actions": bot.runner.failures.check},
        secrets=parts.secrets,
        artifacts=parts.artifacts,
        operator=bot.operator,
        upcoming=bot.schedules.upcoming,
        webhooks=bot.webhooks,
        revisions=bot.told_revisions,
        watches=bot.watches,
    )


def _on_disk(settings: Settings) -> Mapping[str, Sequence[Path]]:
    """What the data folder holds. A database server and an object store measure themselves."""
    data = settings.data_dir.absolute()
    database = data / "penstock.db"
    places: dict[str, Sequence[Path]] = {"logs": [data / "logs"], "mirrors": [data / "mirrors"]}
    addresses = artifact_addresses(settings).values()
    if folders := [folder for each in addresses if (folder := folder_of(each)) is not None]:
        places["artifacts"] = folders
    if not settings.database_url:
        places["database"] = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))]
    return places


def _kept(settings: Settings) -> Kept:
    history = settings.history_retention
    return Kept(
        settings.delivery_retention,
        history,
        settings.artifact_retention or history,
        settings.history_count,
        settings.artifact_count,
    )


@asynccontextmanager
async def embedded_host(settings: Settings, url: str) -> AsyncIterator[Host]:
    """The embedded host's data, for a command beside the running bot or without one. `url`: where people reach the host.

    Raises HostRefused for what the host will not do.
    """
    host = Host(settings.data_dir.absolute(), SystemClock(), kept_secret(settings.data_dir / LOCAL_SECRET), url)
    await host.open()
    try:
        yield host
    except HostError as error:
        raise HostRefused(str(error)) from error
    finally:
        await host.close()


async def _host(settings: Settings, clock: SystemClock, stack: AsyncExitStack) -> Host | None:
    if not settings.local_host:
        return None
    secret = kept_secret(settings.data_dir / LOCAL_SECRET)
    host = Host(settings.data_dir.absolute(), clock, secret)
    await host.start()
    stack.push_async_callback(host.close)
    return host


def _providers(
    settings: Settings, host: Host | None, clock: SystemClock, connected: HostSecrets, stack: AsyncExitStack
) -> Mapping[str, Provider]:
    providers = Providers()
    for each in configured_hosts(settings, os.environ):
        providers[each.name] = provider_of(each, clock, partial(connected.of, each.name))
    for provider in providers.values():
        stack.push_async_callback(provider.close)
    if host is not None:
        providers["local"] = LocalProvider(host, clock, (kept_secret(settings.data_dir / LOCAL_SECRET),))
    return providers
