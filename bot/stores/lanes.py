"""A lane's rows: its live state read, and one decision written. Transactions, threads and caches of pages are not here."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from bot.model.execution import Execution, LaneKey
from bot.model.lane import LaneState
from bot.model.pipeline import Pipeline
from bot.ports import Commit, ConcurrentChange, OutboxEntry
from bot.stores import codec, outbox, successes
from bot.stores.decided import definition_of, touched, without_definition
from bot.stores.definitions import Definitions
from bot.stores.repositories import Repositories
from bot.stores.statements import Statement, Transaction
from bot.stores.tables import LIVE, executions, history, history_executions, lanes

_taken = sa.exists().where(history.c.lane == lanes.c.lane, history.c.event == sa.bindparam("event"))
SLOTS = Statement(sa.select(lanes.c.lane, lanes.c.slots).where(lanes.c.key == sa.bindparam("wanted")))
FIND = Statement(sa.select(lanes.c.lane, lanes.c.version, _taken).where(lanes.c.key == sa.bindparam("wanted")))
LIVE_ONES = Statement(
    sa.select(executions.c.body)
    .where(LIVE, executions.c.lane == sa.bindparam("wanted"))
    .order_by(executions.c.sequence)
)
_ADD_LANE = Statement(sa.insert(lanes).returning(lanes.c.lane))
_CHANGE_LANE = Statement(
    sa.update(lanes)
    .values(slots=sa.bindparam("new_slots"), version=lanes.c.version + 1)
    .where(lanes.c.lane == sa.bindparam("wanted"), lanes.c.version == sa.bindparam("loaded"))
)
_ADD_EVENT = Statement(sa.insert(history).returning(history.c.sequence))
_LINK = Statement(sa.insert(history_executions))
_ADD_EXECUTION = Statement(sa.insert(executions))
_CHANGE_EXECUTION = Statement(
    sa.update(executions)
    .values(status=sa.bindparam("now"), live=sa.bindparam("lives"), body=sa.bindparam("written"))
    .where(executions.c.id == sa.bindparam("wanted"))
)

LANES_REMEMBERED = 256


def read_lane(transaction: Transaction, definitions: Definitions, lane: LaneKey) -> LaneState:
    row = transaction.one(SLOTS, wanted=lane.id)
    if row is None:
        return LaneState(lane)
    live = [codec.EXECUTION.decode(body) for (body,) in transaction.all(LIVE_ONES, wanted=row[0])]
    return LaneState(
        lane,
        {execution.id: execution for execution in live},
        codec.SLOTS.decode(row[1]),
        {digest: definitions.read(transaction, digest) for digest in {e.definition for e in live}},
    )


def was_told(transaction: Transaction, lane: LaneKey, event: str) -> bool:
    found = transaction.one(FIND, wanted=lane.id, event=event)
    return found is not None and bool(found[2])


@dataclass(frozen=True, slots=True)
class _Written:
    """What a commit of ours left a lane as, with the version that says whether it still is."""

    version: int
    state: LaneState


class LaneWriter:
    """Writes decisions, in the writer's thread."""

    def __init__(self, definitions: Definitions, repositories: Repositories) -> None:
        self._definitions = definitions
        self._repositories = repositories
        self._written: OrderedDict[str, _Written] = OrderedDict()

    def forget(self) -> None:
        """After a rollback: what was written last is not there."""
        self._written.clear()

    def write(self, transaction: Transaction, commit: Commit) -> list[OutboxEntry] | None:
        """Whether it is refused is known before anything is written: `Writer` relies on that."""
        key = commit.lane.id
        found = transaction.one(FIND, wanted=key, event=commit.event.id)
        if found is not None and found[2]:
            return None
        self._check(transaction, commit, None if found is None else found[1])
        lane, version = self._write_lane(transaction, commit, None if found is None else (found[0], found[1]))
        self._definitions.write(transaction, _definitions(commit))
        changed = self._write_executions(transaction, commit, lane)
        _write_event(transaction, commit, lane, changed)
        entries = outbox.write(transaction, key, commit.effects, commit.settles)
        self._remember(key, _Written(version, commit.after))
        return entries

    def _check(self, transaction: Transaction, commit: Commit, version: int | None) -> None:
        """Raises ConcurrentChange unless the lane is, in content, what was decided on."""
        if version is None:
            current = LaneState(commit.lane)
        else:
            known = self._written.get(commit.lane.id)
            if known is not None and known.version == version:
                current = known.state
            else:
                current = read_lane(transaction, self._definitions, commit.lane)
        before = commit.before
        if (before.executions, before.slots) != (current.executions, current.slots):
            raise ConcurrentChange(commit.lane.id)

    def _write_lane(self, transaction: Transaction, commit: Commit, found: tuple[int, int] | None) -> tuple[int, int]:
        slots = codec.SLOTS.encode(commit.after.slots)
        key = commit.lane
        if found is None:
            repository = self._repositories.row(transaction, key.repository)
            row = transaction.one(
                _ADD_LANE,
                key=key.id,
                repository=repository,
                pipeline=key.pipeline,
                ref=str(key.ref),
                version=1,
                slots=slots,
            )
            assert row is not None  # noqa: S101  RETURNING returns
            return row[0], 1
        lane, version = found
        if not transaction.run(_CHANGE_LANE, wanted=lane, loaded=version, new_slots=slots):
            raise ConcurrentChange(key.id)
        return lane, version + 1

    def _write_executions(self, transaction: Transaction, commit: Commit, lane: int) -> list[str]:
        """Write what is not as it was; the ids of those that the event changed come back."""
        before = commit.before.executions
        changed = []
        for execution, live in touched(commit):
            known = before.get(execution.id)
            body = codec.EXECUTION.encode(execution)
            if known is not None:
                transaction.run(
                    _CHANGE_EXECUTION, wanted=execution.id, now=execution.status.value, lives=live, written=body
                )
            else:
                self._add_execution(transaction, execution, live, lane, body)
            if known is not execution:
                changed.append(execution.id)
                successes.write(transaction, execution, known)
        return changed

    def _add_execution(self, transaction: Transaction, execution: Execution, live: bool, lane: int, body: str) -> None:
        key = execution.lane
        transaction.run(
            _ADD_EXECUTION,
            id=execution.id,
            number=execution.number,
            lane=lane,
            repository=self._repositories.row(transaction, key.repository),
            pipeline=key.pipeline,
            ref=str(key.ref),
            revision=execution.revision.commit,
            status=execution.status.value,
            live=live,
            started_at=execution.started_at,
            body=body,
            outside=execution.outside,
        )

    def _remember(self, key: str, written: _Written) -> None:
        self._written[key] = written
        self._written.move_to_end(key)
        if len(self._written) > LANES_REMEMBERED:
            self._written.popitem(last=False)


def _definitions(commit: Commit) -> Iterator[Pipeline]:
    yield from commit.after.definitions.values()
    brought = definition_of(commit.event)
    if brought is not None:
        yield brought


def _write_event(transaction: Transaction, commit: Commit, lane: int, changed: list[str]) -> None:
    event = commit.event
    body = codec.EVENT.encode(without_definition(event))
    row = transaction.one(_ADD_EVENT, lane=lane, event=event.id, body=body)
    assert row is not None  # noqa: S101  RETURNING returns
    named = getattr(event, "execution", "")
    concerned = dict.fromkeys([*changed, named] if named else changed)
    transaction.run_each(_LINK, [{"execution": execution, "history": row[0]} for execution in concerned])
