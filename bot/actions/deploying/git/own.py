"""Repositories that whoever runs a working tree has named, which their own git pushes to. No host is known of them, so that a proposal is its branch:
people open a pull request of it, and its merge is seen by what the target branch has come to say.
"""

from collections.abc import Awaitable, Callable, Mapping

from bot.actions.deploying.git import words
from bot.actions.deploying.git.change import Change
from bot.actions.deploying.git.grants import NotGranted
from bot.actions.deploying.git.waiting import looked, proposed
from bot.model.continuation import Continuation
from bot.model.deployment_wait import Merge
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.repository import Repository
from bot.ports import ActionContext, ActionOutcome, Branches, BranchMoved, Clock, GitRemote, HostUnavailable


class OwnRepositories:
    """`remotes` are what git takes for a remote, by the names that pipeline files have for the repositories."""

    def __init__(self, remotes: Mapping[str, str]) -> None:
        self._remotes = remotes

    async def find(self, wanted: str, repository: Repository) -> Repository:
        if wanted not in self._remotes:
            raise NotGranted(
                f"you have not said where {wanted} is: --repository {wanted}=URL, which your own git pushes to; `penstock run STAGE` runs one stage alone"
            )
        return Repository(repository.provider, self._remotes[wanted], wanted)

    async def remote(self, repository: Repository) -> GitRemote:
        return GitRemote(repository.id)

    def page(self, repository: Repository, commit: str) -> str:  # noqa: ARG002  the protocol's
        return ""


class BranchProposals:
    def __init__(self, branches: Branches, clock: Clock) -> None:
        self._branches = branches
        self._clock = clock

    async def propose(self, change: Change) -> ActionOutcome:
        """Raises EditRefused, ProviderError."""
        work, source = change.work, words.branch(change.context, change.work.branch)
        async with change.opened(self._branches, work.branch, source) as opened:
            base, ours = await change.target(opened), await opened.newest(source)
            made = await change.commit(opened, base[0].id, self._clock.now())
            if not made:
                return change.done(base[0].id, change.so_already)
            try:
                await opened.push(made, source, ours[0].id if ours else "")
            except BranchMoved:
                raise HostUnavailable(f"the branch {source} has just been pushed to") from None
        told = (
            f"pushed the branch {source} of {change.repository.full_name}: open a pull request from it to {work.branch}"
        )
        if not work.wait:
            return change.done(made, told)
        change.attempt.line(f"{told[0].upper()}{told[1:]}.")
        merge = Merge(change.repository.full_name, branch=source)
        return proposed(change.context, merge, f"{source}:{made}", self._clock.now())

    async def look(
        self,
        context: ActionContext,
        before: Continuation,
        repository: Repository,
        change: Callable[[], Awaitable[Change]],
    ) -> ActionOutcome:
        """Whether the target branch has our commit by now, or says all that it says: a squashed one has another name."""
        wanted, source = await change(), before.token.partition(":")[0]
        told, now = Merge(repository.full_name, branch=source), self._clock.now()
        async with wanted.opened(self._branches, wanted.work.branch, source) as opened:
            base, ours = await wanted.target(opened), await opened.newest(source)
            merged = next((one.id for one in base if words.is_of(one.message, context)), "")
            if not merged and not await wanted.commit(opened, base[0].id, now):
                merged = base[0].id
        if merged:
            return wanted.done(merged, f"{told} was merged")
        if not ours:
            return ActionOutcome(ActionStatus.FAILED, 0.0, f"{told} is gone, unmerged", ErrorCode.JOB_FAILED)
        return looked(context, before, told, now)
