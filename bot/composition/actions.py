"""The types of action put together, and the rules, which do their work as actions do."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.actions.annotations import Annotating
from bot.actions.building.action import BuildAction
from bot.actions.deploying.action import DeployAction
from bot.actions.run import RunAction
from bot.actions.source.newest import Newest
from bot.clock import SystemClock
from bot.composition.deployments import DeployWorks, deploy_action, targets_state
from bot.composition.invocations import invoke_action
from bot.composition.keys import (
    outside_secrets,
)
from bot.composition.rules import rule_types
from bot.composition.sources import further_sources, source_action
from bot.executors.limits import Limits
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.model.repository import Repository
from bot.ports import (
    ActionType,
    Artifacts,
    Executor,
    Provider,
    RuleType,
)
from bot.security.seal import Keyring
from bot.settings import Settings
from bot.sources.sources import MirrorSources
from bot.stores.sql import SqlStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ActionWorks:
    """What actions work with."""

    settings: Settings
    url: str
    data: Path
    clock: SystemClock
    logs: LogFiles
    providers: Mapping[str, Provider]
    sources: MirrorSources
    secrets: Keyring
    artifacts: Artifacts
    store: SqlStore

    def execution_url(self, execution: str) -> str:
        return f"{self.url}/executions/{execution}"

    def repository_url(self, repository: Repository) -> str:
        return self.providers[repository.provider].page_url(repository)


@dataclass(frozen=True, slots=True)
class ActionTypes:
    """What each type of action does, and each kind of rule. `further` are the sources that `source` fetches."""

    rules: Mapping[str, RuleType]
    all: Mapping[str, ActionType]
    further: Newest
    build: BuildAction
    deploy: DeployAction


async def action_types(works: ActionWorks, places: asyncio.Semaphore, stack: AsyncExitStack) -> ActionTypes:
    """`places` are those of the action runner, which a batch's builds take, too. `stack` closes what is made."""
    settings, data, clock = works.settings, works.data, works.clock
    executor = await _executor(works, stack)
    run, build = _run_action(works, executor, stack), _build_action(works, executor, places, stack)
    further = further_sources(settings, works.providers, works.sources, stack)
    source = source_action(further, works.sources, works.artifacts, clock, data / "sources", settings.action_timeout)
    runs, builds = (Annotating(each, works.store, works.logs) for each in (run, build))
    invoke = invoke_action(
        settings, runs, works.secrets, works.artifacts, works.sources, clock, data / "invocations", stack
    )
    rules = rule_types(settings, run, works.secrets, stack)
    deploy = deploy_action(
        DeployWorks(
            settings,
            works.sources,
            works.artifacts,
            works.store,
            works.logs,
            clock,
            data / "deployments",
            targets_state(data),
            works.providers,
            works.execution_url,
            rules,
        ),
        stack,
    )
    kinds: Mapping[str, ActionType] = {
        "run": runs,
        "deploy": deploy,
        "build": builds,
        "test": builds,
        "source": source,
        "invoke": invoke,
        "use": runs,
    }
    return ActionTypes(rules, kinds, further, build, deploy)


async def _executor(works: ActionWorks, stack: AsyncExitStack) -> LocalExecutor:
    settings = works.settings
    limits = Limits(
        settings.action_processes, settings.action_memory, settings.action_open_files, settings.action_file_size
    )
    executor = LocalExecutor(works.data / "jobs", works.logs, works.clock, settings.log_limit, limits=limits)
    await executor.start()
    stack.push_async_callback(executor.close)
    for limit in executor.unheld:
        log.warning("limit not held", why=limit)
    return executor


def _run_action(works: ActionWorks, executor: Executor, stack: AsyncExitStack) -> RunAction:
    run = RunAction(
        executor,
        works.sources,
        works.secrets,
        works.artifacts,
        works.clock,
        works.data / "work",
        works.settings.action_timeout,
        execution_url=works.execution_url,
        repository_url=works.repository_url,
    )
    stack.push_async_callback(run.close)
    return run


def _build_action(
    works: ActionWorks, executor: Executor, places: asyncio.Semaphore, stack: AsyncExitStack
) -> BuildAction:
    settings = works.settings
    build = BuildAction(
        executor,
        works.sources,
        works.secrets,
        works.artifacts,
        works.store,
        works.logs,
        works.clock,
        works.data / "builds",
        settings.action_timeout,
        settings.log_limit,
        settings.cache_limit,
        places,
        execution_url=works.execution_url,
        repository_url=works.repository_url,
        outside_secrets=outside_secrets(settings),
    )
    stack.push_async_callback(build.close)
    return build
