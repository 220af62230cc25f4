"""A deployment by Git: what the file says is committed to another repository, at once or as a pull request, and its merge waited for.

Performed again after a crash it does no harm: the commit carries the name of its attempt, and is found by it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Protocol

from bot.actions.deploying import Attempt, Refusal
from bot.actions.deploying.git import words
from bot.actions.deploying.git.change import AUTHOR, Change, Repositories, Signature
from bot.actions.deploying.git.edits import EditRefused, checked, copied
from bot.actions.deploying.git.grants import NotGranted
from bot.actions.deploying.revision import Revisions
from bot.core.variables import resolver, substitute
from bot.locks import Locks
from bot.model.continuation import Continuation
from bot.model.error import ErrorCode
from bot.model.execution import Execution
from bot.model.git_deployment import GitDeploy
from bot.model.repository import Repository
from bot.ports import (
    ActionContext,
    ActionOutcome,
    Author,
    Branches,
    BranchMoved,
    Clock,
    HostRefused,
    HostUnavailable,
    PushRefused,
)

TRIES = 8
"""How often it is done anew when others push to the branch meanwhile, before the outbox is asked to wait."""


class Proposing(Protocol):
    """How a change gets to the people who merge it."""

    async def propose(self, change: Change) -> ActionOutcome:
        """Raises EditRefused, ProviderError."""

    async def look(
        self,
        context: ActionContext,
        before: Continuation,
        repository: Repository,
        change: Callable[[], Awaitable[Change]],
    ) -> ActionOutcome:
        """Whether it has been merged by now. `change` makes it anew. Raises as `propose`."""


Signing = Callable[[Execution], Awaitable[Signature]]


def by_the_bot(execution_url: Callable[[str], str], author: Author = AUTHOR) -> Signing:
    async def signature(execution: Execution) -> Signature:
        origin = f"{execution.lane.repository.full_name}@{execution.revision.commit[:7]}"
        return Signature(author, origin, execution_url(execution.id))

    return signature


class GitDeployments:
    """`signing` is for whoever reads a commit."""

    refusals: Mapping[type[Exception], Refusal] = {
        NotGranted: Refusal(ErrorCode.PERMISSION),
        EditRefused: Refusal(ErrorCode.CONFIGURATION),
    }

    def __init__(
        self,
        repositories: Repositories,
        proposals: Proposing,
        branches: Branches,
        revisions: Revisions,
        clock: Clock,
        signing: Signing,
    ) -> None:
        self._repositories = repositories
        self._proposals = proposals
        self._branches = branches
        self._revisions = revisions
        self._clock = clock
        self._signing = signing
        self._locks: Locks[tuple[str, str]] = Locks()

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        outcome = await self._deploy(attempt)
        if outcome.again is None:
            attempt.line(f"{outcome.summary}.")
        elif attempt.context.again is None and outcome.waits is not None:
            attempt.line(f"Waiting until {outcome.waits.merge} is merged.")
        return replace(outcome, started_at=attempt.began)

    async def stop(self, job: str) -> None:
        """It is cancelled, and leaves nothing that goes on; a pull request stays open, for people to close."""

    async def _deploy(self, attempt: Attempt) -> ActionOutcome:
        context, work = attempt.context, _resolved(attempt.context)
        repository = await self._repositories.find(work.repository, context.execution.lane.repository)
        if context.again is not None and context.again.token:
            return await self._proposals.look(
                context, context.again, repository, lambda: self._change(attempt, work, repository)
            )
        change = await self._change(attempt, work, repository)
        key = (repository.provider, repository.id)
        async with self._locks[key]:
            return await (self._proposals.propose(change) if work.pull_request else self._committed(change))

    async def _change(self, attempt: Attempt, work: GitDeploy, repository: Repository) -> Change:
        files, executable = await self._copied(attempt.context, work) if work.files else ({}, ())
        signature = await self._signing(attempt.context.execution)
        return Change(attempt, work, repository, self._repositories, files, executable, signature)

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
                    change.attempt.line(f"Somebody else has pushed to {branch}: it is done again on top of that.")
                    continue
                except PushRefused as refused:
                    remedy = f"Let the bot push to {branch}, or have people merge it: `pull_request: true`."
                    raise HostRefused(f"{refused} {remedy}") from None
                return change.done(made, f"committed {made[:7]} to {change.where}")
        raise HostUnavailable(f"{change.where} moves faster than it can be pushed to")

    async def _copied(self, context: ActionContext, work: GitDeploy) -> tuple[Mapping[str, bytes], Collection[str]]:
        root = await self._revisions.bring(context)
        return await asyncio.to_thread(copied, root, work.files, work.paths[0])


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
