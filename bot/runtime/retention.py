"""Removes what has been over for long: executions with their logs and artifacts, and artifacts before them.

What may go, however old it is, `bot.core.retention` says. Files go before the rows that name them, and going twice is
harmless: killed in between, the next round finds the rows again and removes what is left.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import structlog

from bot.core.draft import Decision
from bot.core.events import RefEnded
from bot.core.retention import artifact_ids, indispensable
from bot.model.artifact import space_of
from bot.model.execution import Execution, LaneKey
from bot.model.lane import LaneState
from bot.ports import ArtifactError, Artifacts, Clock, ExecutionFilter, Logs, StorageUnavailable, Store
from bot.runtime.reported import statuses_of
from bot.runtime.rollbacks import PAGE, default, in_force

log = structlog.get_logger(__name__)

BATCH = 20
"""Executions that go in one transaction: some hundred rows, for which others who write wait some ten milliseconds."""

EVENTS = 200
"""Events, or comments, that are forgotten at once."""

DAY = 86400.0

Tell = Callable[[LaneKey, RefEnded], Awaitable[Decision | None]]
"""How a lane is told an event."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Days for which is kept what has been settled, or has ended; and how many of each lane's newest executions, None for any number."""

    deliveries: float = 30
    history: float = 365
    artifacts: float = 365
    history_count: int | None = None
    artifacts_count: int | None = None


