"""The composition root of `penstock run`: the adapters that it needs and no others, so that it starts at once.

What it does with them is in `runtime/local_run`; the bot itself is put together in `bot`.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Self

from bot.actions.annotations import Annotating
from bot.actions.building.action import BuildAction
from bot.actions.deploying.action import DeployAction
from bot.actions.not_here import NotHere
from bot.actions.run import RunAction
from bot.actions.source.folder import FolderSource
from bot.artifacts.keys import MasterKeys, new_key
from bot.artifacts.objects import Objects
from bot.artifacts.regions import Regions
from bot.artifacts.store import ArtifactStore
from bot.clock import SystemClock
from bot.composition.invocations import invoke_action
from bot.composition.own_deployments import OwnWorks, own_deploy_action
from bot.composition.rules import rule_types
from bot.executors.limits import Limits
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.model.execution import Execution, LaneKey
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import ActionType, Clock, Executor, RegionalArtifacts, RuleType, SealBroken, Secrets
from bot.runtime.local_run import LocalRun, View
from bot.settings import ReachSettings, Settings
from bot.sources.working_tree import WorkingTree
from bot.stores.memory import MemoryStore

DEFAULTS = Settings.model_construct()


class _OwnSecrets:
    """`penstock run` has no key to what is sealed: whoever runs it gives a secret as an environment variable of its name."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def public_key(self, repository: Repository) -> str:
        raise SealBroken(f"{repository.full_name} is run from a working tree, which has no key")

    def unguessable(self, repository: Repository, *names: str) -> str:
        raise SealBroken(f"{'/'.join((repository.full_name, *names))} has no address: nothing listens")

    def open(self, _repository: Repository, name: str, _sealed: str) -> str:
        if name not in self._environment:
            raise SealBroken(f"set the environment variable {name} to give it")
        return self._environment[name]


class _AnyRegion(Regions):
    """Whichever region an action names, it is here."""

    def in_region(self, region: str) -> RegionalArtifacts:  # noqa: ARG002  the port's
        return super().in_region("")


class WorkingTreeRun:
    """`penstock run` put together: a store in memory, processes of this machine, the working tree. `folder` is thrown away afterwards.

    `sources` are the folders that stand for further sources, by their actions' names. `environment` has the secrets by their
    names. `reach` is where deployments may go and what may be asked, `remotes` are repositories that may be changed by their names in pipeline files:
    nothing is reached that is not named there.
    """

    artifacts: Regions

    def __init__(
        self,
        root: Path,
        folder: Path,
        sources: Mapping[str, Path],
        environment: Mapping[str, str] = os.environ,
        reach: ReachSettings = DEFAULTS,
        remotes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._reach = reach
        self._remotes = remotes
        self._environment = environment
        self._sources = sources
        self._tree = WorkingTree(root)
        self._root = root
        self._folder = folder
        self._stack = AsyncExitStack()
        self._local: LocalRun

    async def __aenter__(self) -> Self:
        clock, store, places = SystemClock(), MemoryStore(), asyncio.Semaphore(os.cpu_count() or 2)
        logs = LogFiles(self._folder / "logs")
        limits = Limits(DEFAULTS.action_processes, open_files=DEFAULTS.action_open_files)
        executor = LocalExecutor(self._folder / "jobs", logs, clock, DEFAULTS.log_limit, limits=limits)
        await executor.start()
        self._stack.push_async_callback(executor.close)
        secrets = _OwnSecrets(self._environment)
        store_of_artifacts = ArtifactStore(
            Objects((self._folder / "artifacts").as_uri()), MasterKeys([new_key()]), most=self._reach.artifact_entries
        )
        self.artifacts = _AnyRegion(store_of_artifacts, {})
        run = self._run_action(executor, secrets, clock)
        build = self._build_action(executor, secrets, store, logs, clock, places)
        rules = rule_types(self._reach, run, secrets, self._stack)
        deploy = self._deploy_action(store, logs, clock, rules)
        types = self._types(Annotating(run, store, logs), Annotating(build, store, logs), deploy, secrets, clock)
        person = Person(os.environ.get("USER", "you"))
        self._local = LocalRun(store, types, rules, logs, clock, places, person)
        deploy.tell_changes_to(self._local.deploying)
        self._stack.push_async_callback(self._local.close)
        return self

    def _run_action(self, executor: Executor, secrets: Secrets, clock: Clock) -> RunAction:
        run = RunAction(
            executor,
            self._tree,
            secrets,
            self.artifacts,
            clock,
            self._folder / "work",
            DEFAULTS.action_timeout,
            execution_url=lambda _: "",
            repository_url=lambda _: "",
        )
        self._stack.push_async_callback(run.close)
        return run

    def _build_action(
        self,
        executor: Executor,
        secrets: Secrets,
        store: MemoryStore,
        logs: LogFiles,
        clock: Clock,
        places: asyncio.Semaphore,
    ) -> BuildAction:
        build = BuildAction(
            executor,
            self._tree,
            secrets,
            self.artifacts,
            store,
            logs,
            clock,
            self._folder / "builds",
            DEFAULTS.action_timeout,
            DEFAULTS.log_limit,
            0,
            places,
            execution_url=lambda _: "",
            repository_url=lambda _: "",
        )
        self._stack.push_async_callback(build.close)
        return build

    def _deploy_action(
        self, store: MemoryStore, logs: LogFiles, clock: Clock, rules: Mapping[str, RuleType]
    ) -> DeployAction:
        works = OwnWorks(
            self._reach,
            self._remotes,
            self._tree,
            self.artifacts,
            store,
            logs,
            clock,
            self._folder,
            rules,
            self._environment,
        )
        return own_deploy_action(works, self._stack)

    def _types(
        self, runs: ActionType, builds: ActionType, deploy: ActionType, secrets: Secrets, clock: Clock
    ) -> Mapping[str, ActionType]:
        invoke = invoke_action(
            self._reach,
            runs,
            secrets,
            self.artifacts,
            self._tree,
            clock,
            self._folder / "invocations",
            self._stack,
            NotHere(
                "penstock run starts no other pipelines: --pipeline NAME runs another, `penstock run STAGE` one stage alone",
                clock,
            ),
        )
        return {
            "run": runs,
            "build": builds,
            "test": builds,
            "source": FolderSource(self._sources, self.artifacts, clock),
            "use": runs,
            "deploy": deploy,
            "invoke": invoke,
        }

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
