"""A deployment by Git: what the file says is committed to another repository, at once or as a pull request, and its merge waited for.

Performed again after a crash it does no harm: the commit carries the name of its attempt, and is found by it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.deploying.git import words
from bot.actions.deploying.git.change import Change
from bot.actions.deploying.git.edits import EditRefused, checked, copied
from bot.actions.deploying.git.grants import GitGrants, NotGranted
from bot.actions.deploying.git.proposals import Proposals
from bot.actions.deploying.log import LogOpener, LogWriter, write_line
from bot.actions.outcome import code
from bot.core.artifacts import SOURCE
from bot.core.sources import people
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.git_deployment import GitDeploy
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Branches,
    BranchMoved,
    Clock,
    CommitUnavailable,
    HostRefused,
    HostUnavailable,
    Provider,
    Sources,
)

TRIES = 8
"""How often it is done anew when others push to the branch meanwhile, before the outbox is asked to wait."""


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
        self._proposals = Proposals(providers, branches, clock)
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
            return await self._proposals.look(context, context.again, repository)
        files, executable = await self._copied(context, work) if work.files else ({}, ())
        url = self._execution_url(context.execution.id)
        change = Change(context, work, repository, self._providers[repository.provider], files, executable, url, log)
        key = (repository.provider, repository.id)
        async with self._locks.setdefault(key, asyncio.Lock()):
            return await (self._proposals.propose(change) if work.pull_request else self._committed(change))

    async def _committed(self, change: Change) -> ActionOutcome:
        branch, context = change.work.branch, change.context
        for _ in range(TRIES):
            async with change.opened(self._branches, branch) as opened:
                commits = await change.target(opened)
                if done := next((one.id for one in commits if words.is_of(one.message, context)), ""):
                    return change.done(done, f"committed {done[:7]} to {change.where}")
                made = await change.commit(opened, commits[0].id, self._clock.now())
                if not made:
                    return change.done(commits[0].id, change.so_already)
                try:
                    await opened.push(made, branch, commits[0].id)
                except BranchMoved:
                    write_line(change.log, f"Somebody else has pushed to {branch}: it is done again on top of that.")
                    continue
                return change.done(made, f"committed {made[:7]} to {change.where}")
        raise HostUnavailable(f"{change.where} moves faster than it can be pushed to")

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