class Retention:
    """One round at a time. `removed` counts executions since the start."""

    def __init__(self, store: Store, logs: Logs, artifacts: Artifacts, clock: Clock, kept: Kept, tell: Tell) -> None:
        self._store = store
        self._logs = logs
        self._artifacts = artifacts
        self._clock = clock
        self._kept = kept
        self._tell = tell
        self._forgotten_to = 0
        self._emptied: set[str] = set()
        self._uncollected: set[str] | None = None

    async def once(self) -> int:
        """Remove all that may go now; how many executions went. Raises StoreUnavailable."""
        round_ = _Round(self._clock.now(), await self._pending(), first=self._uncollected is None)
        if self._uncollected is None:  # a former life may have been killed before it collected
            known = [repository for repository, _ in await self._store.repositories()]
            self._uncollected = {space_of(each, outside=outside) for each in known for outside in (False, True)}
        removed = 0
        for part in (self._by_time, self._by_count):
            try:
                removed += await part(round_, self._uncollected)
            except (
                StorageUnavailable
            ) as error:  # what names them stays until they can be removed; nothing else waits for that
                log.warning("artifacts were not removed", reason=str(error))
        await self._collect(self._uncollected)
        await self._forget(round_.now)
        return removed

    async def _by_time(self, round_: "_Round", spaces: set[str]) -> int:
        removed, place = 0, 0
        history = round_.now - self._kept.history * DAY
        artifacts = round_.now - min(self._kept.artifacts, self._kept.history) * DAY
        while page := await self._store.oldest_executions(BATCH, place):
            place, newest = page[-1]
            old = [e for _, e in page if _ended_before(e, history)]
            removed += await self._look(old, [e for _, e in page if _ended_before(e, artifacts)], round_, spaces)
            if newest.started_at > artifacts:
                break
        return removed

    async def _by_count(self, round_: "_Round", spaces: set[str]) -> int:
        """Those that are too many, whatever their age. Only what has not been looked at before is loaded."""
        counts = [count for count in (self._kept.history_count, self._kept.artifacts_count) if count is not None]
        if not counts:
            return 0
        worn = await self._store.surplus_executions(min(counts))
        over = (
            set(await self._store.surplus_executions(self._kept.history_count)) if self._kept.history_count else set()
        )
        left = [execution for execution in worn if execution in over or execution not in self._emptied]
        removed = 0
        for start in range(0, len(left), BATCH):
            found = [await self._store.execution(execution) for execution in left[start : start + BATCH]]
            page = [known[0] for known in found if known is not None and known[0].status.ended]
            removed += await self._look([e for e in page if e.id in over], page, round_, spaces)
        return removed

    async def _forget(self, now: float) -> None:
        """What lanes were told that changed no execution, what refs that are no more have heard last, and whose comments were on them."""
        before = now - max(self._kept.history, self._kept.deliveries) * DAY
        forgotten = EVENTS
        while forgotten == EVENTS:
            forgotten, self._forgotten_to = await self._store.forget_events(before, EVENTS, self._forgotten_to)
        await self._store.forget_intakes(before)
        while await self._store.forget_comments(before, EVENTS) == EVENTS:
            pass

    async def _collect(self, spaces: set[str]) -> None:
        for space in sorted(spaces):
            try:
                await self._artifacts.collect(space)
            except (ArtifactError, StorageUnavailable) as error:
                log.warning("artifacts were not collected", space=space, reason=str(error))
            else:
                spaces.discard(space)

    async def _pending(self) -> set[str]:
        """Executions of which something is still to be done, or told."""
        entries = await self._store.pending_effects(float("inf"))
        return {getattr(entry.effect, "execution", "") for entry in entries}

    async def _look(
        self, old: Collection[Execution], worn: Collection[Execution], round_: "_Round", spaces: set[str]
    ) -> int:
        """Remove what may go of the old ones, and the artifacts of the worn ones."""
        doomed = [e for e in old if await self._may_go(e, round_)]
        for execution in doomed:
            await self._logs.remove(execution.id)
        gone = {execution.id for execution in doomed}
        for execution in (*doomed, *(e for e in worn if e.id not in gone)):
            if execution.id in gone or await self._may_go(execution, round_):
                await self._empty(execution, round_, spaces)
        if not doomed:
            return 0
        self._emptied -= gone
        return await self._store.remove_executions(gone, await self._reported(doomed, gone))

    async def _empty(self, execution: Execution, round_: "_Round", spaces: set[str]) -> None:
        if execution.id in self._emptied:
            return
        known = await self._store.execution(execution.id)
        space = execution.artifact_space
        ids = artifact_ids(*known) if known is not None else frozenset()
        if round_.first:  # a former life has removed most of them: that is seen at one look
            if space not in round_.held:
                round_.held[space] = await self._artifacts.held(space)
            ids &= round_.held[space]
        if ids:
            await self._artifacts.remove(space, sorted(ids))
            spaces.add(space)
        self._emptied.add(execution.id)

    async def _may_go(self, execution: Execution, round_: "_Round") -> bool:
        lane = execution.lane
        if execution.id in round_.pending:
            return False
        if lane.id not in round_.kept:
            round_.kept[lane.id] = await self._indispensable(lane, round_.now)
        return execution.id not in round_.kept[lane.id]

    async def _indispensable(self, lane: LaneKey, now: float) -> frozenset[str]:
        state = await self._store.load_lane(lane)
        newest = await self._store.executions(ExecutionFilter.of_lane(lane), PAGE)
        brought_back = await self._store.rollback_targets(lane)
        if await self._is_over(lane, now):
            state = await self._store.load_lane(lane)
            return indispensable(state, newest, brought_back, over=True) | await self._last_number(lane)
        stages = {*state.slots, *(run.name for each in newest for run in each.stages)}
        return indispensable(state, newest, {*brought_back, *await self._targets(lane, state, stages)})

    async def _targets(self, lane: LaneKey, state: LaneState, stages: Collection[str]) -> set[str]:
        """What a rollback of each stage would go to: after a failure the latest success, by hand the one before what is there now."""
        force = await in_force(self._store, lane)
        if force is None:
            return set()
        found = {force.id}
        for stage in stages:
            slot = state.slots.get(stage)
            latest = await self._store.execution(slot.latest) if slot is not None and slot.latest else None
            last = await self._store.succeeded(lane, stage, force.definition, 1)
            by_hand = await default(self._store, lane, stage, force.definition, latest[0] if latest else None)
            found |= {each.id for each in (*last, by_hand) if each is not None}
        return found

    async def _is_over(self, lane: LaneKey, now: float) -> bool:
        """Whether the lane's ref was deleted, or its pull request closed, as long ago as history is kept.

        Then what was kept live for a retry is let go of, once nothing runs any more.
        """
        last = await self._store.intake(lane.repository, lane.ref)
        if last is None or not last.is_last or last.at > now - self._kept.history * DAY:
            return False
        live = (await self._store.load_lane(lane)).executions.values()
        if not all(execution.status.ended for execution in live):
            return False
        if live:
            await self._tell(lane, RefEnded(f"over:{last.at}", now))
        return True

    async def _last_number(self, lane: LaneKey) -> frozenset[str]:
        """The pipeline's newest execution, of whichever ref: numbers go on from it."""
        repository = lane.repository
        which = ExecutionFilter("", lane.pipeline, provider=repository.provider, repository_id=repository.id)
        return frozenset(each.id for each in await self._store.executions(which, 1))

    async def _reported(self, doomed: Collection[Execution], gone: Collection[str]) -> list[str]:
        """The statuses of commits that no other execution is of."""
        commits = defaultdict(set)
        for execution in doomed:
            commits[execution.lane.repository].add(execution.revision.commit)
        found = []
        for repository, theirs in commits.items():
            for commit in sorted(theirs):
                others = await self._store.executions(ExecutionFilter.of_commit(repository, commit), BATCH + 1)
                if all(other.id in gone for other in others):
                    found.append(statuses_of(repository, commit))
        return found


class _Round:
    """What one round has found out: of which executions something is pending, what stays, by lane, and which artifacts there are, by space.

    `first`: of this life of the bot.
    """

    def __init__(self, now: float, pending: Collection[str], *, first: bool) -> None:
        self.now = now
        self.pending = pending
        self.first = first
        self.kept: dict[str, frozenset[str]] = {}
        self.held: dict[str, set[str]] = {}


def _ended_before(execution: Execution, limit: float) -> bool:
    return execution.status.ended and (execution.ended_at or execution.updated_at) <= limit
