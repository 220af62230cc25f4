"""Changes from outside: pull requests from forks, and of people who may not write (WBH-5).

Nothing of such a change runs by itself, but for those of whom the settings name (dependency bots, say). Its pipeline files are checked, and it is told who can let it run. `/ok-to-test` then
runs exactly the commit that it names, by the pipeline file of the target branch. What such an execution is kept from is
`bot.core.outside`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.effects import Effect, ReportHeld, ReportInvalid
from bot.core.refusal import Refusal, RefusalReason
from bot.core.triggers import judge, needs_paths
from bot.definition import Definitions
from bot.messages.outside import SHORT
from bot.messages.refusals import refusal_sentence
from bot.model.execution import Trigger, TriggerKind
from bot.model.host_event import CommentRef, PullRequestChanged, Thread, ThreadKind
from bot.model.intake import Intake, Judgement
from bot.model.people import Person
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.model.triggers import PullRequestKind
from bot.ports import Clock, CommitUnavailable, Provider, Sources, Store
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.starter import Start, Starter
from bot.runtime.intake.trust import from_outside, has_contributed
from bot.runtime.outbox import Outbox

_R = RefusalReason

CONTRIBUTORS = "contributors"


class Outsiders:
    """Holds changes from outside, and lets them run."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        providers: Mapping[str, Provider],
        definitions: DefinitionReader,
        starter: Starter,
        outbox: Outbox,
        clock: Clock,
        leave: Sequence[str] = (),
    ) -> None:
        """`leave`: whose changes run without being asked for, as `host:login`; `contributors` are all of whom something was merged."""
        self._store = store
        self._sources = sources
        self._providers = providers
        self._definitions = definitions
        self._starter = starter
        self._outbox = outbox
        self._clock = clock
        self._leave = leave

    async def concern(self, repository: Repository, pull_request: PullRequest) -> str:
        """Why the pull request counts as one from outside, "" when it does not. Raises HostUnavailable."""
        return await from_outside(self._providers, repository, pull_request)

    async def take(self, event: PullRequestChanged, words: str, reason: str, identity: str) -> Intake:
        """Hold it, or run it where the settings say so; what is to be remembered of the event comes back."""
        if event.kind is PullRequestKind.CLOSED:
            head, now = event.pull_request.head, self._clock.now()
            return Intake(head, words, now, problem=f"it comes from outside: {reason}", by=event.by)
        leave = await self._leave_of(event.repository, event.pull_request)
        if leave:
            return await self._run_unasked(event, words, leave, identity)
        return await self._hold(event, words, reason)

    async def _leave_of(self, repository: Repository, pull_request: PullRequest) -> str:
        """Why it runs unasked, "" when it does not. Raises HostUnavailable.

        Somebody named is believed on branches of the repository alone, and not in a fork, to which who knows who may push.
        """
        author = pull_request.author
        if author is None:
            return ""
        listed = [entry.partition(":") for entry in self._leave if entry != CONTRIBUTORS]
        named = any(host == repository.provider and author.is_called(login) for host, _, login in listed)
        if named and pull_request.same_repository:
            return "the settings let changes of its author run without being asked for"
        if CONTRIBUTORS in self._leave and await has_contributed(self._providers, repository, pull_request):
            return "the settings let changes of earlier contributors run without being asked for"
        return ""

    async def _run_unasked(self, event: PullRequestChanged, words: str, reason: str, identity: str) -> Intake:
        found = event.pull_request
        started = await self._chosen(event.repository, found, event.by)
        if isinstance(started, Refusal):
            problem = refusal_sentence(started)
            return Intake(found.head, words, self._clock.now(), problem=problem, by=event.by)
        pipelines, revision = started
        judgements = []
        for pipeline in pipelines:
            trigger = Trigger(TriggerKind.PULL_REQUEST, event.by, reason)
            start = _start(identity, event.repository, pipeline, revision, trigger)
            refusal = await self._starter.start(start)
            said = reason if refusal is None else refusal_sentence(refusal)
            judgements.append(Judgement(pipeline.name, started=refusal is None, reason=said))
        return Intake(found.head, words, self._clock.now(), tuple(judgements), "", event.by)

    async def _hold(self, event: PullRequestChanged, words: str, reason: str) -> Intake:
        """Check its files, and tell that it has not run."""
        head, now = event.pull_request.head, self._clock.now()
        try:
            pipelines = await self._wanted(event)
        except CommitUnavailable as gone:
            return Intake(head, words, now, problem=str(gone), by=event.by)
        problems = await self._check(event.repository, head)
        thread = Thread(ThreadKind.PULL_REQUEST, str(event.pull_request.number))
        effects: list[Effect] = [
            ReportInvalid(event.repository, head, thread, name, found) for name, found in (problems or {}).items()
        ]
        held = [judgement.pipeline for judgement, _ in pipelines if judgement.started]
        # A file that can't be read tells its own status.
        branch = event.pull_request.source_branch
        effects += [
            ReportHeld(event.repository, head, thread, name, reason, branch, readable=problems is not None)
            for name in held
            if not (problems or {}).get(name)
        ]
        self._outbox.order(await self._store.enqueue(effects))
        judgements = tuple(_held(judgement, reason) for judgement, _ in pipelines)
        return Intake(head, words, now, judgements, f"it comes from outside: {reason}", event.by)

    async def allow(self, sha: str, identity: str, comment: CommentRef, by: Person) -> Refusal | None:
        """Run the named commit, if it is the pull request's newest one. What is told to lanes answers the comment itself."""
        repository = comment.repository
        if comment.thread.kind is not ThreadKind.PULL_REQUEST:
            return Refusal(_R.OK_NOT_HERE)
        found = await self._providers[repository.provider].pull_request(repository, int(comment.thread.name))
        if found is None or not found.open:
            return Refusal(_R.OK_CLOSED)
        reason = await self.concern(repository, found)
        if not reason:
            return Refusal(_R.OK_NEEDLESS)
        right = {"typed_ok": f"ok-to-test {found.head}"}
        if len(sha) < SHORT:
            return Refusal(_R.OK_WHICH, {"least": str(SHORT), **right})
        if not found.head.startswith(sha):
            return Refusal(_R.OK_OTHER, {"asked": sha, **right})
        return await self._run(repository, found, reason, identity, comment, by)

    async def _run(
        self, repository: Repository, found: PullRequest, reason: str, identity: str, comment: CommentRef, by: Person
    ) -> Refusal | None:
        chosen = await self._chosen(repository, found, by)
        if isinstance(chosen, Refusal):
            return chosen
        pipelines, revision = chosen
        trigger = Trigger(TriggerKind.PULL_REQUEST, by, f"/ok-to-test {found.head}")
        for pipeline in pipelines:
            start = replace(_start(identity, repository, pipeline, revision, trigger), comment=comment)
            if await self._starter.start(start) is None:
                told = ReportHeld(
                    repository, found.head, comment.thread, pipeline.name, reason, found.source_branch, allowed_by=by
                )
                self._outbox.order(await self._store.enqueue([told]))
        return None

    async def _chosen(
        self, repository: Repository, found: PullRequest, by: Person | None
    ) -> tuple[list[Pipeline], Revision] | Refusal:
        """What of the target branch's is to run for it, and for which revision."""
        branch = await self._store.default_branch(repository)
        event = PullRequestChanged(repository, found, PullRequestKind.OPENED, by, branch or "")
        try:
            await self._definitions.at(repository, found.head)
            message, authored_at = await self._sources.describe(repository, found.head)
        except CommitUnavailable:
            return Refusal(_R.OK_UNREADABLE)
        try:
            pipelines = await self._wanted(event)
        except CommitUnavailable as gone:
            return Refusal(_R.NO_PIPELINE, {"reason": str(gone)})
        chosen = [pipeline for judgement, pipeline in pipelines if judgement.started]
        if not chosen:
            return Refusal(_R.NO_PIPELINE, {"reason": "none of the target branch is for this pull request"})
        return chosen, replace(pull_request_revision(found, by), message=message, authored_at=authored_at)

    async def _wanted(self, event: PullRequestChanged) -> list[tuple[Judgement, Pipeline]]:
        """The target branch's pipelines, and whether each is for this pull request, opened or updated. Raises CommitUnavailable."""
        repository, asked = event.repository, event.pull_request
        head = await self._providers[repository.provider].head(repository, asked.target_branch)
        if head is None:
            raise CommitUnavailable(f"there is no branch {asked.target_branch}")
        definitions = await self._definitions.at(repository, head)
        kinds = [replace(event, kind=kind) for kind in (PullRequestKind.OPENED, PullRequestKind.UPDATED)]
        paths: Sequence[str] | None = None
        if any(needs_paths(pipeline, event) for pipeline in definitions.pipelines):
            paths = await self._sources.changed_paths(repository, head, asked.head, since_fork=True)
        judged = []
        for pipeline in definitions.pipelines:
            judgements = [judge(pipeline, each, paths, "") for each in kinds]
            judged.append((next((one for one in judgements if one.started), judgements[0]), pipeline))
        return judged

    async def _check(self, repository: Repository, head: str) -> Mapping[str, tuple[Problem, ...]] | None:
        """What is wrong with the change's own files, by the pipelines' names. None: the commit can't be had."""
        try:
            proposed = await self._definitions.at(repository, head)
        except CommitUnavailable:
            return None
        return _by_name(proposed)


