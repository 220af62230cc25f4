"""The engine: one event at a time a lane, many lanes side by side. Load, decide, commit, hand out the effects; nothing else.

What is decided is `bot.core`'s affair, how it is kept the store's, how effects are performed the outbox's.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

import structlog

from bot.core.decide import decide
from bot.core.draft import Decision
from bot.core.events import Event, StartRequested
from bot.locks import Locks
from bot.model.execution import Execution, LaneKey
from bot.model.lane import LaneState
from bot.model.pipeline import Pipeline
from bot.ports import Commit, ConcurrentChange, OutboxEntry, Store, StoreUnavailable

log = structlog.get_logger(__name__)

LANES_KEPT = 512
EXECUTIONS_KEPT = 2048


class Ordered(Protocol):
    """Who is given the effects of a decision, once they are durable."""

    def order(self, entries: Sequence[OutboxEntry]) -> None: ...

    def doubt(self) -> None:
        """What was ordered last may be in the store, although nobody was told."""


Watch = Callable[[Execution | None, Execution, Pipeline], None]
"""Told of every change of an execution once it is durable: how it was (None: it is new), how it is, and what it runs."""


class Engine:
    """Tells lanes their events. What it keeps in memory is only a copy of what the store has.

    `decided` is told the id of each lane about which something was decided: a hold changes no execution.
    """

    def __init__(
        self, store: Store, outbox: Ordered, watch: Watch, decided: Callable[[str], None] = lambda _lane: None
    ) -> None:
        self._store = store
        self._decided = decided
        self._outbox = outbox
        self._watch = watch
        self._turns: Locks[str] = Locks()
        """A lane's decisions come one after another."""
        self._lanes: OrderedDict[str, LaneState] = OrderedDict()
        self._executions: OrderedDict[str, tuple[Execution, Pipeline]] = OrderedDict()

    async def tell(self, lane: LaneKey, event: Event, settles: tuple[str, ...] = ()) -> Decision | None:
        """Tell the lane an event. When this returns, what follows is durable. None: the lane had been told before.

        `settles` names outbox entries that are done with this event, in the same transaction.
        """
        async with self._turns[lane.id]:
            while True:
                state = await self._load(lane)
                if isinstance(event, StartRequested):  # what starts is called as its repository is by now
                    state = replace(state, key=lane)
                decision = decide(state, event)
                commit = Commit(lane, event, state, decision.state, decision.effects, settles, decision.retired)
                with suppress(ConcurrentChange):
                    entries = await self._commit(commit)
                    break
                self._lanes.pop(lane.id, None)
        if entries is None:
            return None
        self._publish(state, decision, event)
        self._decided(lane.id)
        self._outbox.order(entries)
        return decision

    async def lane(self, lane: LaneKey) -> LaneState:
        """The lane's live state as it stands."""
        async with self._turns[lane.id]:
            return await self._load(lane)

    async def execution(self, execution: str) -> tuple[Execution, Pipeline] | None:
        """An execution as it stands, live or ended, and the pipeline it runs."""
        known = self._executions.get(execution)
        return known or await self._store.execution(execution)

    def known(self, execution: str) -> Execution | None:
        """The execution as last decided, when it is still in memory."""
        known = self._executions.get(execution)
        return known[0] if known else None

    async def _load(self, lane: LaneKey) -> LaneState:
        state = self._lanes.get(lane.id)
        if state is None:
            state = await self._store.load_lane(lane)
            self._keep(lane, state)
        self._lanes.move_to_end(lane.id)
        return state

    async def _commit(self, commit: Commit) -> Sequence[OutboxEntry] | None:
        try:
            entries = await self._store.commit(commit)
        except BaseException as error:
            # Whether it was written is unknown (a full disk, a cancelled wait): what is on disk is the truth.
            self._lanes.pop(commit.lane.id, None)
            for execution in commit.before.executions:
                self._executions.pop(execution, None)
            if isinstance(error, StoreUnavailable):
                self._outbox.doubt()
            raise
        if entries is not None:
            self._keep(commit.lane, commit.after)
        return entries

    def _keep(self, lane: LaneKey, state: LaneState) -> None:
        self._lanes[lane.id] = state
        if len(self._lanes) > LANES_KEPT:
            self._lanes.popitem(last=False)

    def _publish(self, before: LaneState, decision: Decision, event: Event) -> None:
        definitions = {**before.definitions, **decision.state.definitions}
        if isinstance(
            event, StartRequested
        ):  # what it started may have been superseded at once, and so be live no more
            definitions[event.pipeline.digest] = event.pipeline
        for execution in (*decision.state.executions.values(), *decision.retired):
            old = before.executions.get(execution.id)
            if old is execution:
                continue
            pipeline = definitions[execution.definition]
            self._executions[execution.id] = (execution, pipeline)
            self._executions.move_to_end(execution.id)
            self._watch(old, execution, pipeline)
        while len(self._executions) > EXECUTIONS_KEPT:
            self._executions.popitem(last=False)
