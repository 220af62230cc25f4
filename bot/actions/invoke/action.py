"""The `invoke` action: by what the file names, somebody else does its work."""

from collections.abc import Collection

from bot.actions.invoke.program import is_told
from bot.model.pipeline import Invoke
from bot.ports import ActionContext, ActionOutcome, ActionType


class InvokeAction:
    """`program` runs what the commit brings, `endpoint` asks over HTTP. `pipelines` is asked for what starts pipelines, where the
    runtime does not do that itself.
    """

    def __init__(self, endpoint: ActionType, program: ActionType, pipelines: ActionType | None = None) -> None:
        self._endpoint = endpoint
        self._program = program
        self._pipelines = pipelines

    async def perform(self, context: ActionContext) -> ActionOutcome:
        work = context.action.work
        if self._pipelines is not None and isinstance(work, Invoke) and "pipeline" in work.target:
            return await self._pipelines.perform(context)
        return await (self._program if is_told(work) else self._endpoint).perform(context)

    async def abandon(self, job: str) -> None:
        for each in (self._endpoint, self._program):
            await each.abandon(job)

    async def forget(self, job: str) -> None:
        for each in (self._endpoint, self._program):
            await each.forget(job)

    async def sweep(self, keep: Collection[str]) -> None:
        for each in (self._endpoint, self._program):
            await each.sweep(keep)