def pull_request_revision(pull_request: PullRequest, by: Person | None) -> Revision:
    """Its newest commit, without the message. `by` counts as its author where the host names none."""
    return Revision(
        commit=pull_request.head,
        ref=Ref(RefKind.PULL_REQUEST, str(pull_request.number)),
        branch=pull_request.source_branch,
        pull_request=pull_request.number,
        target_branch=pull_request.target_branch,
        author=pull_request.author or by,
        pushed_by=by,
    )


def _start(identity: str, repository: Repository, pipeline: Pipeline, revision: Revision, trigger: Trigger) -> Start:
    """With nothing `beside` it: it starts no other pipeline."""
    return Start(f"{identity}:{pipeline.name}", repository, pipeline, revision, trigger, outside=True)


def _by_name(definitions: Definitions) -> Mapping[str, tuple[Problem, ...]]:
    """Pipelines whose files are whole are named, too: an earlier complaint about them is mended."""
    found: dict[str, tuple[Problem, ...]] = {pipeline.name: () for pipeline in definitions.pipelines}
    for problem in definitions.problems:
        for name in definitions.broken[problem.file]:
            found[name] = (*found.get(name, ()), problem)
    return found


def _held(judgement: Judgement, reason: str) -> Judgement:
    words = f"it comes from outside ({reason}) and nobody has allowed this commit to run"
    return Judgement(judgement.pipeline, started=False, reason=words) if judgement.started else judgement
