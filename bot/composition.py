"""The composition root: the one place that names concrete adapters and puts them together. It holds no logic of its own."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Self

from aiohttp import web
from pydantic import SecretStr

from bot.actions.run import RunAction
from bot.artifacts.keys import MasterKeys, new_key
from bot.artifacts.objects import Objects
from bot.artifacts.store import ArtifactStore
from bot.definition import json_schema
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.model.execution import Execution, LaneKey
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import ActionType, GitRemote, HostRefused, Provider, RuleType, SealBroken, Secrets
from bot.rules.check import CheckRule
from bot.rules.invoke import InvokeRule
from bot.rules.judge import Judge
from bot.rules.metric import MetricRule
from bot.rules.outside import Outside
from bot.rules.run import RunRule
from bot.rules.window import WindowRule
from bot.runtime.bot import Bot, Parts
from bot.runtime.local_run import LocalRun, View
from bot.runtime.metrics import Metrics
from bot.security.keys import MASTER_KEY, OPERATOR_TOKEN, KeyMalformed, kept_secret, master_key
from bot.security.seal import Keyring
from bot.settings import Settings, SettingsInvalid
from bot.sources.sources import MirrorSources
from bot.sources.working_tree import WorkingTree
from bot.stores.memory import MemoryStore
from bot.stores.sql import SqlStore
from bot.web.app import build_app
from bot.web.door import FrontDoor
from bot.web.site import AccessRules, Site
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from providers.github.provider import GitHubProvider
from providers.gitlab.provider import GitLabProvider
from providers.local.host.errors import HostError
from providers.local.host.host import Host
from providers.local.provider import LocalProvider

__all__ = ["Composed", "FrontDoor", "Host", "SystemClock", "WorkingTreeRun", "compose", "embedded_host", "keyring"]

DEFAULTS = Settings.model_construct()
LOCAL_SECRET = "local-webhook-secret"  # noqa: S105  a file's name


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time()


@dataclass(frozen=True, slots=True)
class Composed:
    """A bot that runs, with its pages. `host` is the embedded Git host, where there is one."""

    bot: Bot
    app: web.Application
    host: Host | None


async def compose(settings: Settings, url: str, stack: AsyncExitStack) -> Composed:
    """Open everything for a bot that is reached at `url`; `stack` closes it again, in the right order."""
    clock = SystemClock()
    data = settings.data_dir.absolute()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    metrics = Metrics()
    store = await SqlStore.open(settings.database)
    stack.push_async_callback(store.close)
    host = await _host(settings, clock, stack)
    providers = _providers(settings, host, clock, stack)
    logs = LogFiles(data / "logs")
    executor = LocalExecutor(data / "jobs", logs, clock, settings.log_limit)
    await executor.start()
    stack.push_async_callback(executor.close)

    async def remote(repository: Repository) -> GitRemote:
        return await providers[repository.provider].remote(repository)

    sources = MirrorSources(data / "mirrors", remote, environment=_for_git(settings))
    stack.push_async_callback(sources.close)
    secrets = keyring(settings)
    artifacts = artifact_store(settings)
    run = RunAction(
        executor,
        sources,
        secrets,
        artifacts,
        clock,
        data / "work",
        settings.action_timeout,
        execution_url=lambda execution: f"{url}/executions/{execution}",
        repository_url=lambda repository: providers[repository.provider].page_url(repository),
    )
    stack.push_async_callback(run.close)
    rules = _rule_types(settings, run, secrets, stack)
    places = settings.max_parallel_actions
    bot = Bot(Parts(store, sources, providers, {"run": run}, rules, logs, clock, url, places, metrics, secrets))
    stack.push_async_callback(bot.close)
    access = AccessRules(
        settings.on_loopback, settings.public_url, _plain(settings.page_token), kept_secret(data / OPERATOR_TOKEN)
    )
    checks = {"database": bot.check_store}
    site = Site(
        store,
        logs,
        providers,
        bot.inbox,
        bot.changes,
        metrics,
        clock,
        access,
        json_schema,
        checks,
        secrets=secrets,
        artifacts=artifacts,
        operator=bot.operator,
        upcoming=bot.schedules.upcoming,
    )
    app = build_app(site)
    if host is not None:
        host.add_routes(app)
    return Composed(bot, app, host)


def artifact_store(settings: Settings) -> ArtifactStore:
    """Where the settings say; a folder in the data folder otherwise. Raises SettingsInvalid."""
    url = settings.artifacts_url or (settings.data_dir.absolute() / "artifacts").as_uri()
    return ArtifactStore(Objects(url), MasterKeys([_master_key(settings)]))


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
    settings: Settings, host: Host | None, clock: SystemClock, stack: AsyncExitStack
) -> Mapping[str, Provider]:
    providers: dict[str, Provider] = {
        "bitbucket": bitbucket_cloud_provider(settings),
        "bitbucket-dc": bitbucket_data_center_provider(settings),
        "github": github_provider(settings),
        "gitlab": gitlab_provider(settings, clock),
    }
    for provider in providers.values():
        stack.push_async_callback(provider.close)
    if host is not None:
        providers["local"] = LocalProvider(host, clock, (kept_secret(settings.data_dir / LOCAL_SECRET),))
    return providers


def keyring(settings: Settings) -> Keyring:
    """The keys to sealed secrets. Raises SettingsInvalid for a malformed master key."""
    return Keyring(_master_key(settings))


def _master_key(settings: Settings) -> bytes:
    try:
        kept = settings.data_dir / MASTER_KEY
        return master_key(_plain(settings.master_key), settings.master_key_file, kept)
    except KeyMalformed as error:
        raise SettingsInvalid(f"{error}.") from None


def github_provider(settings: Settings) -> GitHubProvider:
    """GitHub as the settings have it."""
    secrets, token = _plain_all(settings.github_webhook_secret), _plain(settings.github_token)
    return GitHubProvider(settings.github_url, settings.github_api, secrets, token, ca_bundle=_ca_bundle(settings))


def bitbucket_cloud_provider(settings: Settings) -> BitbucketCloudProvider:
    """Bitbucket Cloud as the settings have it."""
    return BitbucketCloudProvider(
        settings.bitbucket_url,
        settings.bitbucket_api_url,
        _plain_all(settings.bitbucket_webhook_secret),
        _plain(settings.bitbucket_token),
        settings.bitbucket_user,
        _plain(settings.bitbucket_api_token),
        ca_bundle=_ca_bundle(settings),
    )


def bitbucket_data_center_provider(settings: Settings) -> BitbucketDataCenterProvider:
    """Bitbucket Data Center as the settings have it."""
    secrets, token = _plain_all(settings.bitbucket_dc_webhook_secret), _plain(settings.bitbucket_dc_token)
    return BitbucketDataCenterProvider(settings.bitbucket_dc_url, secrets, token, ca_bundle=_ca_bundle(settings))


def gitlab_provider(settings: Settings, clock: SystemClock) -> GitLabProvider:
    """GitLab as the settings have it."""
    secrets, signing = _plain_all(settings.gitlab_webhook_secret), _plain_all(settings.gitlab_signing_token)
    token, bundle = _plain(settings.gitlab_token), _ca_bundle(settings)
    return GitLabProvider(settings.gitlab_url, clock, secrets, signing, token, ca_bundle=bundle)


def _ca_bundle(settings: Settings) -> str:
    return str(settings.ca_bundle.absolute()) if settings.ca_bundle else ""


def _for_git(settings: Settings) -> Mapping[str, str]:
    """What git may know of the machine's environment, and whom it trusts."""
    return os.environ if settings.ca_bundle is None else {**os.environ, "GIT_SSL_CAINFO": _ca_bundle(settings)}


