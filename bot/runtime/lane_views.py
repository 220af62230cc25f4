"""State views of lanes, as they are read from the store for pages and programs. What is in one is `bot.core.lane_view`'s."""

import asyncio
from collections.abc import Sequence

from bot.core.lane_view import Known, LaneView, mentioned, view
from bot.model.execution import LaneKey
from bot.model.lane import LaneState
from bot.model.repository import Repository
from bot.ports import ExecutionFilter, Store


async def lane_view(store: Store, lane: LaneKey) -> LaneView | None:
    """The lane as it stands; None when nothing is known of it."""
    state = await store.load_lane(lane)
    newest = await store.executions(ExecutionFilter.of_lane(lane), 1)
    if not newest:
        return None
    known = await _known(store, state, newest[0].id)
    return view(state, known[newest[0].id], known) if newest[0].id in known else None


async def recent_views(
    store: Store, repository: Repository, pipeline: str, limit: int, before: str = ""
) -> Sequence[LaneView]:
    """The lanes of a pipeline (of all: ""), that with the newest execution first; `before` is the last lane of the page before."""
    lanes = await store.recent_lanes(repository, pipeline, limit, before)
    return [found for found in await asyncio.gather(*(lane_view(store, lane) for lane in lanes)) if found]


async def _known(store: Store, state: LaneState, newest: str) -> Known:
    """Live executions are in the state already, with what they run."""
    live = {name: (each, state.definitions[each.definition]) for name, each in state.executions.items()}
    others = [name for name in {*mentioned(state), newest} if name not in live]
    found = await asyncio.gather(*(store.execution(name) for name in others))
    return {**live, **{known[0].id: known for known in found if known}}
