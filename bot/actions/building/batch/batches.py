"""The `build` and `test` actions that ask for the batch of their buildspec (BAT-1): from its file to one outcome of all its builds.

How far it is is kept whenever it changes (`bot.model.batch`): a later life goes on there, a retry takes over what has succeeded.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.actions.artifacts import Handover, places
from bot.actions.building.batch import plan, words
from bot.actions.building.batch.ending import Ending
from bot.actions.building.batch.making import all_outputs, own_outputs, owners, set_aside
from bot.actions.building.batch.running import Running, resumed
from bot.actions.building.build import REFUSED, Builder, Built, Order
from bot.actions.building.reports import keep
from bot.actions.building.spec import SpecInvalid, load
from bot.actions.building.words import LogOpener
from bot.actions.outcome import code
from bot.actions.worktrees import WorkTrees, tree_of
from bot.buildspec import is_inline
from bot.core.effects import batch_job_id
from bot.model.artifact import Artifact
from bot.model.batch import BatchPhase, BatchRun
from bot.model.buildspec import Batch, BatchBuild
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Build, RetryMode
from bot.ports import ActionContext, ActionOutcome, Clock, Logs, Store

LAST_LINES = 20
"""Of a failed build's own log, told in the action's."""

_OF_BATCH = re.compile(r".*/b\d+(/retry-\d+)?")

Tell = Callable[[Sequence[str]], None]


class BatchLogs(LogOpener, Logs, Protocol):
    """Logs are written, and their ends read."""


class Batches:
    """`places` are the bot's for actions: a batch has one already, and takes more for its builds. `changed` is told an execution whose
    batch goes on: live pages hear of it.
    """

    def __init__(
        self,
        builder: Builder,
        trees: WorkTrees,
        handover: Handover,
        store: Store,
        logs: BatchLogs,
        places: asyncio.Semaphore,
        clock: Clock,
        log_limit: int,
    ) -> None:
        self.changed: Callable[[str], None] = lambda _: None
        self._builder = builder
        self._trees = trees
        self._handover = handover
        self._store = store
        self._logs = logs
        self._places = places
        self._clock = clock
        self._log_limit = log_limit
        self._running: dict[str, Running] = {}

    async def perform(self, context: ActionContext, seconds: float) -> ActionOutcome:
        """All its builds together have so many `seconds`."""
        run, before = await self._record(context)
        with self._log(context.job) as tell:
            try:
                if not run.builds:
                    run = replace(run, phase=BatchPhase.DOWNLOAD_BATCHSPEC)
                    await self._keep(run)
                batch = await self._batch(context)
                owned = _owned(context, batch)
            except (SpecInvalid, *REFUSED) as error:
                return await self._refused(run, error, tell)
            if not run.builds:
                run = plan.begin(batch, run, before)
                tell([*words.begun(batch, run)])
            run = replace(run, phase=BatchPhase.IN_PROGRESS)
            running = self._runs(context, batch, run, owned, run.started_at + seconds, tell)
            self._running[context.job] = running
            try:
                await running.change(run)
                await running.work_off()
                if running.abandoned:
                    return ActionOutcome(ActionStatus.ABANDONED, run.started_at, "abandoned")
                ending = Ending(
                    context, running, self._handover, self._store, self._clock, self._trees.folder(context.job)
                )
                return await ending.outcome(before, tell)
            finally:
                del self._running[context.job]

    async def abandon(self, job: str) -> None:
        running = self._running.get(job)
        if running is not None:
            await running.stop()
        await asyncio.gather(*(self._builder.abandon(build) for build in self.below(job)))

    def below(self, job: str) -> list[str]:
        """The names of all builds of the job's batch that have folders."""
        return [build for build in self._trees.below(job) if _OF_BATCH.fullmatch(build)]

    async def _record(self, context: ActionContext) -> tuple[BatchRun, BatchRun | None]:
        """How far this attempt is, and the one before where a retry is of what failed (BAT-9)."""
        stage, action = context.stage.name, context.action.name
        kept = [
            one for one in await self._store.batches(context.execution.id) if (one.stage, one.action) == (stage, action)
        ]
        mine = [resumed(one) for one in kept if one.attempt == context.attempt]
        earlier = [one for one in kept if one.attempt < context.attempt]
        failed_only = context.execution.stage_run(stage).retry_mode is RetryMode.FAILED_ACTIONS
        run = mine[0] if mine else BatchRun(context.execution.id, stage, action, context.attempt, self._clock.now())
        return run, earlier[-1] if earlier and failed_only else None

    async def _batch(self, context: ActionContext) -> Batch:
        """Raises SpecInvalid, and what keeps a build from beginning."""
        work = _work(context)
        folder = Path()
        if not is_inline(work.buildspec):
            self._handover.check(context)
            folder = await self._trees.prepare(context.job, tree_of(context.execution, context.pipeline))
            await self._handover.bring(context, folder)
        source = next(iter(places(context, folder).values()))
        reading = await asyncio.to_thread(load, work.buildspec, source)
        if reading.buildspec is None or reading.buildspec.batch is None:
            raise SpecInvalid("The buildspec has no `batch`. Write one, or remove `batch: true` from the action.")
        return reading.buildspec.batch

    async def _refused(self, run: BatchRun, error: Exception, tell: Tell) -> ActionOutcome:
        await self._keep(replace(run, phase=BatchPhase.FAILED, ended_at=self._clock.now()))
        problems = [str(problem) for problem in error.problems] if isinstance(error, SpecInvalid) else []
        tell(problems or [str(error)])
        why = ErrorCode.CONFIGURATION if isinstance(error, SpecInvalid) else code(error)
        return ActionOutcome(ActionStatus.FAILED, run.started_at, str(error), why)

    def _runs(
        self,
        context: ActionContext,
        batch: Batch,
        run: BatchRun,
        owned: Mapping[str, str],
        deadline: float,
        tell: Tell,
    ) -> Running:
        async def tail(job: str) -> str:
            return await self._logs.tail(job, LAST_LINES)

        return Running(
            batch,
            run,
            self._builder,
            self._places,
            self._clock,
            self._keep,
            partial(self._order, context, batch, owned, deadline),
            partial(self._keep_reports, context),
            tell,
            tail,
        )

    def _order(
        self, context: ActionContext, batch: Batch, owned: Mapping[str, str], deadline: float, build: BatchBuild
    ) -> Order:
        work, outputs, name = _work(context), context.action.outputs, build.identifier
        place = plan.place_of(batch, name)
        env = {"CODEBUILD_BATCH_BUILD_IDENTIFIER": name}
        if batch.shards:
            env |= {"PENSTOCK_SHARD": str(place), "PENSTOCK_SHARDS": str(len(batch.builds))}

        async def aside(roots: Mapping[str, tuple[Path, Sequence[str]]]) -> Mapping[str, Artifact]:
            await set_aside(roots, self._trees.folder(context.job) / "sets" / name)
            return {}

        return Order(
            context,
            batch_job_id(context.job, place),
            build.buildspec or work.buildspec,
            (lambda spec: all_outputs(spec, next(iter(outputs.values()))))
            if work.combine_artifacts
            else (lambda _: own_outputs(outputs, owned, name)),
            aside if work.combine_artifacts else partial(self._handover.keep_from, context),
            deadline - self._clock.now(),
            references=not build.buildspec and is_inline(work.buildspec),
            batch=True,
            variables=build.variables,
            env=env,
        )

    async def _keep_reports(self, context: ActionContext, build: BatchBuild, built: Built) -> None:
        """Each build's of their own, so that they are not lost when the batch goes on in a later life."""
        if built.reports:
            own = replace(
                context, action=replace(context.action, name=words.report_name(context.action.name, build.identifier))
            )
            await keep(self._store, own, built.reports, built.earlier, self._clock.now())

    async def _keep(self, run: BatchRun) -> None:
        await self._store.keep_batch(run)
        self.changed(run.execution)

    @contextmanager
    def _log(self, key: str) -> Iterator[Tell]:
        """Open for as long as the batch goes on: whoever follows it is told to the end."""
        log = self._logs.open(key, self._log_limit, ())
        try:
            yield lambda lines: log.write("".join(f"[Batch] {line}\n" for line in lines).encode())
        finally:
            log.close()


def _work(context: ActionContext) -> Build:
    assert isinstance(context.action.work, Build)  # noqa: S101  the runner chose this type by the work's kind
    return context.action.work


def _owned(context: ActionContext, batch: Batch) -> Mapping[str, str]:
    """By output the build that makes it. Raises ArtifactError."""
    if _work(context).combine_artifacts:
        return {}
    return owners(context.action.outputs, [build.identifier for build in batch.builds])
