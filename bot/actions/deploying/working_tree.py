"""Deployments of a working tree, for `penstock run`: what is told of them names no commit that they are not. How one goes on is the forms' affair."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.actions.deploying import Attempt, DeployForm, Refusal
from bot.model.execution import Execution
from bot.ports import ActionOutcome

NO_COMMIT = "working-tree"
"""Stands for the commit of a folder that has none."""


def named(execution: Execution, *, differs: bool) -> str:
    """The tree for people who read of it elsewhere: `web@1a2b3c4`, `web@1a2b3c4-dirty` where it `differs`, `web` where it has no commit."""
    name, commit = execution.lane.repository.full_name, execution.revision.commit
    return f"{name}@{commit[:7]}{'-dirty' if differs else ''}" if commit else name


class OfWorkingTree:
    """`form` with the commit as `git describe --dirty` has it, where the tree `differs` from its commit; any commit's name stands for itself."""

    def __init__(self, form: DeployForm, differs: Callable[[], Awaitable[bool]]) -> None:
        self._form = form
        self._differs = differs

    @property
    def refusals(self) -> Mapping[type[Exception], Refusal]:
        return self._form.refusals

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        context = attempt.context
        commit = context.execution.revision.commit
        if not commit:
            commit = NO_COMMIT
        elif await self._differs():
            commit += "-dirty"
        revision = replace(context.execution.revision, commit=commit)
        told = replace(context, execution=replace(context.execution, revision=revision))
        return await self._form.deploy(replace(attempt, context=told))

    async def stop(self, job: str) -> None:
        await self._form.stop(job)
