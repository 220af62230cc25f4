"""The `build` and `test` actions: one build to its end, or a batch of them (BLD-1, BLD-3)."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.actions.artifacts import Handover
from bot.actions.building.artifacts import outputs_of
from bot.actions.building.batch.batches import Batches, BatchLogs
from bot.actions.building.build import Builder, Order, build_names, last_folder
from bot.actions.building.caching import Caching
from bot.actions.building.reports import keep
from bot.actions.building.stored import StoredValues
from bot.actions.building.words import Words
from bot.actions.worktrees import WorkTrees
from bot.buildspec import is_inline
from bot.model.pipeline import Build
from bot.model.repository import Repository
from bot.ports import ActionContext, ActionOutcome, Artifacts, Clock, Executor, OutsideSecrets, Secrets, Sources, Store
from bot.results import summary as summed_up


class BuildAction:
    """Checks the commit out, runs the buildspec, keeps its artifacts. Arguments as `RunAction`'s; `log_limit` bytes of its own words,
    `cache_limit` bytes of each repository's caches; `places` are the bot's for actions, of which the builds of a batch take some.
    `outside_secrets` are asked for what the pipeline's own do not have.
    """

    def __init__(
        self,
        executor: Executor,
        sources: Sources,
        secrets: Secrets,
        artifacts: Artifacts,
        store: Store,
        logs: BatchLogs,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        log_limit: int,
        cache_limit: int,
        places: asyncio.Semaphore,
        execution_url: Callable[[str], str],
        repository_url: Callable[[Repository], str],
        outside_secrets: OutsideSecrets | None = None,
    ) -> None:
        self._executor = executor
        self._trees = WorkTrees(work_dir, sources)
        self._handover = Handover(artifacts, sources)
        self._store = store
        self._clock = clock
        self._timeout = timeout
        words = Words(logs, log_limit)
        caching = Caching(store, artifacts, clock, cache_limit)
        urls = execution_url, repository_url
        stored = StoredValues(outside_secrets)
        self._builder = Builder(executor, self._trees, secrets, stored, self._handover, caching, words, clock, urls)
        self._batches = Batches(self._builder, self._trees, self._handover, store, logs, places, clock, log_limit)

    def tell_changes_to(self, changed: Callable[[str], None]) -> None:
        self._batches.changed = changed

    async def perform(self, context: ActionContext) -> ActionOutcome:
        work = context.action.work
        assert isinstance(work, Build)  # noqa: S101  the runner chose this type by the work's kind
        timeout = context.action.timeout or self._timeout
        if work.batch:
            return await self._batches.perform(context, timeout)
        order = Order(
            context,
            context.job,
            work.buildspec,
            lambda _: outputs_of(context.action),
            partial(self._handover.keep_from, context),
            timeout,
            references=is_inline(work.buildspec),
        )
        built = await self._builder.build(order)
        if not built.reports:
            return built.outcome
        results = await keep(self._store, context, built.reports, built.earlier, self._clock.now())
        return replace(built.outcome, results=summed_up(results))

    def folders(self, job: str) -> Mapping[str, Path]:
        builds = dict.fromkeys(build.partition("/retry-")[0] for build in self._batches.below(job)) or [job]
        return {build: last_folder(self._trees, build) for build in builds}

    async def abandon(self, job: str) -> None:
        await self._batches.abandon(job)
        await self._builder.abandon(job)

    async def forget(self, job: str) -> None:
        for build in [*build_names(job), *self._batches.below(job)]:
            if build == job or self._trees.folder(build).exists():
                await self._executor.forget(f"{build}/cache-key")
                await self._executor.forget(build)
                self._trees.remove_later(build)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._trees.sweep([build for job in keep for build in [*build_names(job), *self._batches.below(job)]])

    async def close(self) -> None:
        await self._trees.close()
