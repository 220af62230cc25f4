"""`/hold` and `/release`: told to the lanes whose stage is meant, whether anything runs in them or not."""

from collections.abc import Mapping, Sequence

from bot.commands.command import Hold, Release
from bot.commands.gates import doors
from bot.core.events import HoldRequested, ReleaseRequested
from bot.core.refusal import Refusal
from bot.model.execution import LaneKey
from bot.model.host_event import CommentRef, ThreadKind
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, RefKind
from bot.ports import Clock, ExecutionFilter, Provider, Store
from bot.runtime.engine import Engine


class Gates:
    """Closes and opens transitions. Doing it again, in the next life, does nothing more: the lanes know the event's id."""

    def __init__(self, store: Store, providers: Mapping[str, Provider], engine: Engine, clock: Clock) -> None:
        self._store = store
        self._providers = providers
        self._engine = engine
        self._clock = clock

    async def tell(
        self, command: Hold | Release, identity: str, comment: CommentRef | None, by: Person, lanes: Sequence[LaneKey]
    ) -> Refusal | None:
        """Tell the lanes, which acknowledge the comment. `lanes` are the thread's own."""
        found = doors(command, await self._defined(await self.lanes(comment, lanes)))
        if isinstance(found, Refusal):
            return found
        for door in found:
            now = self._clock.now()
            if isinstance(command, Hold):
                hold = HoldRequested(identity, now, by, door.stage, command.reason, comment)
                await self._engine.tell(door.lane, hold)
            else:
                await self._engine.tell(door.lane, ReleaseRequested(identity, now, by, door.stage, comment))
        return None

    async def lanes(self, comment: CommentRef | None, lanes: Sequence[LaneKey]) -> Sequence[LaneKey]:
        """A merged pull request's own lanes are over: what it led to runs on its target branch, so that one's are meant."""
        if comment is not None and comment.thread.kind is ThreadKind.PULL_REQUEST:
            provider = self._providers[comment.repository.provider]
            found = await provider.pull_request(comment.repository, int(comment.thread.name))
            if found is not None and found.merged:
                return await self._store.lanes(comment.repository, Ref(RefKind.BRANCH, found.target_branch))
        return lanes

    async def _defined(self, lanes: Sequence[LaneKey]) -> Sequence[tuple[LaneKey, Pipeline]]:
        """Each with the definition that it ran last."""
        found = []
        for lane in lanes:
            newest = await self._store.executions(ExecutionFilter.of_lane(lane), 1)
            known = await self._engine.execution(newest[0].id) if newest else None
            found += [(lane, known[1])] if known else []
        return found
