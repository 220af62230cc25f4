"""What a command is routed from and to: executions with their pipelines, and which of them is meant."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.commands.command import Order, Place
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Live:
    """An execution in a lane's live state, with the pipeline that it runs."""

    pipeline: Pipeline
    execution: Execution

    def actions(self) -> Iterator[Place]:
        for stage in self.pipeline.stages:
            for action in stage.actions:
                yield Place(self.pipeline.name, stage.name, action.name)


@dataclass(frozen=True, slots=True)
class Addressed:
    """One command for one execution, its place told from its words. A rerun has no execution: it makes one."""

    command: Order
    pipeline: str
    execution: Execution | None = None
