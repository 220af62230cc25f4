"""What a batch has come to once its builds have: their artifacts, variables and reports as the action's, and one outcome (BAT-7, BAT-8)."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.actions.artifacts import Handover
from bot.actions.building.batch import plan, words
from bot.actions.building.batch.making import combine
from bot.actions.building.batch.merging import merged
from bot.actions.building.batch.running import Running
from bot.actions.building.reports import keep
from bot.actions.outputs import LIMIT, OutputsInvalid
from bot.model.artifact import Artifact
from bot.model.batch import BatchPhase, BatchRun, BuildStatus
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Build
from bot.model.results import ResultsSummary
from bot.ports import ActionContext, ActionOutcome, ArtifactError, Clock, Store
from bot.results import summary as summed_up


class Ending:
    """`folder` is the action's own, where the builds' sets of artifacts are."""

    def __init__(
        self, context: ActionContext, running: Running, handover: Handover, store: Store, clock: Clock, folder: Path
    ) -> None:
        self._context = context
        self._running = running
        self._handover = handover
        self._store = store
        self._clock = clock
        self._folder = folder

    async def outcome(self, before: BatchRun | None, tell: Callable[[Sequence[str]], None]) -> ActionOutcome:
        """`before`: the attempt whose builds were taken over. It is kept before it is told."""
        run = self._running.run
        bad, summary = plan.failed(run), words.summary(run)
        why = (bad[0].error or ErrorCode.JOB_FAILED) if bad else None
        artifacts: Mapping[str, Artifact] = {}
        outputs: Mapping[str, str] = {}
        try:
            artifacts = await self._artifacts(before)
            outputs = {} if bad else _outputs(run)
        except (ArtifactError, OutputsInvalid) as error:
            tell([str(error)])
            if not bad:
                summary, why = str(error), ErrorCode.CONFIGURATION
        status = ActionStatus.SUCCEEDED if why is None else ActionStatus.FAILED
        results = await self._results()
        phase = BatchPhase.SUCCEEDED if why is None else BatchPhase.FAILED
        await self._running.change(replace(self._running.run, phase=phase, ended_at=self._clock.now()))
        tell([f"{phase}: {summary}"])
        return ActionOutcome(
            status,
            run.started_at,
            summary,
            why,
            exit_status=0 if why is None else 1,
            outputs=outputs,
            artifacts=artifacts,
            results=results,
        )

    async def _artifacts(self, before: BatchRun | None) -> Mapping[str, Artifact]:
        """Raises ArtifactError: C9, a batch that succeeds has made all that it is to make."""
        work, run = self._context.action.work, self._running.run
        assert isinstance(work, Build)  # noqa: S101  the runner chose this type by the work's kind
        if work.combine_artifacts:
            return await self._combined(before)
        kept = {name: artifact for build in run.builds for name, artifact in build.artifacts.items()}
        missing = sorted(set(self._context.action.outputs) - set(kept))
        if missing and not plan.failed(run):
            raise ArtifactError(f"the artifact {', '.join(missing)} was not made: its build failed, which is ignored")
        return kept

    async def _combined(self, before: BatchRun | None) -> Mapping[str, Artifact]:
        """Of the builds that succeeded: what the attempt before has combined, and the sets of those since."""
        run, [name] = self._running.run, self._context.action.outputs
        good = run.those(BuildStatus.SUCCEEDED)
        if not good:
            return {}
        await self._running.change(replace(run, phase=BatchPhase.COMBINE_ARTIFACTS))
        into = self._folder / "combined"
        shutil.rmtree(into, ignore_errors=True)  # of a life that was killed over it
        if before is not None and before.combined is not None:
            await self._handover.unpack(self._context, before.combined, into)
        into.mkdir(parents=True, exist_ok=True)
        sets = {
            each.identifier: self._folder / "sets" / each.identifier for each in good if each.attempt == run.attempt
        }
        await combine(sets, into)
        kept = await self._handover.keep_from(self._context, {name: (into, ("**",))})
        await self._running.change(replace(self._running.run, combined=kept[name]))
        return kept

    async def _results(self) -> ResultsSummary | None:
        """The builds' reports as one record of the action."""
        context, run = self._context, self._running.run
        found = {(one.stage, one.action, one.attempt): one for one in await self._store.results(context.execution.id)}
        by_build = {
            build.identifier: record.results.reports
            for build in run.builds
            if (record := found.get((run.stage, words.report_name(run.action, build.identifier), build.attempt)))
        }
        if not by_build:
            return None
        reports = merged(by_build, shards=self._running.batch.shards)
        return summed_up(await keep(self._store, context, reports, (), self._clock.now()))


def _outputs(run: BatchRun) -> Mapping[str, str]:
    """Raises OutputsInvalid."""
    outputs = {name: value for build in run.builds for name, value in build.outputs.items()}
    if sum(len(name) + len(text.encode()) for name, text in outputs.items()) > LIMIT:
        raise OutputsInvalid(
            f"OutputVariablesSizeExceeded: the output variables of all builds are larger than {LIMIT} bytes in total"
        )
    return outputs
