"""The world of a story: a host with people, the real bot that hears of it over HTTP, and a clock that is wound by hand.

    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "Succeeded"

Every verb returns when everything has settled, but for the jobs that the story holds. Real are the bot, its pages, its
webhooks, Git, and the host's rules; only what jobs do is scripted, unless the world is made with `real_jobs`.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.actions.annotations import Annotating
from bot.actions.artifacts import Handover
from bot.actions.building.action import BuildAction
from bot.actions.deploying.git.action import GitDeployments
from bot.actions.deploying.git.grants import GitGrants
from bot.actions.deploying.objects.places import Places
from bot.actions.invoke.action import InvokeAction
from bot.actions.invoke.endpoint import InvokeEndpoint
from bot.actions.run import RunAction
from bot.actions.source.access import ReadAccess
from bot.actions.source.action import SourceAction
from bot.actions.source.git import GitKind
from bot.actions.source.kind import SourceKind
from bot.actions.source.newest import Newest
from bot.definition import json_schema
from bot.endpoints.outside import Outside
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.model.delivery import Delivery
from bot.model.people import Person, Role
from bot.model.plugin import PluginType
from bot.model.repository import Repository
from bot.notifications.targets import Targets
from bot.ports import ActionType, Executor, GitRemote, OutsideSecrets, Provider, RuleType, Store
from bot.rules.check import CheckRule
from bot.rules.invoke import InvokeRule
from bot.rules.judge import Judge
from bot.rules.metric import MetricRule
from bot.rules.run import RunRule
from bot.rules.window import WindowRule
from bot.runtime.bot import Bot
from bot.runtime.metrics import Metrics
from bot.runtime.parts import Parts
from bot.runtime.retention import Kept
from bot.security.seal import Keyring
from bot.sources.sources import MirrorSources
from bot.web.app import build_app
from bot.web.door import FrontDoor
from bot.web.site import AccessRules, Site
from tests.world.artifact_stores import regional_stores
from tests.world.deploying import deploy_action
from tests.world.host import WorldHost, WoundClock
from tests.world.quiet import Quiet
from tests.world.repo import Repo
from tests.world.script import LOG_LIMIT, Script

TIMEOUT = 3600.0
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OPERATOR = "the operator's token"
HELD_BACK = 3600.0
"""Progress is held back until the world is quiet: `Quiet` sends it."""


class World:
    """`ada` owns every repository, `ben` may write, `cleo` may only read; `dan` is nobody to it."""

    ada: Person
    ben: Person
    cleo: Person
    dan: Person
    script: Script

    def __init__(
        self,
        host: WorldHost,
        store: Store,
        folder: Path,
        *,
        real_jobs: bool = False,
        kept: Kept | None = None,
        kinds: Mapping[str, SourceKind] | None = None,
        notify: Mapping[str, str] | None = None,
        plugins: Mapping[str, PluginType] | None = None,
        drafts_held: bool = False,
        regions: Sequence[str] = (),
        outside_secrets: OutsideSecrets | None = None,
    ) -> None:
        self.host = host
        self.store = store
        self.clock = WoundClock()
        self.folder = folder
        self.commits: dict[str, str] = {}
        self.endpoints: dict[str, str] = {}
        self.metrics_servers: dict[str, str] = {}
        self.listed: list[str] = []
        self.buckets: dict[str, str] = {}
        self.bucket_grants: list[tuple[str, str]] = []
        self.gitops: list[tuple[str, str]] = []
        self.leave: list[str] = []
        self.kinds = kinds or {}
        self._notify = notify or {}
        self._plugins = plugins or {}
        self._drafts_held = drafts_held
        self._outside_secrets = outside_secrets
        self.secrets = Keyring(b"k" * 32)
        self.artifacts = regional_stores(folder, regions)
        self._real_jobs = real_jobs
        self._kept = kept or Kept()
        self._script: Script | None = None
        self._stack = AsyncExitStack()
        self._deliveries: list[Delivery] = []

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # --- What stories are made of ---

    async def repo(
        self,
        pipeline: str | Mapping[str, str] = "",
        name: str = "acme/web",
        *,
        private_to: str = "",
        **keys: Any,
    ) -> Repo:
        """A repository whose pipeline file comes with the first push. Several pipelines: texts by their names.

        `private_to`: nobody but that owner may see it.
        """
        members = {"ada": Role.ADMIN, "ben": Role.WRITE, "cleo": Role.READ}
        if private_to:
            members = {private_to: Role.ADMIN}
        repository = await self.host.repository(name, members, private=bool(private_to))
        repo = Repo(self, repository)
        repo.define(pipeline, **keys)
        await self.settled()
        return repo

    async def wind(self, *, seconds: float = 0.0, days: float = 0.0) -> None:
        self.clock.at += seconds + days * 86_400
        await self.bot.outbox.refresh()
        await self.settled()

    async def settled(self) -> None:
        await self._quiet.settled()

    async def told_how_far(self, execution: str) -> None:
        """The host is told of the progress of what runs, as it is every few seconds."""
        await self._quiet.progressed(execution)

    def metrics(self) -> str:
        return self.bot.metrics.text().decode()

    async def look(self) -> None:
        """Look for what no delivery told of, as is done at the start and then again and again."""
        assert await self.bot.catching_up.once()
        await self.settled()

    async def deliver_again(
        self, edit: Callable[[bytes], bytes] = bytes, identity: str = "", holding: bytes = b""
    ) -> int:
        """The newest delivery (that holds those bytes) once more, as it was, or changed by the host itself; how the bot answers."""
        newest = next(one for one in reversed(self._deliveries) if holding in one.body)
        delivery = replace(newest, id=identity or newest.id)
        body = edit(delivery.body)
        return await self._post(self.host.signed(delivery, body), body)

    async def deliver_forged(self, *, signed: bool) -> int:
        """The newest delivery, changed by somebody who does not know the secret."""
        delivery = replace(self._deliveries[-1], id="forged-1")
        headers = self.host.signed(delivery, delivery.body)
        kept = {name: value for name, value in headers.items() if signed or "signature" not in name.lower()}
        return await self._post(kept, delivery.body + b" ")

    async def call(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST to the bot as anybody may; how it answers."""
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.url + path, data=body, headers=headers) as answer,
        ):
            status = answer.status
        await self.settled()
        return status

    async def order(self, path: str, body: Mapping[str, Any], token: str = OPERATOR) -> tuple[int, Any]:
        """POST to the API as whoever operates the bot."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.url + path, json=body, headers=headers) as answer,
        ):
            found = answer.status, await answer.json()
        await self.settled()
        return found

    async def _post(self, headers: Mapping[str, str], body: bytes) -> int:
        url = f"{self.url}/webhooks/{self.host.provider.name}"
        async with aiohttp.ClientSession() as client, client.post(url, data=body, headers=headers) as answer:
            status = answer.status
        await self.settled()
        return status

    async def page(self, path: str) -> str:
        async with aiohttp.ClientSession() as client, client.get(f"{self.url}{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    @property
    def refused(self) -> tuple[str, ...]:
        """The reactions to a command that was refused: none where a host has none, since words follow anyway."""
        return ("confused",) if self.host.provider.limits.reactions else ()

    def called(self, person: Person) -> str:
        """How a pipeline file names them."""
        return (person.names or (person.login,))[0]

    async def json(self, path: str) -> Any:
        async with aiohttp.ClientSession() as client, client.get(f"{self.url}{path}") as answer:
            return await answer.json()

    def normal(self, text: str) -> str:
        """With what differs from run to run, and from host to host, replaced: ids, addresses, commits."""
        for commit, name in self.commits.items():
            text = text.replace(commit, name).replace(commit[:7], name)
        text = text.replace(f"`{self.host.provider.limits.command_prefix}", "`/")
        text = re.sub(r"http://127\.0\.0\.1:\d+/executions/[0-9a-f-]{36}", "<execution>", text)
        text = re.sub(r"http://127\.0\.0\.1:\d+[^\s)]*", "<host>", text)
        return re.sub(r"<!-- penstock:answer:\d+ -->", "<!-- penstock:answer -->", text)

    # --- How it is put together ---

    async def _start(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self._stack.callback(listener.close)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await self.host.start(self.folder, self.clock)
        self._stack.push_async_callback(self.host.close)
        logs = LogFiles(self.folder / "logs")
        self.bot = Bot(await self._parts(logs))
        self._stack.push_async_callback(self.bot.close)
        await self._listen(listener, logs)
        self._quiet = Quiet(self.bot, self.host, self.clock, self._script)
        self.ada, self.ben, self.cleo, self.dan = [
            await self.host.person(login) for login in ("ada", "ben", "cleo", "dan")
        ]

    async def _parts(self, logs: LogFiles) -> Parts:
        provider = self.host.provider
        access = ReadAccess({provider.name: provider}, self.listed)
        sources = MirrorSources(
            self.folder / "mirrors", _remote_of(provider), neighbour=access.beside, elsewhere=provider.elsewhere
        )
        self._stack.push_async_callback(sources.close)
        self.sources = sources
        executor = await self._executor(logs)
        run = RunAction(
            executor,
            sources,
            self.secrets,
            self.artifacts,
            self.clock,
            self.folder / "work",
            TIMEOUT,
            execution_url=lambda execution: f"{self.url}/executions/{execution}",
            repository_url=provider.page_url,
        )
        self.build = build = BuildAction(
            executor,
            sources,
            self.secrets,
            self.artifacts,
            self.store,
            logs,
            self.clock,
            self.folder / "builds",
            TIMEOUT,
            LOG_LIMIT,
            1 << 20,
            places := asyncio.Semaphore(100),
            execution_url=lambda execution: f"{self.url}/executions/{execution}",
            repository_url=provider.page_url,
            outside_secrets=self._outside_secrets,
        )
        rules = self._rules(run)
        by_git = GitDeployments(
            GitGrants({provider.name: provider}, self.gitops),
            {provider.name: provider},
            sources.branches(self.folder / "branches"),
            sources,
            self.artifacts,
            logs,
            self.clock,
            self.folder / "git-deployments",
            LOG_LIMIT,
            execution_url=lambda execution: f"{self.url}/executions/{execution}",
        )
        grants = Places(self.buckets, self.bucket_grants)
        self.deploy = deploy_action(
            self.folder, grants, sources, self.artifacts, self.store, logs, self.clock, by_git, rules
        )
        for each in (self.deploy, self.build):
            each.tell_changes_to(lambda execution: self.bot.progress.tell(execution))  # noqa: PLW0108  there is no bot yet
        further = self._further(sources)
        source = SourceAction(further.kinds, sources, self.artifacts, self.clock, self.folder / "sources", TIMEOUT)
        runs, builds = (Annotating(each, self.store, logs) for each in (run, build))
        return Parts(
            store=self.store,
            sources=sources,
            providers={provider.name: provider},
            action_types={
                "run": runs,
                "build": builds,
                "test": builds,
                "deploy": self.deploy,
                "source": source,
                "use": runs,
                "invoke": self._invocations(runs, sources),
            },
            rule_types=rules,
            logs=logs,
            clock=self.clock,
            url=self.url,
            places=places,
            metrics=Metrics(),
            secrets=self.secrets,
            artifacts=self.artifacts,
            further=further,
            kept=self._kept,
            leave=self.leave,
            drafts_held=self._drafts_held,
            notifications=self._targets(),
            plugins=self._plugins,
            tell_after=0.0,
            settle=HELD_BACK,
            progress_pace=HELD_BACK,
        )

    def _further(self, sources: MirrorSources) -> Newest:
        providers = {self.host.provider.name: self.host.provider}
        return Newest(GitKind(providers, sources, ReadAccess(providers, self.listed)), self.kinds)

    def _targets(self) -> Targets:
        outside = Outside()
        self._stack.push_async_callback(outside.close)
        return Targets(outside, self.clock, self._notify, dict.fromkeys(self._notify, WHSEC))

    def _invocations(self, program: ActionType, sources: MirrorSources) -> InvokeAction:
        outside = Outside()
        self._stack.push_async_callback(outside.close)
        handover = Handover(self.artifacts, sources)
        asked = InvokeEndpoint(outside, self.endpoints, self.secrets, handover, self.clock, self.folder / "invocations")
        return InvokeAction(asked, program)

    def _rules(self, run: RunAction) -> Mapping[str, RuleType]:
        check, outside = CheckRule(Judge()), Outside()
        self._stack.push_async_callback(check.close)
        self._stack.push_async_callback(outside.close)
        return {
            "check": check,
            "window": WindowRule(),
            "run": RunRule(run),
            "invoke": InvokeRule(outside, self.endpoints, self.secrets),
            "metric": MetricRule(outside, self.metrics_servers),
        }

    async def _executor(self, logs: LogFiles) -> Executor:
        if not self._real_jobs:
            self.script = self._script = Script(logs, self.clock)
            self._stack.push_async_callback(self.script.executor.close)
            return self.script.executor
        executor = LocalExecutor(self.folder / "jobs", logs, self.clock, LOG_LIMIT)
        await executor.start()
        self._stack.push_async_callback(executor.close)
        return executor

    async def _listen(self, listener: socket.socket, logs: LogFiles) -> None:
        provider, bot = self.host.provider, self.bot
        providers = {provider.name: provider}
        inbox = _Recorder(bot, self._deliveries)
        access = AccessRules(loopback=True, operator_token=OPERATOR)
        app = build_app(
            Site(
                self.store,
                logs,
                providers,
                inbox,
                bot.changes,
                Metrics(),
                self.clock,
                access,
                json_schema,
                artifacts=self.artifacts,
                upcoming=bot.schedules.upcoming,
                webhooks=bot.webhooks,
                revisions=bot.told_revisions,
                watches=bot.watches,
            )
        )
        await self.host.deliver(app, self.url)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await bot.start()
        door = FrontDoor(runner, listener, 128)
        await door.start()
        self._stack.push_async_callback(door.leave)
        await self.host.listen()


MakeWorld = Callable[..., AbstractAsyncContextManager[World]]
"""The stories' fixture for worlds out of the ordinary."""


class _Recorder:
    """The bot's inbox, and what came in through it."""

    def __init__(self, bot: Bot, deliveries: list[Delivery]) -> None:
        self._bot = bot
        self._deliveries = deliveries

    async def accept(self, delivery: Delivery) -> bool:
        self._deliveries.append(delivery)
        return await self._bot.inbox.accept(delivery)


def _remote_of(provider: Provider) -> Callable[[Repository], Awaitable[GitRemote]]:
    return provider.remote
