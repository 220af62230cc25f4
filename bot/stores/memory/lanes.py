"""The live state of lanes and environments: loaded to decide, committed with what was decided."""

from collections.abc import Sequence

from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.model.execution import LaneKey
from bot.model.lane import LaneState
from bot.ports import (
    Commit,
    ConcurrentChange,
    EnvironmentCommit,
    OutboxEntry,
)
from bot.stores.decided import definition_of, touched
from bot.stores.memory.outbox import Outbox
from bot.stores.memory.tables import Lane, Record, identity


class Lanes(Outbox):
    async def load_lane(self, lane: LaneKey) -> LaneState:
        known = self._lanes.get(lane.id)
        return LaneState(lane) if known is None else _loaded(lane, known.state)

    async def commit(self, commit: Commit) -> Sequence[OutboxEntry] | None:
        known = self._lanes.get(commit.lane.id) or Lane(LaneState(commit.lane))
        if commit.event.id in known.events:
            return None
        before = commit.before
        if (before.executions, before.slots) != (known.state.executions, known.state.slots):
            raise ConcurrentChange(commit.lane.id)
        self._lanes[commit.lane.id] = Lane(commit.after, known.events | {commit.event.id})
        self._repositories.setdefault(identity(commit.lane.repository), (commit.lane.repository, ""))
        self._keep_definitions(commit)
        for execution, live in touched(commit):
            known_as = self._executions.get(execution.id)
            place = known_as.place if known_as else next(self._places)
            self._executions[execution.id] = Record(execution, live, place)
        self._history.append((commit.event, _concerned(commit)))
        return self._order(commit.lane.id, commit.effects, commit.settles)

    async def told(self, lane: LaneKey, event: str) -> bool:
        known = self._lanes.get(lane.id)
        return known is not None and event in known.events

    async def load_environment(self, key: EnvironmentKey) -> EnvironmentState:
        return self._environments.get(key.id, EnvironmentState(key))

    async def commit_environment(self, commit: EnvironmentCommit) -> Sequence[OutboxEntry]:
        key = commit.after.key
        if (await self.load_environment(key)).version != commit.before.version:
            raise ConcurrentChange(key.id)
        self._environments[key.id] = commit.after
        return self._order("", commit.effects, ())

    def _keep_definitions(self, commit: Commit) -> None:
        self._definitions.update(commit.after.definitions)
        brought = definition_of(commit.event)
        if brought is not None:
            self._definitions[brought.digest] = brought


def _loaded(lane: LaneKey, state: LaneState) -> LaneState:
    """As a database would give it back: only the definitions that live executions run."""
    used = {execution.definition for execution in state.executions.values()}
    definitions = {digest: pipeline for digest, pipeline in state.definitions.items() if digest in used}
    return LaneState(lane, dict(state.executions), dict(state.slots), definitions)


def _concerned(commit: Commit) -> frozenset[str]:
    before = commit.before.executions
    changed = {execution.id for execution, _ in touched(commit) if before.get(execution.id) is not execution}
    return frozenset(changed | {getattr(commit.event, "execution", "")} - {""})
