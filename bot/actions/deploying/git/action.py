"""A deployment by Git: what the file says is committed to another repository, at once or as a pull request, and its merge waited for.

Performed again after a crash it does no harm: the commit carries the name of its attempt, and is found by it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from bot.actions.deploying import Attempt, Refusal
from bot.actions.deploying.git import words
from bot.actions.deploying.git.change import Change
from bot.actions.deploying.git.edits import EditRefused, checked, copied
from bot.actions.deploying.git.grants import GitGrants, NotGranted
from bot.actions.deploying.git.proposals import Proposals
from bot.actions.deploying.revision import Revisions
from bot.core.variables import resolver, substitute
from bot.model.error import ErrorCode
from bot.model.git_deployment import GitDeploy
from bot.ports import (
    ActionContext,
    ActionOutcome,
    Branches,
    BranchMoved,
    Clock,
    HostRefused,
    HostUnavailable,
    Provider,
    PushRefused,
)

TRIES = 8
"""How often it is done anew when others push to the branch meanwhile, before the outbox is asked to wait."""


class GitDeployments:
    """`execution_url` is for whoever reads a commit."""

    refusals: Mapping[type[Exception], Refusal] = {
        NotGranted: Refusal(ErrorCode.PERMISSION),
        EditRefused: Refusal(ErrorCode.CONFIGURATION),
    }

    def __init__(
        self,
        grants: GitGrants,
        providers: Mapping[str, Provider],
        branches: Branches,
        revisions: Revisions,
        clock: Clock,
        execution_url: Callable[[str], str],
    ) -> None:
        self._grants = grants
        self._providers = providers
        self._branches = branches
        self._revisions = revisions
        self._clock = clock
        self._execution_url = execution_url
        self._proposals = Proposals(providers, branches, clock)
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        outcome = await self._deploy(attempt)
        if outcome.summary:
            attempt.line(f"{outcome.summary}.")
        return replace(outcome, started_at=attempt.began)

    async def stop(self, job: str) -> None:
        """It is cancelled, and leaves nothing that goes on; a pull request stays open, for people to close."""

    async def _deploy(self, attempt: Attempt) -> ActionOutcome:
        context, work = attempt.context, _resolved(attempt.context)
        repository = await self._grants.find(work.repository, context.execution.lane.repository)
        if context.again is not None and context.again.token:
            return await self._proposals.look(context, context.again, repository)
        files, executable = await self._copied(context, work) if work.files else ({}, ())
        url = self._execution_url(context.execution.id)
        change = Change(attempt, work, repository, self._providers[repository.provider], files, executable, url)
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
