"""Deployments of a working tree, for `penstock run`: what is told of them names no commit that they are not. How one goes on is the forms' affair."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from bot.actions.deploying.action import DeployForm
from bot.ports import ActionContext, ActionOutcome

NO_COMMIT = "working-tree"
"""Stands for the commit of a folder that has none."""


class OfWorkingTree:
    """`form` with the commit as `git describe --dirty` has it, where the tree `differs` from its commit; any commit's name stands for itself."""

    def __init__(self, form: DeployForm, differs: Callable[[], Awaitable[bool]]) -> None:
        self._form = form
        self._differs = differs

    @property
    def changed(self) -> Callable[[str], None]:
        return self._form.changed

    @changed.setter
    def changed(self, changed: Callable[[str], None]) -> None:
        self._form.changed = changed

    async def perform(self, context: ActionContext) -> ActionOutcome:
        commit = context.execution.revision.commit
        if not commit:
            commit = NO_COMMIT
        elif await self._differs():
            commit += "-dirty"
        revision = replace(context.execution.revision, commit=commit)
        return await self._form.perform(replace(context, execution=replace(context.execution, revision=revision)))

    async def abandon(self, job: str) -> None:
        await self._form.abandon(job)

    async def forget(self, job: str) -> None:
        await self._form.forget(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._form.sweep(keep)
