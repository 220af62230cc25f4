"""A deployment by Git: what the file says is committed to another repository, at once or as a pull request, and its merge waited for.

Performed again after a crash it does no harm: the commit carries the name of its attempt, and is found by it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.deploying.git import words
from bot.actions.deploying.git.edits import EditRefused, checked, copied, with_set
from bot.actions.deploying.git.grants import GitGrants, NotGranted
from bot.actions.deploying.log import LogOpener, LogWriter, write_line
from bot.actions.outcome import code
from bot.core.artifacts import SOURCE
from bot.core.sources import people
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.continuation import Continuation
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.git_deployment import GitDeploy, Proposal
from bot.model.pipeline import DAY
from bot.model.repository import Repository
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Author,
    Branches,
    BranchMoved,
    Clock,
    CommitUnavailable,
    HostRefused,
    HostUnavailable,
    OpenBranch,
    Provider,
    Sources,
)

TRIES = 8
"""How often it is done anew when others push to the branch meanwhile, before the outbox is asked to wait."""
WAITS = 7 * DAY
"""Seconds that a merge is waited for where the action says nothing: as long as for an approval."""
LOOK_SOONEST, LOOK_LATEST = 15.0, 300.0
AUTHOR = Author("Penstock", "penstock@noreply.invalid")


@dataclass(frozen=True, slots=True)
class _Change:
    """One attempt: what the file asks for with its references replaced; `files` are the artifact's, by where they go, some of them `executable`."""

    context: ActionContext
    work: GitDeploy
    repository: Repository
    files: Mapping[str, bytes]
    executable: Collection[str]
    url: str
    log: LogWriter

    @property
    def where(self) -> str:
        return f"{self.repository.full_name}, branch {self.work.branch}"


