"""What the world's bot is made of: the real types of action and rules, and the host's provider; jobs are scripted, unless they are to be real."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot.actions.annotations import Annotating
from bot.actions.artifacts import Handover
from bot.actions.building.action import BuildAction
from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.git.action import GitDeployments, by_the_bot
from bot.actions.deploying.git.grants import GitGrants
from bot.actions.deploying.git.proposals import Proposals
from bot.actions.deploying.objects.places import Places
from bot.actions.deploying.revision import Revisions
from bot.actions.invoke.action import InvokeAction
from bot.actions.invoke.endpoint import InvokeEndpoint
from bot.actions.run import RunAction
from bot.actions.source.access import ReadAccess
from bot.actions.source.action import SourceAction
from bot.actions.source.git import GitKind
from bot.actions.source.kind import SourceKind
from bot.actions.source.newest import Newest
from bot.endpoints.outside import Outside
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.model.delivery import Delivery
from bot.model.people import Person
from bot.model.plugin import Plugins
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
from tests.world.artifact_stores import regional_stores
from tests.world.deploying import deploy_action
from tests.world.host import WorldHost, WoundClock
from tests.world.script import LOG_LIMIT, Script

TIMEOUT = 3600.0
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OPERATOR = "the operator's token"
HELD_BACK = 3600.0
"""Progress is held back until the world is quiet: `Quiet` sends it."""


class WorldParts:
    """`url` is set before they are made."""

    bot: Bot
    url: str

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
        plugins: Plugins | None = None,
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
        self._plugins = plugins or Plugins()
        self._drafts_held = drafts_held
        self._outside_secrets = outside_secrets
        self.secrets = Keyring(b"k" * 32)
        self.artifacts = regional_stores(folder, regions)
        self._real_jobs = real_jobs
        self._kept = kept or Kept()
        self._script: Script | None = None
        self._stack = AsyncExitStack()
        self._deliveries: list[Delivery] = []

    async def _parts(self, logs: LogFiles) -> Parts:
        provider, places = self.host.provider, asyncio.Semaphore(100)
        self.sources = sources = self._sources()
        executor = await self._executor(logs)
        run = self._run(executor)
        self.build = build = self._builds(executor, logs, places)
        rules = self._rules(run)
        self.deploy = self._deployments(logs, rules)
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

    def _sources(self) -> MirrorSources:
        provider = self.host.provider
        access = ReadAccess({provider.name: provider}, self.listed)
        sources = MirrorSources(
            self.folder / "mirrors", _remote_of(provider), neighbour=access.beside, elsewhere=provider.elsewhere
        )
        self._stack.push_async_callback(sources.close)
        return sources

    def _run(self, executor: Executor) -> RunAction:
        return RunAction(
            executor,
            self.sources,
            self.secrets,
            self.artifacts,
            self.clock,
            self.folder / "work",
            TIMEOUT,
            execution_url=lambda execution: f"{self.url}/executions/{execution}",
            repository_url=self.host.provider.page_url,
        )

    def _builds(self, executor: Executor, logs: LogFiles, places: asyncio.Semaphore) -> BuildAction:
        return BuildAction(
            executor,
            self.sources,
            self.secrets,
            self.artifacts,
            self.store,
            logs,
            self.clock,
            self.folder / "builds",
            TIMEOUT,
            LOG_LIMIT,
            1 << 20,
            places,
            execution_url=lambda execution: f"{self.url}/executions/{execution}",
            repository_url=self.host.provider.page_url,
            outside_secrets=self._outside_secrets,
        )

    def _deployments(self, logs: LogFiles, rules: Mapping[str, RuleType]) -> DeployAction:
        provider = self.host.provider

        def by_git(revisions: Revisions) -> GitDeployments:
            branches, providers = self.sources.branches(self.folder / "branches"), {provider.name: provider}
            return GitDeployments(
                GitGrants(providers, self.gitops),
                Proposals(providers, branches, self.clock),
                branches,
                revisions,
                self.clock,
                by_the_bot(lambda execution: f"{self.url}/executions/{execution}"),
            )

        grants = Places(self.buckets, self.bucket_grants)
        return deploy_action(
            self.folder, grants, self.sources, self.artifacts, self.store, logs, self.clock, by_git, rules
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


def _remote_of(provider: Provider) -> Callable[[Repository], Awaitable[GitRemote]]:
    return provider.remote
