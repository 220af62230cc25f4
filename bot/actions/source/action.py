"""The `source` action: a revision of a further source becomes its artifact, its output variables, and its recorded revision (SRC-2).

Its result is an action's like any other; which revision, and in whose name, `bot.core.sources` says.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from bot.actions.job_folders import JobFolders
from bot.actions.source.kind import Asker, Fetched, SourceKind
from bot.core.artifacts import identity
from bot.core.sources import people, wanted
from bot.model.artifact import Artifact
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import SourceWork
from bot.model.source import Source
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Clock,
    SourceRefused,
    Sources,
    SourceUnavailable,
)


class SourceAction:
    """`kinds` by the name that the model gives them. `work_dir` holds a folder an attempt while its files are packed."""

    def __init__(
        self,
        kinds: Mapping[str, SourceKind],
        sources: Sources,
        artifacts: Artifacts,
        clock: Clock,
        work_dir: Path,
        timeout: float,
    ) -> None:
        self._kinds = kinds
        self._sources = sources
        self._artifacts = artifacts
        self._clock = clock
        self._folders = JobFolders(work_dir)
        self._timeout = timeout

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        work = context.action.work
        assert isinstance(work, SourceWork)  # noqa: S101  the runner chose this type by the work's kind
        timeout = context.action.timeout or self._timeout
        try:
            async with asyncio.timeout(timeout):
                outcome = await self._perform(context, work.source)
        except SourceRefused as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), ErrorCode.PERMISSION)
        except SourceUnavailable as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), ErrorCode.REVISION_UNAVAILABLE)
        except ArtifactError as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), ErrorCode.CONFIGURATION)
        except TimeoutError:
            late = f"not fetched within its timeout of {timeout:g} s"
            return ActionOutcome(ActionStatus.FAILED, began, late, ErrorCode.TIMEOUT)
        return replace(outcome, started_at=began)

    async def abandon(self, job: str) -> None:
        """It is cancelled, and leaves nothing that goes on."""

    async def forget(self, job: str) -> None:
        await self._sources.remove(self._folders.of(job))

    async def sweep(self, keep: Collection[str]) -> None:  # noqa: ARG002  whatever is half done is done again
        for folder in self._folders.left(()):
            await self._sources.remove(folder)

    async def _perform(self, context: ActionContext, source: Source) -> ActionOutcome:
        execution = context.execution
        asker = Asker(execution.lane.repository, people(execution))
        revision = wanted(execution, context.stage.name, context.action.name)
        folder = self._folders.of(context.job)
        await self._sources.remove(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            fetched = await self._kinds[source.kind].fetch(source, asker, revision, folder)
            artifacts = await self._kept(context, fetched, folder)
        finally:
            await self._sources.remove(folder)
        told = f"{fetched.revision.name} is {fetched.revision.short}"
        summary = f"{told}: {fetched.revision.summary}" if fetched.revision.summary else told
        return ActionOutcome(
            ActionStatus.SUCCEEDED,
            0.0,
            summary,
            outputs=fetched.variables,
            artifacts=artifacts,
            revision=fetched.revision,
        )

    async def _kept(self, context: ActionContext, fetched: Fetched, folder: Path) -> Mapping[str, Artifact]:
        kept = {}
        space = context.execution.artifact_space
        for name, patterns in context.action.outputs.items():
            artifact = identity(context.execution.id, context.job, name)
            if fetched.reference is not None:
                kept[name] = Artifact(space, artifact, 0, 0, 0, fetched.reference)
                continue
            series = f"{context.pipeline.name}/{name}"
            kept[name] = await self._artifacts.pack(space, artifact, folder, patterns, series=series)
        return kept
