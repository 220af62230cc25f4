"""`MemoryStore`: the store for tests. Nothing in it is durable; the contract suite holds it to the same behaviour as `SqlStore`."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.core.effects import Effect
from bot.core.events import Event
from bot.core.rollback import succeeded
from bot.model.annotation import AnnotationsRecord
from bot.model.batch import BatchRun
from bot.model.cache import CacheEntry
from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.model.execution import Execution, LaneKey
from bot.model.host_event import CommentRef, Thread
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.model.object_deployment import WrittenObjects
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, Repository
from bot.model.results import ResultsRecord
from bot.model.rollback import ExecutionType
from bot.model.server_deployment import DeploymentStatus, ServerDeployment
from bot.ports import (
    SHORTEST_ID,
    Commit,
    ConcurrentChange,
    DefinitionVersion,
    EnvironmentCommit,
    ExecutionFilter,
    HistoryEntry,
    OutboxEntry,
    Reported,
    Settled,
)
from bot.stores.decided import definition_of, entries, name_of, touched


@dataclass(slots=True)
class _Record:
    """An execution as it was last written, and its place in the order in which they began."""

    execution: Execution
    live: bool
    place: int


@dataclass(slots=True)
class _Lane:
    """A lane's state and the ids of the events that it has taken."""

    state: LaneState
    events: set[str] = field(default_factory=set)


