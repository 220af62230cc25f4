"""Which revision a rerun is of: the newest one of the thread that it was asked in, or the one that was named (RUN-3, RUN-4)."""

import re
from collections.abc import Mapping

from bot.model.execution import Execution
from bot.model.host_event import CommentRef, ThreadKind
from bot.model.people import Person
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import ExecutionFilter, HostRefused, Provider, Sources, Store
from bot.runtime.intake.definitions import JUST_THE_COMMIT
from bot.runtime.intake.trust import from_outside

LOOKED_THROUGH = 200
"""Executions of a repository among which the beginning of a commit's id is looked for."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


async def at_head(store: Store, sources: Sources, repository: Repository, branch: str, head: str) -> Revision:
    """A branch's newest commit, which has been fetched, as a revision: its author is who is known to have pushed it."""
    message, authored_at = await sources.describe(repository, head)
    ref = Ref(RefKind.BRANCH, branch)
    author = await pusher(store, repository, ref, head)
    return Revision(head, ref, branch=branch, author=author, message=message, authored_at=authored_at)


async def pusher(store: Store, repository: Repository, ref: Ref, commit: str) -> Person | None:
    """Who brought the commit to where it is, as its delivery told; None when none of it has been heard."""
    intake = await store.intake(repository, ref)
    return intake.by if intake is not None and intake.commit == commit else None


class Revisions:
    """Looks revisions up, on the host and among what has run."""

    def __init__(self, store: Store, sources: Sources, providers: Mapping[str, Provider]) -> None:
        self._store = store
        self._sources = sources
        self._providers = providers

    async def of_thread(self, comment: CommentRef) -> Revision | None:
        if comment.thread.kind is ThreadKind.COMMIT:
            ran = await self._of_commit(comment.repository, comment.thread.name)
            return next((one.revision for one in ran if not one.outside), None)
        return await self._pull_request(comment)

    async def is_outside(self, comment: CommentRef) -> bool:
        """Whether what the thread is about comes from outside: then `/ok-to-test` alone runs it."""
        if comment.thread.kind is ThreadKind.COMMIT:
            ran = await self._of_commit(comment.repository, comment.thread.name)
            return bool(ran) and all(one.outside for one in ran)
        repository = comment.repository
        found = await self._providers[repository.provider].pull_request(repository, int(comment.thread.name))
        return found is not None and await from_outside(self._providers, repository, found) != ""

    async def named(self, repository: Repository, name: str) -> Revision | None:
        """A branch's newest commit; or a tag, or a commit, that a pipeline has run for.

        A commit that nothing has run for is not taken: hosts give those of forks out under the repository's own name. Nor is
        one that ran as a change from outside alone.
        """
        try:
            head = await self._providers[repository.provider].head(repository, name)
        except HostRefused:
            head = None
        if head is not None:
            await self._sources.fetch(repository, [head], JUST_THE_COMMIT)
            return await at_head(self._store, self._sources, repository, name, head)
        tag = ExecutionFilter(ref=f"tags/{name}", provider=repository.provider, repository_id=repository.id)
        tagged = await self._store.executions(tag, 1)
        if tagged:
            return tagged[0].revision
        return await self._commit(repository, name.lower()) if _COMMIT.fullmatch(name.lower()) else None

    async def _commit(self, repository: Repository, name: str) -> Revision | None:
        """By its id, or by a beginning of it that fits only one of the commits that ran of late."""
        whole = await self._of_commit(repository, name)
        if whole:
            return next((one.revision for one in whole if not one.outside), None)
        which = ExecutionFilter(provider=repository.provider, repository_id=repository.id)
        latest = await self._store.executions(which, LOOKED_THROUGH)
        fitting = [one.revision for one in latest if one.revision.commit.startswith(name) and not one.outside]
        return fitting[0] if len({revision.commit for revision in fitting}) == 1 else None

    async def _of_commit(self, repository: Repository, commit: str) -> list[Execution]:
        """The newest first."""
        return await self._store.executions(ExecutionFilter.of_commit(repository, commit), LOOKED_THROUGH)

    async def _pull_request(self, comment: CommentRef) -> Revision | None:
        repository = comment.repository
        found = await self._providers[repository.provider].pull_request(repository, int(comment.thread.name))
        if found is None or not found.same_repository:
            return None
        message, authored_at = await self._described(repository, found.head)
        ref = Ref(RefKind.PULL_REQUEST, str(found.number))
        return Revision(
            commit=found.head,
            ref=ref,
            branch=found.source_branch,
            pull_request=found.number,
            target_branch=found.target_branch,
            author=found.author,
            message=message,
            authored_at=authored_at,
            pushed_by=await pusher(self._store, repository, ref, found.head),
        )

    async def _described(self, repository: Repository, commit: str) -> tuple[str, str]:
        await self._sources.fetch(repository, [commit], JUST_THE_COMMIT)
        return await self._sources.describe(repository, commit)
