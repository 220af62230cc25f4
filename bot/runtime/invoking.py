"""The `invoke` action that starts another pipeline of the commit (INV-2): it succeeds as soon as that one has started.

It is an action like the others, but it needs the loops and no executor, so it is here. Other invocations are another type's.
"""

from collections.abc import Collection, Mapping

from bot.core.variables import Unresolved, resolver, substitute
from bot.messages.refusals import refusal_sentence
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus, Trigger, TriggerKind
from bot.model.pipeline import Invoke, Pipeline
from bot.ports import ActionContext, ActionOutcome, ActionType, Clock, CommitUnavailable, HostRefused, Store
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.starter import Start, Starter, execution_id


class InvokePipeline:
    """`others` sees to invocations of anything else."""

    def __init__(
        self,
        store: Store,
        definitions: DefinitionReader,
        starter: Starter,
        clock: Clock,
        others: ActionType | None,
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._starter = starter
        self._clock = clock
        self._others = others

    async def perform(self, context: ActionContext) -> ActionOutcome:
        target = _target(context)
        if not isinstance(target, Mapping) or "pipeline" not in target:
            assert self._others is not None  # noqa: S101  such a file is refused while nothing sees to it
            return await self._others.perform(context)
        began, name = self._clock.now(), str(target["pipeline"])
        try:
            value = resolver(context.pipeline, context.execution)
            variables = {key: substitute(text, value) for key, text in _texts(target.get("variables")).items()}
            pipelines = await self._beside(context)
        except (Unresolved, CommitUnavailable, HostRefused) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), ErrorCode.CONFIGURATION)
        wanted = next((each for each in pipelines if each.name == name), None)
        if wanted is None:
            words = f"there is no pipeline {name} in this commit"
            return ActionOutcome(ActionStatus.FAILED, began, words, ErrorCode.CONFIGURATION)
        return await self._start(context, wanted, pipelines, variables, began)

    async def abandon(self, job: str) -> None:
        """What was started runs on: it is nobody's part."""
        if self._others is not None:
            await self._others.abandon(job)

    async def forget(self, job: str) -> None:
        if self._others is not None:
            await self._others.forget(job)

    async def sweep(self, keep: Collection[str]) -> None:
        if self._others is not None:
            await self._others.sweep(keep)

    async def _beside(self, context: ActionContext) -> tuple[Pipeline, ...]:
        execution = context.execution
        found = await self._definitions.at(execution.lane.repository, execution.revision.commit)
        return found.pipelines

    async def _start(
        self,
        context: ActionContext,
        wanted: Pipeline,
        beside: tuple[Pipeline, ...],
        variables: Mapping[str, str],
        began: float,
    ) -> ActionOutcome:
        """The cause is the attempt's name: performed again it names the same execution, and a retry starts another."""
        execution = context.execution
        cause = f"invoke:{context.job}"
        detail = f"invoked by {context.pipeline.name} #{execution.number}: {context.stage.name}/{context.action.name}"
        start = Start(
            cause=cause,
            repository=execution.lane.repository,
            pipeline=wanted,
            revision=execution.revision,
            trigger=Trigger(TriggerKind.PIPELINE, execution.trigger.by, detail, execution.id),
            beside=beside,
            variables=variables,
        )
        refusal = await self._starter.start(start)
        if refusal is not None:
            return ActionOutcome(ActionStatus.FAILED, began, refusal_sentence(refusal), ErrorCode.CONFIGURATION)
        started = await self._store.execution(execution_id(cause))
        number = f" #{started[0].number}" if started else ""
        outputs = {"PipelineExecutionId": execution_id(cause)}
        return ActionOutcome(ActionStatus.SUCCEEDED, began, f"started {wanted.name}{number}", outputs=outputs)


def _target(context: ActionContext) -> object:
    work = context.action.work
    return work.target if isinstance(work, Invoke) else None


def _texts(value: object) -> Mapping[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}
