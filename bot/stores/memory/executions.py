"""Executions and their history, as pages and commands look them up."""

import itertools
from dataclasses import replace

from bot.core.rollback import succeeded
from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.model.rollback import ExecutionType
from bot.ports import (
    SHORTEST_ID,
    ExecutionFilter,
    HistoryEntry,
)
from bot.stores.memory.tables import Record, Tables, identity, is_of


class Executions(Tables):
    async def lanes(self, repository: Repository, ref: Ref) -> list[LaneKey]:
        keys = (record.execution.lane for record in self._executions.values())
        names = {key.pipeline for key in keys if identity(key.repository) == identity(repository) and key.ref == ref}
        return [LaneKey(repository, name, ref) for name in sorted(names)]

    async def recent_lanes(self, repository: Repository, pipeline: str, limit: int, before: str = "") -> list[LaneKey]:
        newest_first: dict[str, LaneKey] = {}
        for record in reversed(self._executions.values()):
            key = record.execution.lane
            if identity(key.repository) == identity(repository) and pipeline in ("", key.pipeline):
                newest_first.setdefault(key.id, LaneKey(repository, key.pipeline, key.ref))
        ids = list(newest_first)
        if before and before not in ids:
            return []
        begin = ids.index(before) + 1 if before else 0
        return [newest_first[name] for name in ids[begin : begin + limit]]

    async def execution(self, execution: str) -> tuple[Execution, Pipeline] | None:
        record = self._executions.get(execution)
        return None if record is None else (record.execution, self._definitions[record.execution.definition])

    async def teller(self, repository: Repository, pipeline: str, commit: str) -> str:
        key = (*identity(repository), pipeline)
        ran = (record.execution for record in self._executions.values())
        found = [e for e in ran if is_of(e.lane, key) and e.revision.commit == commit]
        return max(found, key=lambda e: (not e.outside, e.number)).id if found else ""

    async def executions(self, which: ExecutionFilter, limit: int, before: str = "") -> list[Execution]:
        if before and before not in self._executions:
            return []
        newest_first = reversed(self._executions.values())
        if before:
            newest_first = itertools.dropwhile(lambda record: record.execution.id != before, newest_first)
            next(newest_first)
        wanted = (record.execution for record in newest_first if self._matches(record, which))
        return list(itertools.islice(wanted, limit))

    async def execution_called(self, lane: LaneKey, asked: str) -> Execution | None:
        mine = [r.execution for r in self._executions.values() if r.execution.lane.id == lane.id]
        by_number = [e for e in mine if str(e.number) == asked]
        by_id = [e for e in mine if len(asked) >= SHORTEST_ID and e.id.startswith(asked.lower())]
        return next(iter(by_number or by_id), None)

    async def succeeded(
        self, lane: LaneKey, stage: str, definition: str, limit: int, before: str = ""
    ) -> list[Execution]:
        which = replace(ExecutionFilter.of_lane(lane), succeeded_in=stage)
        found = await self.executions(which, len(self._executions), before)
        return [e for e in found if e.definition == definition and e.type is ExecutionType.STANDARD][:limit]

    async def history(self, execution: str) -> list[HistoryEntry]:
        return [
            HistoryEntry(sequence, event)
            for sequence, (event, concerned) in enumerate(self._history, 1)
            if execution in concerned
        ]

    def _matches(self, record: Record, which: ExecutionFilter) -> bool:
        lane = record.execution.lane
        repository = self._repositories[identity(lane.repository)][0]
        return (
            _asked_for(repository, which)
            and which.pipeline in ("", lane.pipeline)
            and which.ref in ("", str(lane.ref))
            and which.commit in ("", record.execution.revision.commit)
            and (record.live or not which.live)
            and (not which.succeeded_in or succeeded(record.execution, which.succeeded_in))
        )


def _asked_for(repository: Repository, which: ExecutionFilter) -> bool:
    if which.repository_id:
        return identity(repository) == (which.provider, which.repository_id)
    if which.repository:
        return which.repository == repository.full_name and which.provider in ("", repository.provider)
    return True
