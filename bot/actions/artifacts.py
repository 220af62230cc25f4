"""Artifacts as an action has them: its inputs as folders before it begins, its outputs kept when it has succeeded (ART-1, ART-4, ART-7)."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.core.artifacts import SOURCE, identity
from bot.model.artifact import Artifact
from bot.model.pipeline import Checkout
from bot.model.source import Reference
from bot.ports import ActionContext, ArtifactError, Artifacts, Sources

CLONE = ("run", "build", "test")
"""SRC-1: the kinds of action that take a reference to a commit."""

_WHOLE = Checkout(depth=0)


class Handover:
    """Brings artifacts to an action, and takes what it makes. An attempt's folder has its inputs below `inputs`."""

    def __init__(self, artifacts: Artifacts, sources: Sources) -> None:
        self._artifacts = artifacts
        self._sources = sources

    def check(self, context: ActionContext) -> None:
        """Before anything is done: raises ArtifactError where the action could keep nothing in the end."""
        self._artifacts.in_region(context.action.region)

    async def bring(self, context: ActionContext, folder: Path) -> None:
        """Raises ArtifactError, naming the artifact; StorageUnavailable."""
        artifacts = self._artifacts.in_region(context.action.region)
        for name, artifact in _inputs(context).items():
            place = folder / "inputs" / name
            if place.exists():
                continue  # from an earlier try at this very attempt, which got as far as making it ready
            coming = folder / "coming" / name
            await self._sources.remove(coming)  # of a life that was killed over it
            try:
                if artifact.reference is not None:
                    await self._clone(context, artifact.reference, coming)
                else:
                    await artifacts.unpack(artifact.space, artifact.id, coming)
            except ArtifactError as error:
                raise ArtifactError(f"the artifact {name} can't be had: {error}") from error
            place.parent.mkdir(exist_ok=True)
            coming.rename(place)

    async def unpack(self, context: ActionContext, artifact: Artifact, place: Path) -> None:
        """What was kept before, in a folder that is made here. Raises ArtifactError; StorageUnavailable."""
        await self._artifacts.in_region(context.action.region).unpack(artifact.space, artifact.id, place)

    async def _clone(self, context: ActionContext, reference: Reference, place: Path) -> None:
        """SRC-1: with its history, by those that may. Raises CommitUnavailable, HostRefused."""
        kind = context.action.work.kind
        if kind not in CLONE:
            raise ArtifactError(f"it is a reference to a commit, which a {kind} action does not clone: use format zip")
        await self._sources.fetch(reference.repository, [reference.commit], _WHOLE)
        await self._sources.check_out(reference.repository, reference.commit, _WHOLE, place)

    async def keep(self, context: ActionContext, root: Path) -> Mapping[str, Artifact]:
        """What the action's `outputs` choose below `root`. Raises ArtifactError, naming the artifact (C9); StorageUnavailable."""
        return await self.keep_from(
            context, {name: (root, patterns) for name, patterns in context.action.outputs.items()}
        )

    async def keep_from(
        self, context: ActionContext, roots: Mapping[str, tuple[Path, Sequence[str]]]
    ) -> Mapping[str, Artifact]:
        """For each output its own folder and what is chosen there. Raises as `keep`."""
        kept = {}
        artifacts = self._artifacts.in_region(context.action.region)
        for name, (root, patterns) in roots.items():
            series = f"{context.pipeline.name}/{name}"
            space = context.execution.artifact_space
            try:
                artifact = identity(context.execution.id, context.job, name)
                kept[name] = await artifacts.pack(space, artifact, root, patterns, series=series)
            except ArtifactError as error:
                raise ArtifactError(f"the artifact {name} can't be made: {error}") from error
        return kept


def places(context: ActionContext, folder: Path) -> Mapping[str, Path]:
    """Where each of the action's inputs is, in its order; the commit's checkout where it names none."""
    names = context.action.inputs or (SOURCE,)
    return {name: folder / "source" if name == SOURCE else folder / "inputs" / name for name in names}


def variable_name(artifact: str) -> str:
    """The environment variable that says where an input is."""
    return "PENSTOCK_INPUT_" + re.sub(r"[^A-Z0-9]", "_", artifact.upper())


def _inputs(context: ActionContext) -> Mapping[str, Artifact]:
    if not context.action.inputs:  # a rule's commands have none, and no record among the stage's actions
        return {}
    return context.execution.stage_run(context.stage.name).action(context.action.name).inputs
