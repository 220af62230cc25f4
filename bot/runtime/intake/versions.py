"""Versions of definitions: a push to a pipeline's home branch that changes its content makes a new one, and its lane is told."""

from collections.abc import Sequence

from bot.core.events import DefinitionChanged
from bot.model.execution import LaneKey
from bot.model.host_event import Pushed
from bot.model.pipeline import Pipeline
from bot.ports import Clock, Store
from bot.runtime.engine import Engine


class Versions:
    """Counts them. What a pull request or another branch defines is its own affair (VER-9)."""

    def __init__(self, store: Store, engine: Engine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    async def pushed(self, event: Pushed, cause: str, pipelines: Sequence[Pipeline]) -> None:
        """The pipelines at home on the branch, before anything is started: the push that brings a change runs under the new version.

        Done again after a crash, the version is still known to be this delivery's, and the lane is told for certain.
        """
        for pipeline in pipelines:
            version = await self._store.record_version(event.repository, pipeline, cause)
            if version.cause == cause and version.number > 1:
                identity = f"{cause}:{pipeline.name}:definition"
                changed = DefinitionChanged(identity, self._clock.now(), pipeline, version.number)
                await self._engine.tell(LaneKey(event.repository, pipeline.name, event.ref), changed)
