"""What is old enough to go."""

import itertools
from collections.abc import Collection

from bot.model.deployment import DeploymentStatus
from bot.model.execution import Execution, LaneKey
from bot.model.host_event import CommentRef
from bot.stores.decided import thread_of
from bot.stores.memory.tables import Tables, identity


class Retention(Tables):
    async def oldest_executions(self, limit: int, after: int = 0) -> list[tuple[int, Execution]]:
        found = ((record.place, record.execution) for record in self._executions.values() if record.place > after)
        return list(itertools.islice(found, limit))

    async def surplus_executions(self, kept: int) -> list[str]:
        lanes: dict[str, list[Execution]] = {}
        for record in self._executions.values():
            lanes.setdefault(record.execution.lane.id, []).append(record.execution)
        newest = {each.id for mine in lanes.values() for each in mine[-kept:]}
        return [r.execution.id for r in self._executions.values() if not r.live and r.execution.id not in newest]

    async def rollback_targets(self, lane: LaneKey) -> set[str]:
        mine = (r.execution for r in self._executions.values() if r.execution.lane.id == lane.id)
        return {each.rollback.target for each in mine if each.rollback is not None}

    async def forget_events(self, before: float, limit: int, after: int = 0) -> tuple[int, int]:
        unlinked = [(place, event) for place, (event, of) in enumerate(self._history, 1) if not of]
        old = list(itertools.takewhile(lambda one: one[1].at <= before, unlinked))[:limit]
        gone = {event.id for _, event in old}
        self._history = [(event, of) for event, of in self._history if of or event.id not in gone]
        for lane in self._lanes.values():
            lane.events -= gone
        return len(old), after

    async def forget_intakes(self, before: float) -> int:
        used = {(*identity(r.execution.lane.repository), str(r.execution.lane.ref)) for r in self._executions.values()}
        old = [key for key, kept in self._intakes.items() if kept.is_last and kept.at <= before and key not in used]
        for key in old:
            del self._intakes[key]
        return len(old)

    async def forget_comments(self, before: float, limit: int) -> int:
        runs = [record.execution for record in self._executions.values()]
        alive = {(identity(run.lane.repository), str(run.lane.ref)) for run in runs}
        alive |= {(identity(run.lane.repository), run.revision.commit) for run in runs}
        for (provider, repository, ref), heard in self._intakes.items():
            alive |= {((provider, repository), ref), ((provider, repository), heard.commit)}
        kept = self._comments.items()
        old = [key for key, (comment, _, at) in kept if at <= before and _about(comment) not in alive][:limit]
        for key in old:
            del self._comments[key]
        return len(old)

    def _forget_deployments(self, execution: str) -> None:
        """What a rollback could bring back stays."""
        every = self._deployments.values()
        last: dict[str, float] = {}
        for one in every:
            if one.status is DeploymentStatus.SUCCEEDED:
                last[one.group] = max(one.created_at, last.get(one.group, 0.0))
        self._deployments = {
            one.id: one for one in every if one.execution != execution or one.created_at >= last.get(one.group, 0.0)
        }

    async def remove_executions(self, executions: Collection[str], reported: Collection[str]) -> int:
        gone = {name for name in executions if name in self._executions and not self._executions[name].live}
        over = {event.id for event, of in self._history if of and not of - gone}
        for name in gone:
            self._lanes[self._executions.pop(name).execution.lane.id].events -= over
            self._questions.pop(name, None)
            self._results = {key: kept for key, kept in self._results.items() if key[0] != name}
            self._annotations = {key: kept for key, kept in self._annotations.items() if key[0] != name}
            self._batches = {key: kept for key, kept in self._batches.items() if key[0] != name}
            self._forget_deployments(name)
        self._history = [(event, of - gone) for event, of in self._history if not of or of - gone]
        self._reported = {key: told for key, told in self._reported.items() if not key.startswith(tuple(reported))}
        used = {record.execution.definition for record in self._executions.values()}
        used |= {version.digest for versions in self._versions.values() for version in versions}
        self._definitions = {digest: known for digest, known in self._definitions.items() if digest in used}
        return len(gone)


def _about(comment: CommentRef) -> tuple[tuple[str, str], str]:
    return identity(comment.repository), thread_of(comment)
