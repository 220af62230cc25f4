"""One pipeline starting others: when its execution has succeeded, those of the same commit whose triggers name it, on the same ref."""

from bot.core.effects import StartFollowers
from bot.model.execution import Execution, Trigger, TriggerKind
from bot.model.pipeline import Pipeline
from bot.runtime.engine import Engine
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.starter import Start, Starter


class Followers:
    """Performs `StartFollowers`. A commit's pipelines can't start each other in a circle: such a file is refused."""

    def __init__(self, definitions: DefinitionReader, starter: Starter, engine: Engine) -> None:
        self._definitions = definitions
        self._starter = starter
        self._engine = engine

    async def start(self, effect: StartFollowers, key: str) -> bool:
        found = await self._engine.execution(effect.execution)
        if found is None:
            return False
        execution, leader = found
        definitions = await self._definitions.at(execution.lane.repository, execution.revision.commit)
        for pipeline in definitions.pipelines:
            if leader.name in pipeline.triggers.pipelines:
                await self._follow(execution, leader, pipeline, definitions.pipelines, key)
        return False

    async def _follow(
        self, execution: Execution, leader: Pipeline, pipeline: Pipeline, beside: tuple[Pipeline, ...], key: str
    ) -> None:
        detail = f"{leader.name} #{execution.number} succeeded"
        start = Start(
            cause=f"{key}:{pipeline.name}",
            repository=execution.lane.repository,
            pipeline=pipeline,
            revision=execution.revision,
            trigger=Trigger(TriggerKind.PIPELINE, execution.trigger.by, detail, execution.id),
            beside=beside,
        )
        await self._starter.start(start)