def _plain_all(secrets: Sequence[SecretStr]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


def _plain(secret: object) -> str:
    return secret.get_secret_value() if hasattr(secret, "get_secret_value") else ""


class _OwnSecrets:
    """`penstock run` has no key to what is sealed: whoever runs it gives a secret as an environment variable of its name."""

    def public_key(self, repository: Repository) -> str:
        raise SealBroken(f"{repository.full_name} is run from a working tree, which has no key")

    def open(self, _repository: Repository, name: str, _sealed: str) -> str:
        if name not in os.environ:
            raise SealBroken(f"set {name} in the environment of penstock run to give it")
        return os.environ[name]


def _rule_types(settings: Settings, run: ActionType, secrets: Secrets, stack: AsyncExitStack) -> Mapping[str, RuleType]:
    check, outside = CheckRule(Judge()), Outside()
    stack.push_async_callback(check.close)
    stack.push_async_callback(outside.close)
    endpoints = {name: _plain(url) for name, url in settings.invoke_endpoints.items()}
    servers = {name: _plain(url) for name, url in settings.metrics_servers.items()}
    return {
        "check": check,
        "window": WindowRule(),
        "run": RunRule(run),
        "invoke": InvokeRule(outside, endpoints, secrets),
        "metric": MetricRule(outside, servers),
    }


class WorkingTreeRun:
    """`penstock run` put together: a store in memory, processes of this machine, the working tree. `folder` is thrown away afterwards."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._tree = WorkingTree(root)
        self._root = root
        self._folder = folder
        self._stack = AsyncExitStack()
        self._local: LocalRun

    async def __aenter__(self) -> Self:
        clock = SystemClock()
        logs = LogFiles(self._folder / "logs")
        executor = LocalExecutor(self._folder / "jobs", logs, clock, DEFAULTS.log_limit)
        await executor.start()
        self._stack.push_async_callback(executor.close)
        secrets = _OwnSecrets()
        run = RunAction(
            executor,
            self._tree,
            secrets,
            ArtifactStore(Objects((self._folder / "artifacts").as_uri()), MasterKeys([new_key()])),
            clock,
            self._folder / "work",
            DEFAULTS.action_timeout,
            execution_url=lambda _: "",
            repository_url=lambda _: "",
        )
        self._stack.push_async_callback(run.close)
        rules = _rule_types(DEFAULTS, run, secrets, self._stack)
        person = Person(os.environ.get("USER", "you"))
        places = os.cpu_count() or 2
        self._local = LocalRun(MemoryStore(), {"run": run}, rules, logs, clock, places, person)
        self._stack.push_async_callback(self._local.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def run(self, pipeline: Pipeline, variables: Mapping[str, str], view: View, *, approve: bool) -> Execution:
        repository = Repository("working-tree", str(self._root), self._root.name)
        commit, branch = await self._tree.head()
        message, authored_at = await self._tree.describe(repository, commit)
        ref = Ref(RefKind.BRANCH, branch or "detached")
        revision = Revision(commit, ref, branch=branch, message=message, authored_at=authored_at)
        lane = LaneKey(repository, pipeline.name, ref)
        return await self._local.run(pipeline, lane, revision, variables, view, approve=approve)

    def stop(self) -> None:
        self._local.stop()