class GitDeployments:
    """`work_dir` holds a folder an attempt while files of its artifact are read. `execution_url` is for whoever reads a commit."""

    def __init__(
        self,
        grants: GitGrants,
        providers: Mapping[str, Provider],
        branches: Branches,
        sources: Sources,
        artifacts: Artifacts,
        logs: LogOpener,
        clock: Clock,
        work_dir: Path,
        log_limit: int,
        execution_url: Callable[[str], str],
    ) -> None:
        self._grants = grants
        self._providers = providers
        self._branches = branches
        self._sources = sources
        self._handover = Handover(artifacts, sources)
        self._logs = logs
        self._clock = clock
        self._root = work_dir
        self._log_limit = log_limit
        self._execution_url = execution_url
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self.changed: Callable[[str], None] = lambda _: None

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = context.again.since if context.again else self._clock.now()
        log = self._logs.open(context.job, self._log_limit, ())
        try:
            outcome = await self._perform(context, log)
            if outcome.summary:
                write_line(log, f"{outcome.summary}.")
            return replace(outcome, started_at=began)
        except NotGranted as refused:
            return ActionOutcome(ActionStatus.FAILED, began, str(refused), ErrorCode.PERMISSION)
        except EditRefused as refused:
            return ActionOutcome(ActionStatus.FAILED, began, str(refused), ErrorCode.CONFIGURATION)
        except (Unresolved, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        finally:
            log.close()

    async def abandon(self, job: str) -> None:
        """It is cancelled, and leaves nothing that goes on; a pull request stays open, for people to close."""

    async def forget(self, job: str) -> None:
        await self._sources.remove(self._folder(job))

    async def sweep(self, keep: Collection[str]) -> None:  # noqa: ARG002  whatever is half done is done again
        for folder in self._root.glob("*"):
            await self._sources.remove(folder)

    async def _perform(self, context: ActionContext, log: LogWriter) -> ActionOutcome:
        work = _resolved(context)
        repository = await self._grants.find(work.repository, context.execution.lane.repository)
        if context.again is not None and context.again.token:
            return await self._look(context, context.again, repository)
        files, executable = await self._copied(context, work) if work.files else ({}, ())
        url = self._execution_url(context.execution.id)
        change = _Change(context, work, repository, files, executable, url, log)
        key = (repository.provider, repository.id)
        async with self._locks.setdefault(key, asyncio.Lock()):
            return await (self._proposed(change) if work.pull_request else self._committed(change))

    async def _committed(self, change: _Change) -> ActionOutcome:
        branch, context = change.work.branch, change.context
        for _ in range(TRIES):
            async with self._opened(change, (branch,)) as opened:
                commits = await opened.newest(branch)
                if not commits:
                    raise EditRefused(f"{change.repository.full_name} has no branch {branch}")
                if done := next((one.id for one in commits if words.is_of(one.message, context)), ""):
                    return _ended(change, done, f"committed {done[:7]} to {change.where}")
                made = await self._commit(change, opened, commits[0].id)
                if not made:
                    return _ended(change, commits[0].id, f"nothing to change: {change.where} says so already")
                try:
                    await opened.push(made, branch, commits[0].id)
                except BranchMoved:
                    write_line(change.log, f"Somebody else has pushed to {branch}: it is done again on top of that.")
                    continue
                return _ended(change, made, f"committed {made[:7]} to {change.where}")
        raise HostUnavailable(f"{change.where} moves faster than it can be pushed to")

    async def _proposed(self, change: _Change) -> ActionOutcome:
        work, context, source = change.work, change.context, words.branch(change.context)
        async with self._opened(change, (work.branch, source)) as opened:
            base, ours = await opened.newest(work.branch), await opened.newest(source)
            if not base:
                raise EditRefused(f"{change.repository.full_name} has no branch {work.branch}")
            if done := next((one.id for one in base if words.is_of(one.message, context)), ""):
                return _ended(
                    change, done, f"merged as {done[:7]} to {change.where}"
                )  # before a crash could tell of it
            made = ours[0].id if ours and words.is_of(ours[0].message, context) else ""
            if not made:
                made = await self._commit(change, opened, base[0].id)
                if not made:
                    return _ended(change, base[0].id, f"nothing to change: {change.where} says so already")
                try:
                    await opened.push(made, source, ours[0].id if ours else "")
                except BranchMoved:
                    raise HostUnavailable(f"the branch {source} has just been pushed to") from None
        title = words.subject(context, work.message)
        proposal = Proposal(source, work.branch, title, words.text(context, change.url))
        host = self._providers[change.repository.provider]
        number = await host.contributing.propose(change.repository, proposal)
        told = f"pull request #{number} of {change.repository.full_name}"
        if not work.wait:
            return _ended(change, made, f"opened {told}", PullRequest=str(number))
        now = self._clock.now()
        again = Continuation(now + LOOK_SOONEST, now, now, 1, f"{number}:{made}")
        return ActionOutcome(ActionStatus.IN_PROGRESS, now, f"waiting until {told} is merged", again=again)

    async def _look(self, context: ActionContext, before: Continuation, repository: Repository) -> ActionOutcome:
        """Whether it has been merged by now."""
        number, _, commit = before.token.partition(":")
        told, now = f"pull request #{number} of {repository.full_name}", self._clock.now()
        found = await self._providers[repository.provider].pull_request(repository, int(number))
        if found is None or not (found.open or found.merged):
            return ActionOutcome(ActionStatus.FAILED, 0.0, f"{told} was closed unmerged", ErrorCode.JOB_FAILED)
        if found.merged:
            moved = "" if found.head == commit else f" as {found.head[:7]}, which others had changed"
            outputs = {"CommitId": found.head, "Repository": repository.full_name, "PullRequest": number}
            return ActionOutcome(ActionStatus.SUCCEEDED, 0.0, f"{told} was merged{moved}", outputs=outputs)
        if now - before.since >= (context.action.timeout or WAITS):
            late = f"{told} was not merged within its timeout"
            return ActionOutcome(ActionStatus.FAILED, 0.0, late, ErrorCode.TIMEOUT)
        wait = min(LOOK_LATEST, LOOK_SOONEST * 2.0 ** min(before.asked // 4, 10))
        again = replace(before, at=now + wait, heard=now, asked=before.asked + 1)
        return ActionOutcome(ActionStatus.IN_PROGRESS, 0.0, again=again)

    @asynccontextmanager
    async def _opened(self, change: _Change, branches: Collection[str]) -> AsyncIterator[OpenBranch]:
        remote = await self._providers[change.repository.provider].contributing.remote(change.repository)
        async with self._branches.open(remote, tuple(branches)) as opened:
            yield opened

    async def _commit(self, change: _Change, opened: OpenBranch, parent: str) -> str:
        """Its id; "" where everything is so already. Raises EditRefused."""
        work, edits = change.work, change.files
        if not work.files:
            there = await opened.read(parent, work.paths)
            edits = await asyncio.to_thread(with_set, there, work.paths, work.set)
            for path in edits:
                write_line(change.log, f"set in {path}: {', '.join(work.set)}")
        message = words.commit_message(change.context, work.message, change.url)
        now = self._clock.now()
        return await opened.commit(parent, edits, change.executable, message, AUTHOR, now) if edits else ""

    async def _copied(self, context: ActionContext, work: GitDeploy) -> tuple[Mapping[str, bytes], Collection[str]]:
        folder = self._folder(context.job)
        await self._sources.remove(folder)
        folder.mkdir(parents=True)
        if SOURCE in (context.action.inputs or (SOURCE,)):
            execution = context.execution
            repository, commit = execution.lane.repository, execution.revision.commit
            checkout = replace(context.pipeline.checkout, format="zip")
            await self._sources.fetch(repository, [commit], checkout)
            await self._sources.check_out(repository, commit, checkout, folder / "source", people(execution))
        await self._handover.bring(context, folder)
        root = next(iter(places(context, folder).values()))
        return await asyncio.to_thread(copied, root, work.files, work.paths[0])

    def _folder(self, job: str) -> Path:
        return self._root / job.replace("/", "--")


def _resolved(context: ActionContext) -> GitDeploy:
    """With references replaced, and paths that lead nowhere else. Raises Unresolved, EditRefused."""
    work = context.action.work
    assert isinstance(work, GitDeploy)  # noqa: S101  chosen by this type
    value = resolver(context.pipeline, context.execution)
    return replace(
        work,
        repository=substitute(work.repository, value),
        branch=substitute(work.branch, value),
        paths=tuple(checked(substitute(path, value)) for path in work.paths),
        set={place: substitute(text, value) for place, text in work.set.items()},
        message=substitute(work.message, value),
    )


def _ended(change: _Change, commit: str, summary: str, **more: str) -> ActionOutcome:
    outputs = {"CommitId": commit, "Repository": change.repository.full_name, **more}
    return ActionOutcome(ActionStatus.SUCCEEDED, 0.0, summary, outputs=outputs)