class MemoryStore:
    """A `bot.ports.Store`. It outlives what uses it, so a test can stop a bot and start another on it."""

    def __init__(self) -> None:
        self._deliveries: dict[tuple[str, str], tuple[Delivery, DeliveryOutcome, str]] = {}
        self._lanes: dict[str, _Lane] = {}
        self._executions: dict[str, _Record] = {}
        self._definitions: dict[str, Pipeline] = {}
        self._history: list[tuple[Event, frozenset[str]]] = []
        self._results: dict[tuple[str, str, str, int], tuple[tuple[tuple[str, str], str], ResultsRecord]] = {}
        self._server_deployments: dict[str, ServerDeployment] = {}
        self._written_objects: dict[str, WrittenObjects] = {}
        self._batches: dict[tuple[str, str, str, int], BatchRun] = {}
        self._annotations: dict[tuple[str, str, str, int], AnnotationsRecord] = {}
        self._caches: dict[tuple[tuple[str, str], str, str, str, str], CacheEntry] = {}
        self._outbox: dict[str, OutboxEntry] = {}
        self._reported: dict[str, Reported] = {}
        self._repositories: dict[tuple[str, str], tuple[Repository, str]] = {}
        self._former_names: dict[tuple[str, str], tuple[str, str]] = {}
        self._gone: set[tuple[str, str]] = set()
        self._comments: dict[tuple[str, str], str] = {}
        self._seen_refs: dict[tuple[str, str], Mapping[Ref, str]] = {}
        self._intakes: dict[tuple[str, str, str], Intake] = {}
        self._environments: dict[str, EnvironmentState] = {}
        self._versions: dict[tuple[str, str, str], list[DefinitionVersion]] = {}
        self._questions: dict[str, tuple[tuple[str, str], Thread]] = {}
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._places = itertools.count(1)

    async def close(self) -> None: ...

    # --- deliveries ---

    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        return [self._add(delivery) for delivery in deliveries]

    def _add(self, delivery: Delivery) -> bool:
        key = (delivery.provider, delivery.id)
        if key in self._deliveries:
            return False
        self._deliveries[key] = (delivery, DeliveryOutcome.PENDING, "")
        return True

    async def pending_deliveries(self) -> list[Delivery]:
        return [delivery for delivery, outcome, _ in self._deliveries.values() if outcome is DeliveryOutcome.PENDING]

    async def known_deliveries(self, keys: Collection[str]) -> set[str]:
        return {key for key in keys if tuple(key.split(":", 1)) in self._deliveries}

    async def settle_deliveries(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            provider, _, name = one.key.partition(":")
            if (provider, name) in self._deliveries:
                self._deliveries[provider, name] = (self._deliveries[provider, name][0], one.outcome, one.reason)

    async def forget_deliveries(self, before: float, limit: int) -> int:
        settled = [key for key, (_, outcome, _) in self._deliveries.items() if outcome is not DeliveryOutcome.PENDING]
        old = [key for key in settled[:limit] if self._deliveries[key][0].received_at < before]
        for key in old:
            del self._deliveries[key]
        return len(old)

    # --- lanes ---

    async def load_lane(self, lane: LaneKey) -> LaneState:
        known = self._lanes.get(lane.id)
        return LaneState(lane) if known is None else _loaded(lane, known.state)

    async def commit(self, commit: Commit) -> Sequence[OutboxEntry] | None:
        known = self._lanes.get(commit.lane.id) or _Lane(LaneState(commit.lane))
        if commit.event.id in known.events:
            return None
        before = commit.before
        if (before.executions, before.slots) != (known.state.executions, known.state.slots):
            raise ConcurrentChange(commit.lane.id)
        self._lanes[commit.lane.id] = _Lane(commit.after, known.events | {commit.event.id})
        self._repositories.setdefault(_named(commit.lane.repository), (commit.lane.repository, ""))
        self._keep_definitions(commit)
        for execution, live in touched(commit):
            known_as = self._executions.get(execution.id)
            place = known_as.place if known_as else next(self._places)
            self._executions[execution.id] = _Record(execution, live, place)
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

    async def record_version(self, repository: Repository, pipeline: Pipeline, cause: str) -> DefinitionVersion:
        self._repositories.setdefault(_named(repository), (repository, ""))
        known = self._versions.setdefault((*_named(repository), pipeline.name), [])
        if not known or known[-1].digest != pipeline.digest:
            self._definitions[pipeline.digest] = pipeline
            known.append(DefinitionVersion(len(known) + 1, pipeline.digest, cause))
        return known[-1]

    async def version_of(self, repository: Repository, pipeline: str, digest: str) -> int:
        known = self._versions.get((*_named(repository), pipeline), [])
        return max((version.number for version in known if version.digest == digest), default=0)

    async def definition_version(self, repository: Repository, pipeline: str, number: int) -> Pipeline | None:
        known = self._versions.get((*_named(repository), pipeline), [])
        return self._definitions[known[number - 1].digest] if 0 < number <= len(known) else None

    async def home_pipelines(self) -> list[tuple[Repository, Pipeline]]:
        return [
            (self._repositories[(provider, name)][0], self._definitions[known[-1].digest])
            for (provider, name, _), known in self._versions.items()
            if (provider, name) not in self._gone
        ]

    async def ask(self, execution: Execution, thread: Thread) -> None:
        self._questions.setdefault(execution.id, (_named(execution.lane.repository), thread))

    async def asked(self, execution: str) -> Thread | None:
        known = self._questions.get(execution)
        return known[1] if known else None

    async def questions(self, repository: Repository, thread: Thread) -> list[str]:
        wanted = (_named(repository), thread)
        return [execution for execution, known in self._questions.items() if known == wanted]

    async def keep_results(self, repository: Repository, pipeline: str, record: ResultsRecord) -> None:
        key = (record.execution, record.stage, record.action, record.attempt)
        self._results[key] = ((_named(repository), pipeline), record)

    async def results(self, execution: str) -> list[ResultsRecord]:
        return [record for key, (_, record) in self._results.items() if key[0] == execution]

    async def keep_annotations(self, record: AnnotationsRecord) -> None:
        self._annotations[record.execution, record.stage, record.action, record.attempt] = record

    async def keep_batch(self, batch: BatchRun) -> None:
        self._batches[batch.execution, batch.stage, batch.action, batch.attempt] = batch

    async def batches(self, execution: str) -> list[BatchRun]:
        return [self._batches[key] for key in sorted(self._batches) if key[0] == execution]

    async def keep_server_deployment(self, deployment: ServerDeployment) -> None:
        self._server_deployments[deployment.id] = deployment

    async def server_deployment(self, deployment: str) -> ServerDeployment | None:
        return self._server_deployments.get(deployment)

    async def server_deployments(self, execution: str) -> list[ServerDeployment]:
        found = [one for one in self._server_deployments.values() if one.execution == execution]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    async def last_server_deployment(self, group: str, *, succeeded: bool) -> ServerDeployment | None:
        ends = (DeploymentStatus.SUCCEEDED,) if succeeded else (DeploymentStatus.FAILED, DeploymentStatus.STOPPED)
        found = [one for one in self._server_deployments.values() if one.group == group and one.status in ends]
        return max(found, key=lambda one: (one.created_at, one.id), default=None)

    async def open_server_deployments(self, group: str) -> list[ServerDeployment]:
        found = [one for one in self._server_deployments.values() if one.group == group and not one.status.ended]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    async def keep_written_objects(self, destination: str, written: WrittenObjects) -> None:
        self._written_objects[destination] = written

    async def written_objects(self, destination: str) -> WrittenObjects:
        return self._written_objects.get(destination, WrittenObjects())

    async def annotations(self, execution: str) -> list[AnnotationsRecord]:
        return [record for key, record in sorted(self._annotations.items()) if key[0] == execution]

    async def past_results(
        self,
        repository: Repository,
        pipeline: str,
        place: tuple[str, str],
        limit: int,
        *,
        ref: str = "",
        commit: str = "",
    ) -> list[ResultsRecord]:
        found = [
            record
            for of, record in self._results.values()
            if of == (_named(repository), pipeline)
            and (record.stage, record.action) == place
            and (record.ref == ref if ref else record.commit == commit)
        ]
        return sorted(found, key=lambda record: (-record.number, -record.attempt))[:limit]

    async def cache_entries(self, repository: Repository) -> list[CacheEntry]:
        found = [entry for key, entry in self._caches.items() if key[0] == _named(repository)]
        return sorted(found, key=lambda entry: (-entry.at, entry.artifact))

    async def keep_cache_entry(self, repository: Repository, entry: CacheEntry) -> None:
        self._caches[_named(repository), entry.scope, entry.version, entry.ref, entry.key] = entry

    async def forget_cache_entries(self, repository: Repository, artifacts: Collection[str]) -> None:
        gone = [k for k, entry in self._caches.items() if k[0] == _named(repository) and entry.artifact in artifacts]
        for key in gone:
            del self._caches[key]

    async def next_number(self, repository: Repository, pipeline: str) -> int:
        key = (*_named(repository), pipeline)
        committed = (r.execution.number for r in self._executions.values() if _of(r.execution.lane, key))
        self._numbers[key] = max(self._numbers.get(key, 0), *committed, 0) + 1
        return self._numbers[key]

    def _keep_definitions(self, commit: Commit) -> None:
        self._definitions.update(commit.after.definitions)
        brought = definition_of(commit.event)
        if brought is not None:
            self._definitions[brought.digest] = brought

    # --- the outbox ---

    async def enqueue(self, effects: Sequence[Effect], handled: str = "") -> Sequence[OutboxEntry]:
        if handled:
            await self.settle_deliveries([Settled(handled, DeliveryOutcome.DONE)])
        return self._order("", effects, ())

    async def pending_effects(self, due_before: float) -> list[OutboxEntry]:
        return [entry for entry in self._outbox.values() if entry.due < due_before]

    async def settle_effect(self, key: str, stamp: int) -> bool:
        if key not in self._outbox:
            return True
        if self._outbox[key].stamp != stamp:
            return False
        del self._outbox[key]
        return True

    async def postpone_effect(self, key: str, stamp: int, due: float, attempts: int) -> None:
        entry = self._outbox.get(key)
        if entry is not None and entry.stamp == stamp:
            self._outbox[key] = OutboxEntry(key, entry.effect, entry.lane, due, attempts, stamp)

    async def reported(self, keys: Sequence[str]) -> Mapping[str, Reported]:
        return {key: self._reported[key] for key in keys if key in self._reported}

    async def set_reported(self, values: Mapping[str, Reported]) -> None:
        self._reported.update(values)

    def _order(self, lane: str, effects: Sequence[Effect], settles: Sequence[str]) -> list[OutboxEntry]:
        ordered = entries(effects, lane)
        for key in (*settles, *(entry.key for entry in ordered)):
            self._outbox.pop(key, None)
        self._outbox.update({entry.key: entry for entry in ordered})
        return ordered

    # --- repositories ---

    async def record_intake(self, repository: Repository, ref: Ref, default_branch: str, intake: Intake) -> None:
        self._put_repository(repository, default_branch)
        self._intakes[*_named(repository), str(ref)] = intake

    def _put_repository(self, repository: Repository, default_branch: str) -> None:
        before = self._repositories.get(_named(repository))
        if before is not None and before[0].full_name != repository.full_name:
            self._former_names[repository.provider, before[0].full_name] = _named(repository)
        self._repositories[_named(repository)] = (repository, default_branch)
        self._gone.discard(_named(repository))

    async def called(self, provider: str, full_name: str) -> tuple[Repository, str] | None:
        name = (provider, full_name)
        found = [each for each in self._repositories.values() if (each[0].provider, each[0].full_name) == name]
        former = self._former_names.get(name)
        return next(iter(found), None) or (self._repositories[former] if former else None)

    async def rename(self, repository: Repository) -> None:
        if (known := self._repositories.get(_named(repository))) is not None:
            self._put_repository(repository, known[1])

    async def leave(self, repository: Repository) -> None:
        self._gone.add(_named(repository))

    async def heard(self, repository: Repository) -> Mapping[Ref, Intake]:
        named = _named(repository)
        return {Ref.parse(key[2]): intake for key, intake in self._intakes.items() if key[:2] == named}

    async def seen_refs(self, repository: Repository) -> Mapping[Ref, str] | None:
        return self._seen_refs.get(_named(repository))

    async def keep_seen_refs(self, repository: Repository, seen: Mapping[Ref, str]) -> None:
        self._seen_refs[_named(repository)] = dict(seen)

    async def take_comment(self, comment: CommentRef, delivery: str) -> bool:
        return self._comments.setdefault((comment.repository.provider, name_of(comment)), delivery) == delivery

    async def intakes_of(self, repository: Repository, commit: str) -> list[Intake]:
        mine = [each for key, each in self._intakes.items() if key[:2] == _named(repository)]
        return sorted((each for each in mine if each.commit == commit), key=lambda each: -each.at)

    async def intake(self, repository: Repository, ref: Ref) -> Intake | None:
        return self._intakes.get((*_named(repository), str(ref)))

    async def default_branch(self, repository: Repository) -> str:
        known = self._repositories.get(_named(repository))
        return known[1] if known else ""

    async def repositories(self) -> list[tuple[Repository, str]]:
        return sorted(self._repositories.values(), key=lambda known: (known[0].full_name, *_named(known[0])))

    async def connected_repositories(self) -> list[tuple[Repository, str]]:
        return [known for known in await self.repositories() if _named(known[0]) not in self._gone]

    # --- executions ---

    async def lanes(self, repository: Repository, ref: Ref) -> list[LaneKey]:
        keys = (record.execution.lane for record in self._executions.values())
        names = {key.pipeline for key in keys if _named(key.repository) == _named(repository) and key.ref == ref}
        return [LaneKey(repository, name, ref) for name in sorted(names)]

    async def recent_lanes(self, repository: Repository, pipeline: str, limit: int, before: str = "") -> list[LaneKey]:
        newest_first: dict[str, LaneKey] = {}
        for record in reversed(self._executions.values()):
            key = record.execution.lane
            if _named(key.repository) == _named(repository) and pipeline in ("", key.pipeline):
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
        key = (*_named(repository), pipeline)
        ran = (record.execution for record in self._executions.values())
        found = [e for e in ran if _of(e.lane, key) and e.revision.commit == commit]
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
        used = {(*_named(r.execution.lane.repository), str(r.execution.lane.ref)) for r in self._executions.values()}
        old = [key for key, kept in self._intakes.items() if kept.is_last and kept.at <= before and key not in used]
        for key in old:
            del self._intakes[key]
        return len(old)

    def _forget_server_deployments(self, execution: str) -> None:
        """What a rollback could bring back stays."""
        every = self._server_deployments.values()
        last: dict[str, float] = {}
        for one in every:
            if one.status is DeploymentStatus.SUCCEEDED:
                last[one.group] = max(one.created_at, last.get(one.group, 0.0))
        self._server_deployments = {
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
            self._forget_server_deployments(name)
        self._history = [(event, of - gone) for event, of in self._history if not of or of - gone]
        self._reported = {key: told for key, told in self._reported.items() if not key.startswith(tuple(reported))}
        used = {record.execution.definition for record in self._executions.values()}
        used |= {version.digest for versions in self._versions.values() for version in versions}
        self._definitions = {digest: known for digest, known in self._definitions.items() if digest in used}
        return len(gone)

    def _matches(self, record: _Record, which: ExecutionFilter) -> bool:
        lane = record.execution.lane
        repository = self._repositories[_named(lane.repository)][0]
        return (
            _asked_for(repository, which)
            and which.pipeline in ("", lane.pipeline)
            and which.ref in ("", str(lane.ref))
            and which.commit in ("", record.execution.revision.commit)
            and (record.live or not which.live)
            and (not which.succeeded_in or succeeded(record.execution, which.succeeded_in))
        )


def _named(repository: Repository) -> tuple[str, str]:
    """What identifies a repository: its name may change."""
    return (repository.provider, repository.id)


def _asked_for(repository: Repository, which: ExecutionFilter) -> bool:
    if which.repository_id:
        return _named(repository) == (which.provider, which.repository_id)
    if which.repository:
        return which.repository == repository.full_name and which.provider in ("", repository.provider)
    return True


def _of(lane: LaneKey, pipeline: tuple[str, str, str]) -> bool:
    return (*_named(lane.repository), lane.pipeline) == pipeline


def _loaded(lane: LaneKey, state: LaneState) -> LaneState:
    """As a database would give it back: only the definitions that live executions run."""
    used = {execution.definition for execution in state.executions.values()}
    definitions = {digest: pipeline for digest, pipeline in state.definitions.items() if digest in used}
    return LaneState(lane, dict(state.executions), dict(state.slots), definitions)


def _concerned(commit: Commit) -> frozenset[str]:
    before = commit.before.executions
    changed = {execution.id for execution, _ in touched(commit) if before.get(execution.id) is not execution}
    return frozenset(changed | {getattr(commit.event, "execution", "")} - {""})
