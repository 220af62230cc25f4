"""What is stopped because the pull request that it ran for was closed, or goes to another branch now, or whose merge group is gone. What `/stop` stops is the comments' affair."""

from collections.abc import AsyncIterator, Iterator

from bot.core.events import StopRequested
from bot.core.triggers import is_for_target
from bot.model.delivery import Delivery
from bot.model.execution import Execution
from bot.model.host_event import MergeGroupChanged, PullRequestChanged
from bot.model.lane import LaneState
from bot.ports import Clock, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.case import ref_of
from bot.runtime.intake.starter import execution_id


class Stops:
    """Done twice for one delivery, it stops nothing else: what has been started for the delivery itself is left alone."""

    def __init__(self, store: Store, engine: Engine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    async def closed(self, delivery: Delivery, event: PullRequestChanged) -> None:
        """A closed pull request's executions have nobody to report to: they are stopped, what waits for an answer too."""
        merged = "merged" if event.pull_request.merged else "closed"
        async for state in self._lanes(event):
            # Handled again after a crash: what has been started for the closing itself is not to be stopped by it.
            own = execution_id(f"{delivery.key}:{state.key.pipeline}")
            if any(True for _ in _live(state)) and own not in state.executions:
                identity = f"{delivery.key}:closed:{state.key.pipeline}"
                await self._stop(state, identity, f"the pull request was {merged}")

    async def dissolved(self, delivery: Delivery, event: MergeGroupChanged) -> None:
        """A merge group that is gone waits for no answer: whatever it was made of is asked about anew, or merged."""
        async for state in self._lanes(event):
            if any(True for _ in _live(state)):
                reason = (
                    f"the merge queue has done with it: {event.reason}"
                    if event.reason
                    else "the merge queue has done with it"
                )
                await self._stop(state, f"{delivery.key}:dissolved:{state.key.pipeline}", reason)

    async def retargeted(self, delivery: Delivery, event: PullRequestChanged) -> None:
        """What its pipeline would not have run for the new target branch. Where it would, the triggers are asked anew."""
        target = event.pull_request.target_branch
        async for state in self._lanes(event):
            for execution in list(_live(state)):
                pipeline = state.definitions.get(execution.definition)
                moved = execution.revision.target_branch != target
                if moved and pipeline is not None and not is_for_target(pipeline, target):
                    reason = f"the pull request's target branch is {target} now"
                    await self._stop(state, f"{delivery.key}:retargeted:{execution.id}", reason, execution.id)

    async def _lanes(self, event: PullRequestChanged | MergeGroupChanged) -> AsyncIterator[LaneState]:
        for lane in await self._store.lanes(event.repository, ref_of(event)):
            yield await self._engine.lane(lane)

    async def _stop(self, state: LaneState, identity: str, reason: str, execution: str = "") -> None:
        now = self._clock.now()
        stop = StopRequested(identity, now, abandon=True, by=None, reason=reason, execution=execution)
        await self._engine.tell(state.key, stop)


def _live(state: LaneState) -> Iterator[Execution]:
    return (execution for execution in state.executions.values() if not execution.status.ended)
