"""`/rerun`: a new execution of what a thread is about, from the definition at its newest commit, with variables if given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.commands.command import Rerun
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import LaneKey, Trigger, TriggerKind
from bot.model.host_event import CommentRef
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.repository import Repository
from bot.model.revision import Revision
from bot.ports import CommitUnavailable
from bot.runtime.intake.changes import NO_FILE
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.revisions import Revisions
from bot.runtime.intake.starter import Start, Starter


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be run again: the revision, and the pipelines that its commit defines, by name. `problem`: why nothing can; `refusal`: why nothing may.

    `beside` are all the pipelines of the commit.
    """

    repository: Repository
    revision: Revision | None = None
    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    problem: str = ""
    beside: Sequence[Pipeline] = ()
    refusal: Refusal | None = None

    @property
    def known(self) -> Sequence[str]:
        return tuple(self.pipelines)


class Reruns:
    """Prepares and starts reruns."""

    def __init__(self, revisions: Revisions, definitions: DefinitionReader, starter: Starter) -> None:
        self._revisions = revisions
        self._definitions = definitions
        self._starter = starter

    async def prepare(self, comment: CommentRef, lanes: Sequence[LaneKey], named: str) -> Prepared:
        """`named` is the revision that was asked for, "" for the newest one of the thread."""
        repository = comment.repository
        if not named and await self._revisions.is_outside(comment):
            return Prepared(repository, refusal=Refusal(RefusalReason.OUTSIDE))
        try:
            revision = await (self._revisions.named(repository, named) if named else self._revisions.of_thread(comment))
        except CommitUnavailable as gone:
            return Prepared(repository, problem=str(gone))
        if revision is None:
            unknown = f"no branch is named {named}, and no such tag or commit has run here"
            return Prepared(repository, problem=unknown if named else "there is nothing to run again here")
        try:
            definitions = await self._definitions.at(repository, revision.commit)
        except CommitUnavailable as gone:
            return Prepared(repository, problem=str(gone))
        if definitions.problems:
            return Prepared(repository, problem="the pipeline file has errors")
        pipelines = {pipeline.name: pipeline for pipeline in definitions.pipelines}
        ran = set() if named else {lane.pipeline for lane in lanes} & set(pipelines)
        # Where some of the pipelines have run for this thread, those are what "again" is about.
        chosen = {name: pipeline for name, pipeline in pipelines.items() if not ran or name in ran}
        return Prepared(repository, revision, chosen, "" if pipelines else NO_FILE, definitions.pipelines)

    async def start(
        self, prepared: Prepared, command: Rerun, identity: str, by: Person, comment: CommentRef | None
    ) -> None:
        """Tell the lane, which answers the comment itself. Without one it was asked for by a button."""
        assert prepared.revision is not None  # noqa: S101  without one there was no pipeline to choose
        pipeline = prepared.pipelines[command.pipeline]
        typed = f"/rerun @{command.revision}" if command.revision else "/rerun" if comment else "re-run button"
        trigger = Trigger(TriggerKind.MANUAL, by, typed)
        start = Start(
            cause=identity,
            repository=prepared.repository,
            pipeline=pipeline,
            revision=prepared.revision,
            trigger=trigger,
            beside=prepared.beside,
            variables=command.variables,
            comment=comment,
        )
        await self._starter.start(start)
