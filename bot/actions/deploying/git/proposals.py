"""A deployment by Git as a pull request: opened or brought up to date, its merge waited for, and closed when there is nothing left to change."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.actions.deploying.git import words
from bot.actions.deploying.git.change import Change
from bot.actions.deploying.git.waiting import looked, proposed
from bot.model.continuation import Continuation, closed
from bot.model.deployment_wait import Merge
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.git_deployment import Proposal
from bot.model.host_event import Thread, ThreadKind
from bot.model.repository import Repository
from bot.ports import (
    ActionContext,
    ActionOutcome,
    BranchCommit,
    Branches,
    BranchMoved,
    Clock,
    HostRefused,
    HostUnavailable,
    OpenBranch,
    Provider,
    PushRefused,
)


class Proposals:
    def __init__(self, providers: Mapping[str, Provider], branches: Branches, clock: Clock) -> None:
        self._providers = providers
        self._branches = branches
        self._clock = clock

    async def propose(self, change: Change) -> ActionOutcome:
        """Raises EditRefused, ProviderError."""
        work, context, source = change.work, change.context, words.branch(change.context, change.work.branch)
        async with change.opened(self._branches, work.branch, source) as opened:
            base, ours = await change.target(opened), await opened.newest(source)
            if done := next((one.id for one in base if words.is_of(one.message, context)), ""):
                # before a crash could tell of it
                return change.done(done, f"merged as {done[:7]} to {change.where}")
            made = ours[0].id if ours and words.is_of(ours[0].message, context) else ""
            if not made:
                made = await change.commit(opened, base[0].id, self._clock.now())
                if not made:
                    withdrawn = await self._withdraw(change, opened, source, ours)
                    return change.done(base[0].id, f"{change.so_already}{withdrawn}")
                try:
                    await opened.push(made, source, ours[0].id if ours else "")
                except BranchMoved:
                    raise HostUnavailable(f"the branch {source} has just been pushed to") from None
                except PushRefused as refused:
                    raise HostRefused(f"{refused} Let the bot make branches called penstock/…") from None
        origin, host = change.signature.origin, self._providers[change.repository.provider]
        title = words.subject(context, work.message, origin)
        proposal = Proposal(source, work.branch, title, words.text(context, origin, change.signature.url))
        number = await host.contributing.propose(change.repository, proposal)
        merge, url = _merge(change.repository, number), host.page_url(change.repository, _thread(number))
        if not work.wait:
            return replace(change.done(made, f"opened {merge}", PullRequest=str(number)), external_url=url)
        wakes = closed(change.repository, number)
        return proposed(context, merge, f"{number}:{made}", self._clock.now(), wakes, url)

    async def look(
        self,
        context: ActionContext,
        before: Continuation,
        repository: Repository,
        change: Callable[[], Awaitable[Change]],  # noqa: ARG002  the host itself is asked
    ) -> ActionOutcome:
        """Whether it has been merged by now. It is asked ever more rarely, and at once when a delivery tells that it was closed."""
        number, _, commit = before.token.partition(":")
        told = _merge(repository, int(number))
        found = await self._providers[repository.provider].pull_request(repository, int(number))
        if found is None or not (found.open or found.merged):
            return ActionOutcome(ActionStatus.FAILED, 0.0, f"{told} was closed unmerged", ErrorCode.JOB_FAILED)
        if found.merged:
            moved = "" if found.head == commit else f" as {found.head[:7]}, which others had changed"
            outputs = {"CommitId": found.head, "Repository": repository.full_name, "PullRequest": number}
            return ActionOutcome(ActionStatus.SUCCEEDED, 0.0, f"{told} was merged{moved}", outputs=outputs)
        url = self._providers[repository.provider].page_url(repository, _thread(int(number)))
        return looked(context, before, told, self._clock.now(), closed(repository, int(number)), url)

    async def _withdraw(self, change: Change, opened: OpenBranch, source: str, ours: Sequence[BranchCommit]) -> str:
        """An older execution's pull request would bring back what it asked for: it is closed, and says why. What comes back is told.

        Its branch goes, too, unless others have added to it, as with bots that update dependencies. The deployment is as it should be
        already, so a host that won't close it does not fail it.
        """
        host, repository = self._providers[change.repository.provider], change.repository
        try:
            number = await host.contributing.proposed(repository, source, change.work.branch)
            if number is None:
                return ""
            signature = change.signature
            why = words.withdrawn(change.context, change.work.branch, signature.origin, signature.url)
            await host.put_comment(repository, _thread(number), words.WITHDRAWN, why)
            await host.contributing.withdraw(repository, number)
            if ours and words.is_ours(ours[0].message):
                with suppress(BranchMoved):
                    await opened.remove(source, ours[0].id)
        except HostRefused as refused:
            change.attempt.line(f"The pull request of an older execution stays open: {refused}")
            return ""
        return f"; {_merge(repository, number)} was closed"


def _merge(repository: Repository, number: int) -> Merge:
    return Merge(repository.full_name, number)


def _thread(number: int) -> Thread:
    return Thread(ThreadKind.PULL_REQUEST, str(number))
