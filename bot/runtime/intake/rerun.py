"""`/rerun`: a new execution of what a thread is about, from the definition at its newest commit, with variables if given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.commands.command import Rerun
from bot.core.events import StartRequested
from bot.model.execution import LaneKey, Trigger, TriggerKind
from bot.model.host_event import CommentRef, ThreadKind
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import Clock, CommitUnavailable, ExecutionFilter, Provider, Sources, Store
from bot.runtime.engine import Engine
from bot.runtime.intake.changes import NO_FILE, execution_id
from bot.runtime.intake.definitions import JUST_THE_COMMIT, DefinitionReader
from bot.runtime.intake.trust import trusted


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be run again: the revision, and the pipelines that its commit defines, by name. `problem`: why nothing can."""

    repository: Repository
    revision: Revision | None = None
    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    problem: str = ""

    @property
    def known(self) -> Sequence[str]:
        return tuple(self.pipelines)


class Reruns:
    """Prepares and starts reruns."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        definitions: DefinitionReader,
        providers: Mapping[str, Provider],
        engine: Engine,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sources = sources
        self._definitions = definitions
        self._providers = providers
        self._engine = engine
        self._clock = clock

    async def prepare(self, comment: CommentRef, lanes: Sequence[LaneKey]) -> Prepared:
        repository = comment.repository
        revision = await self._revision(comment)
        if revision is None:
            return Prepared(repository, problem="there is nothing to run again here")
        try:
            definitions = await self._definitions.at(repository, revision.commit)
        except CommitUnavailable as gone:
            return Prepared(repository, problem=str(gone))
        if definitions.problems:
            return Prepared(repository, problem="the pipeline file has errors")
        pipelines = {pipeline.name: pipeline for pipeline in definitions.pipelines}
        ran = {lane.pipeline for lane in lanes} & set(pipelines)
        # Where some of the pipelines have run for this thread, those are what "again" is about.
        chosen = {name: pipeline for name, pipeline in pipelines.items() if not ran or name in ran}
        return Prepared(repository, revision, chosen, "" if pipelines else NO_FILE)

    async def start(self, prepared: Prepared, command: Rerun, identity: str, by: Person, comment: CommentRef) -> None:
        """Tell the lane, which answers the comment itself."""
        assert prepared.revision is not None  # noqa: S101  without one there was no pipeline to choose
        pipeline = prepared.pipelines[command.pipeline]
        lane = LaneKey(prepared.repository, pipeline.name, prepared.revision.ref)
        event = StartRequested(
            id=identity,
            at=self._clock.now(),
            execution=execution_id(identity),
            number=await self._store.next_number(prepared.repository, pipeline.name),
            pipeline=pipeline,
            revision=prepared.revision,
            trigger=Trigger(TriggerKind.MANUAL, by, "/rerun"),
            variables=command.variables,
            comment=comment,
            trusted=await trusted(self._providers, prepared.repository, prepared.revision, pipeline),
        )
        await self._engine.tell(lane, event)

    async def _revision(self, comment: CommentRef) -> Revision | None:
        if comment.thread.kind is ThreadKind.COMMIT:
            which = ExecutionFilter.of_commit(comment.repository, comment.thread.name)
            newest = await self._store.executions(which, 1)
            return newest[0].revision if newest else None
        return await self._pull_request(comment)

    async def _pull_request(self, comment: CommentRef) -> Revision | None:
        repository = comment.repository
        found = await self._providers[repository.provider].pull_request(repository, int(comment.thread.name))
        if found is None or not found.same_repository:
            return None
        await self._sources.fetch(repository, [found.head], JUST_THE_COMMIT)
        message, authored_at = await self._sources.describe(repository, found.head)
        return Revision(
            commit=found.head,
            ref=Ref(RefKind.PULL_REQUEST, str(found.number)),
            branch=found.source_branch,
            pull_request=found.number,
            target_branch=found.target_branch,
            author=found.author,
            message=message,
            authored_at=authored_at,
        )
