"""A push, a pull request or a merge group: read the pipeline files at the commit, judge every pipeline, start those that the event is for.

Everything here may be done twice for one delivery (a crash in the middle): ids follow from the delivery, so a lane takes
the second start for the first.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.core.effects import ReportInvalid
from bot.core.refusal import Refusal
from bot.core.triggers import judge, needs_paths
from bot.definition import Definitions
from bot.messages.missed import FOUND
from bot.messages.refusals import refusal_sentence
from bot.model.delivery import Delivery
from bot.model.execution import Trigger
from bot.model.host_event import MergeGroupChanged, PullRequestChanged, PullRequestEdited, Pushed, Thread, ThreadKind
from bot.model.intake import Intake, Judgement
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from bot.model.triggers import PullRequestKind
from bot.ports import Clock, CommitUnavailable, Sources, Store
from bot.runtime.engine import Engine
from bot.runtime.homes import Homes
from bot.runtime.intake.case import Case, Change, found, is_last, kind_of, ref_of, revision_of, words_of
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.drafts import Drafts
from bot.runtime.intake.outside import Outsiders
from bot.runtime.intake.starter import Start, Starter
from bot.runtime.intake.stops import Stops
from bot.runtime.intake.versions import Versions
from bot.runtime.missed.overtaken import Overtaken
from bot.runtime.outbox import Outbox
from bot.runtime.schedules import Schedules
from bot.runtime.watches import Watches

log = structlog.get_logger(__name__)

NO_FILE = "there is no pipeline file (.pipeline.yml or .pipelines/*.yml) at this commit"


class ChangeIntake:
    """Handles pushes, what becomes of pull requests, and what merge queues ask."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        definitions: DefinitionReader,
        starter: Starter,
        schedules: Schedules,
        homes: Homes,
        watches: Watches,
        outsiders: Outsiders,
        drafts: Drafts,
        engine: Engine,
        outbox: Outbox,
        clock: Clock,
        overtaken: Overtaken,
    ) -> None:
        self._store = store
        self._sources = sources
        self._definitions = definitions
        self._starter = starter
        self._schedules = schedules
        self._homes = homes
        self._watches = watches
        self._outsiders = outsiders
        self._drafts = drafts
        self._engine = engine
        self._outbox = outbox
        self._clock = clock
        self._overtaken = overtaken
        self._versions = Versions(store, engine, clock)
        self._stops = Stops(store, engine, clock)

    async def handle(self, delivery: Delivery, event: Change) -> None:
        if not isinstance(event, MergeGroupChanged):
            passed_over = await self._overtaken.reason(delivery, event)
            if passed_over:
                log.info("event passed over", delivery=delivery.key, reason=passed_over)
                return
        if isinstance(event, Pushed) and event.after is None:
            await self._record(delivery, event, Intake("", f"{event.ref} was deleted", self._clock.now()))
            return
        if isinstance(event, MergeGroupChanged) and not event.wanted:
            await self._stops.dissolved(delivery, event)
            done = f"the merge queue has done with it ({event.reason or 'no reason was told'})"
            await self._record(delivery, event, Intake(event.head, done, self._clock.now()))
            return
        if isinstance(event, PullRequestChanged):
            await self._handle_pull_request(delivery, await self._drafts.made_ready(event) or event)
            return
        await self._run(delivery, event)
        if isinstance(event, Pushed):
            await self._watches.pushed(event)

    async def edited(self, delivery: Delivery, event: PullRequestEdited) -> None:
        """Nothing follows from one, but that a draft which was held runs once it is ready."""
        opened = await self._drafts.made_ready(event)
        if opened is not None:
            await self._handle_pull_request(delivery, opened)

    async def _handle_pull_request(self, delivery: Delivery, event: PullRequestChanged) -> None:
        if event.kind is PullRequestKind.UPDATED and await self._only_edited(delivery, event):
            return
        if event.kind is PullRequestKind.CLOSED:
            await self._stops.closed(delivery, event)
        draft = self._drafts.hold(event)
        if draft is not None:
            await self._record(delivery, event, draft)
            return
        reason = await self._outsiders.concern(event.repository, event.pull_request)
        if reason:
            await self._record(
                delivery, event, await self._outsiders.take(event, words_of(event), reason, delivery.key)
            )
            return
        await self._run(delivery, event)

    async def _only_edited(self, delivery: Delivery, event: PullRequestChanged) -> bool:
        """Whether an update that may be of the text alone brings neither a new commit nor another target branch.

        Where it does bring another, what is not for that is stopped.
        """
        before = await self._store.intake(event.repository, ref_of(event))
        if before is None:
            return False
        retargeted = before.target_branch not in ("", event.pull_request.target_branch)
        if retargeted:
            await self._stops.retargeted(delivery, event)
        return not (event.surely_new or retargeted or before.commit != event.pull_request.head)

    async def _run(self, delivery: Delivery, event: Change) -> None:
        case = await self._case(delivery, event, described=False)
        try:
            definitions = await self._definitions.at(case.repository, case.revision.commit)
        except CommitUnavailable as gone:
            await self._report(case, case.repository.name, (Problem("", 0, 0, "", str(gone)),))
            await self._record(delivery, event, self._intake(case, problem=str(gone)))
            return
        here = self._homes.pushed(event, definitions) if isinstance(event, Pushed) else []
        if isinstance(event, Pushed):
            await self._watches.settle(event, here)
        if isinstance(event, Pushed) and event.ref == Ref(RefKind.BRANCH, event.default_branch):
            await self._schedules.pushed(case.repository, event.default_branch, case.revision.commit, definitions)
        if not definitions.pipelines and not definitions.problems:
            await self._record(delivery, event, self._intake(case, problem=NO_FILE))
            return
        if isinstance(event, Pushed):
            await self._versions.pushed(event, case.cause, [home.pipeline for home in here])
        case = await self._case(delivery, event, described=True)
        judgements = await self._start_pipelines(case, definitions)
        await self._report_problems(case, definitions)
        problem = "the pipeline file has errors" if definitions.problems else ""
        await self._record(delivery, event, self._intake(case, judgements, problem))

    async def _start_pipelines(self, case: Case, definitions: Definitions) -> list[Judgement]:
        paths: Sequence[str] | None = None
        if any(needs_paths(pipeline, case.event) for pipeline in definitions.pipelines):
            paths = await self._changed_paths(case.event)
        judgements = []
        for pipeline in definitions.pipelines:
            judgement = judge(pipeline, case.event, paths, case.revision.message)
            if judgement.started:
                refusal = await self._start(case, pipeline, judgement.reason, definitions.pipelines)
                if refusal is not None:
                    judgement = Judgement(pipeline.name, started=False, reason=refusal_sentence(refusal))
            judgements.append(judgement)
        return judgements

    async def _start(self, case: Case, pipeline: Pipeline, reason: str, beside: Sequence[Pipeline]) -> Refusal | None:
        start = Start(
            cause=f"{case.cause}:{pipeline.name}",
            repository=case.repository,
            pipeline=pipeline,
            revision=case.revision,
            trigger=Trigger(kind_of(case.event), case.event.by, f"{reason}; {FOUND}" if found(case.event) else reason),
            beside=beside,
        )
        return await self._starter.start(start)

    async def _changed_paths(self, event: Change) -> Sequence[str] | None:
        try:
            return await self._compared(event)
        except CommitUnavailable:
            return None  # what it came after is gone from the host

    async def _compared(self, event: Change) -> Sequence[str] | None:
        if isinstance(event, Pushed):
            if event.before is None or event.after is None:
                return None  # TRG-5: a new branch has no base to compare with
            if event.changed_paths is not None:
                return event.changed_paths
            return await self._sources.changed_paths(event.repository, event.before, event.after)
        if isinstance(event, MergeGroupChanged):
            return await self._sources.changed_paths(event.repository, event.base, event.head)
        base, head = event.pull_request.base, event.pull_request.head
        # The target branch goes on meanwhile: what changed there is not the pull request's.
        return await self._sources.changed_paths(event.repository, base, head, since_fork=True) if base else None

    async def _case(self, delivery: Delivery, event: Change, *, described: bool) -> Case:
        ref = ref_of(event)
        thread = Thread(ThreadKind.PULL_REQUEST, ref.name) if isinstance(event, PullRequestChanged) else None
        revision = revision_of(event)
        if described and not revision.message:
            message, authored_at = await self._sources.describe(event.repository, revision.commit)
            revision = _with_message(revision, message, authored_at)
        return Case(event, event.repository, ref, revision, words_of(event), thread, delivery.key)

    async def _report_problems(self, case: Case, definitions: Definitions) -> None:
        by_name: dict[str, list[Problem]] = {}
        for problem in definitions.problems:
            for name in definitions.broken[problem.file]:
                by_name.setdefault(name, []).append(problem)
        for name, problems in by_name.items():
            await self._report(case, name, tuple(problems))
        for pipeline in definitions.pipelines:
            if case.thread is not None and pipeline.name not in by_name:
                await self._report(case, pipeline.name, ())  # mends an earlier complaint, if there was one

    async def _report(self, case: Case, pipeline: str, problems: tuple[Problem, ...]) -> None:
        effect = ReportInvalid(case.repository, case.revision.commit, case.thread, pipeline, problems)
        self._outbox.order(await self._store.enqueue([effect]))

    def _intake(self, case: Case, judgements: Sequence[Judgement] = (), problem: str = "") -> Intake:
        now, by = self._clock.now(), case.event.by
        return Intake(case.revision.commit, case.words, now, tuple(judgements), problem, by)

    async def _record(self, delivery: Delivery, event: Change, intake: Intake) -> None:
        target = event.pull_request.target_branch if isinstance(event, PullRequestChanged) else ""
        over, caught_up = is_last(event), found(event)
        known = replace(intake, over=over, target_branch=target, caught_up=caught_up, delivery=delivery.key)
        await self._store.record_intake(event.repository, ref_of(event), event.default_branch, known)


def _with_message(revision: Revision, message: str, authored_at: str) -> Revision:
    return replace(revision, message=message, authored_at=authored_at)
