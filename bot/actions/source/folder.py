"""Sources as `penstock run` has them: folders of this machine that whoever runs it names; there is no host to fetch from."""

from collections.abc import Collection, Mapping
from pathlib import Path

from bot.core.artifacts import identity
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.source import SourceRevision
from bot.ports import ActionContext, ActionOutcome, ArtifactError, Artifacts, Clock


class FolderSource:
    """`folders` by the names of the actions that they stand for."""

    def __init__(self, folders: Mapping[str, Path], artifacts: Artifacts, clock: Clock) -> None:
        self._folders = folders
        self._artifacts = artifacts
        self._clock = clock

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began, name = self._clock.now(), context.action.name
        folder = self._folders.get(name)
        if folder is None:
            words = f"penstock run fetches no further sources: give a folder in its place, --source {name}=FOLDER"
            return ActionOutcome(ActionStatus.FAILED, began, words, ErrorCode.CONFIGURATION)
        artifacts = {}
        try:
            for output, patterns in context.action.outputs.items():
                artifact = identity(context.execution.id, context.job, output)
                space = context.execution.artifact_space
                artifacts[output] = await self._artifacts.pack(space, artifact, folder, patterns)
        except ArtifactError as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), ErrorCode.CONFIGURATION)
        revision = SourceRevision(str(folder), str(folder), "a folder of this machine")
        return ActionOutcome(ActionStatus.SUCCEEDED, began, artifacts=artifacts, revision=revision)

    async def abandon(self, job: str) -> None: ...

    async def forget(self, job: str) -> None: ...

    async def sweep(self, keep: Collection[str]) -> None: ...
