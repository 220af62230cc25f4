"""What is deployed, brought to this machine: the first of the action's inputs, or else the commit's files, without any history."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.worktrees import WorkTrees, tree_of
from bot.core.artifacts import SOURCE
from bot.model.deployment import Bundle
from bot.ports import ActionContext, Artifacts, Sources


class Revisions:
    """Below `work_dir`, a folder an attempt until its end is told. `former` are folders that older versions used for the same."""

    def __init__(self, work_dir: Path, sources: Sources, artifacts: Artifacts, former: Sequence[Path] = ()) -> None:
        self._trees = WorkTrees(work_dir, sources)
        self._sources = sources
        self._artifacts = artifacts
        self._handover = Handover(artifacts, sources)
        self._former = former

    async def bring(self, context: ActionContext) -> Path:
        """Whole, and the same however often it is asked for. Raises CommitUnavailable, HostRefused, HostUnavailable, ArtifactError, StorageUnavailable."""
        wanted = None
        if SOURCE in (context.action.inputs or (SOURCE,)):
            wanted = tree_of(context.execution, context.pipeline)
            wanted = replace(wanted, checkout=replace(wanted.checkout, format="zip"))
        folder = await self._trees.prepare(context.job, wanted)
        await self._handover.bring(context, folder)
        return next(iter(places(context, folder).values()))

    async def bring_again(self, context: ActionContext, bundle: Bundle) -> Path:
        """What an earlier deployment deployed, made anew beside what this one does. Raises as `bring`."""
        folder = self.folder(context.job) / "rollback"
        await self._sources.remove(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if bundle.artifact:
            await self._artifacts.unpack(bundle.space, bundle.artifact, folder)
            return folder
        repository, checkout = context.execution.lane.repository, replace(context.pipeline.checkout, format="zip")
        await self._sources.fetch(repository, [bundle.commit], checkout)
        await self._sources.check_out(repository, bundle.commit, checkout, folder)
        return folder

    def folder(self, job: str) -> Path:
        """The attempt's own, for more that is to be found again by the next life of the bot."""
        return self._trees.folder(job)

    def remove_later(self, job: str) -> None:
        self._trees.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        for folder in self._former:
            await self._sources.remove(folder)
        await self._trees.sweep(keep)

    async def close(self) -> None:
        await self._trees.close()


def bundle_of(context: ActionContext, appspec: str = "") -> Bundle:
    """By which it can be had again."""
    inputs = context.execution.stage_run(context.stage.name).action(context.action.name).inputs
    artifact = next((inputs[name] for name in context.action.inputs[:1] if name != SOURCE), None)
    commit = context.execution.revision.commit
    return Bundle(commit, appspec, artifact.space, artifact.id) if artifact else Bundle(commit, appspec)
