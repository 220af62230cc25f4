"""Commit statuses on GitLab, which are jobs of a pipeline and as such follow a lifecycle of their own.

https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
A status that runs cannot be set to run again, not even with other words, and never goes back to pending: both are answered
400. One that has ended is left as it is, and the next one of its name stands in its place.
"""

from collections import OrderedDict
from typing import TypeVar

from bot.locks import Locks
from bot.model.host_event import Thread, ThreadKind
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind, Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostRefused
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.features import LIMITS
from providers.gitlab.client import GitLabClient
from providers.gitlab.errors import CannotTransition, Forbidden
from providers.gitlab.objects import merge_request_path, project_path, sha_of
from providers.gitlab.payloads import ApiMergeRequest

K = TypeVar("K")
V = TypeVar("V")

STATES = {
    StatusState.QUEUED: "pending",
    StatusState.RUNNING: "running",
    StatusState.WAITING: "running",
    StatusState.SUCCEEDED: "success",
    StatusState.FAILED: "failed",
    StatusState.STOPPED: "canceled",
    StatusState.INVALID: "failed",
}
"""Section 21 of the behaviour reference."""

_ENDS = ("success", "failed", "canceled")
TAKEN_AFTER = {"pending": ("running", *_ENDS), "running": _ENDS}
"""What GitLab takes of one that has not ended; after an end it takes anything."""

REMEMBERED = 4096
MOST_REF = 255
MOST_URL = 255


class Made(Model):
    """`pipeline_id` is told by newer servers."""

    status: str
    pipeline_id: Id | None = None


class Statuses:
    """Sets statuses, those of one commit one after the other: GitLab locks the commit, and waits by half seconds.

    What was set before is remembered, so that nothing is sent that GitLab would refuse; and in which pipeline: all of a commit and a
    ref stay in the one of the first, though GitLab's own jobs may have made a newer one meanwhile, where a second half would show.
    """

    def __init__(self, client: GitLabClient) -> None:
        self._client = client
        self._told: OrderedDict[tuple[str, str, str], tuple[str, CommitStatus]] = OrderedDict()
        self._pipelines: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        self._branches: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lines: Locks[tuple[str, str]] = Locks()

    async def set(self, status: CommitStatus) -> None:
        """See `ports.Provider.set_status`."""
        async with self._lines[status.repository.id, status.commit]:
            key = (status.repository.id, status.commit, status.context)
            state = STATES[status.state]
            before, told = self._told.get(key, ("", None))
            if told != status:
                await self._bring(status, state, before)
                _keep(self._told, key, (state, status))

    def know(self, repository: Repository, request: PullRequest) -> None:
        """A merge request as it was told: a question less."""
        same = request.same_repository
        self._keep_branch(repository, str(request.number), request.source_branch, same=same)

    async def _bring(self, status: CommitStatus, state: str, before: str) -> None:
        if state not in TAKEN_AFTER.get(before, STATES.values()):
            await self._replace(status, state)
            return
        try:
            await self._send(status, state)
        except CannotTransition:
            await self._replace(status, state)

    async def _replace(self, status: CommitStatus, state: str) -> None:
        """End the one that runs, as canceled since nothing may be merged meanwhile, and put another in its place, with the
        words that GitLab would not take for it: for what it waits, or how far it is.
        """
        await self._send(status, "canceled")
        await self._send(status, state)

    async def _send(self, status: CommitStatus, state: str) -> None:
        body: dict[str, str | int] = {
            "state": state,
            "name": status.context,
            "description": shortened(status.description, LIMITS["gitlab"].description),
        }
        if page := _page(status.url):
            body["target_url"] = page
        if ref := await self._ref(status):
            body["ref"] = ref
        place = (status.repository.id, status.commit, ref)
        if pipeline := self._pipelines.get(place):
            body["pipeline_id"] = pipeline
        path = f"{project_path(status.repository)}/statuses/{sha_of(status.commit)}"
        try:
            made = await self._client.post(path, body, Made)
        except Forbidden as refusal:
            raise HostRefused(f"{refusal} (on a protected branch the token needs the role Maintainer)") from None
        if made.pipeline_id is not None:
            _keep(self._pipelines, place, made.pipeline_id)

    async def _ref(self, status: CommitStatus) -> str:
        """To the pipeline of which ref the status belongs; "" lets GitLab choose among those that have the commit."""
        if status.ref is None:
            return ""
        if status.ref.kind is RefKind.PULL_REQUEST:
            return await self._branch(status.repository, status.ref)
        return status.ref.name if len(status.ref.name) <= MOST_REF else ""

    async def _branch(self, repository: Repository, ref: Ref) -> str:
        """A merge request shows the pipelines of its source branch. A fork's branch is none of the project's: there it is
        the merge request's own ref, else a fork's `main` would pass for the project's. It is asked for once.
        """
        key = (repository.id, ref.name)
        if key not in self._branches:
            thread = Thread(ThreadKind.PULL_REQUEST, ref.name)
            found = await self._client.get(merge_request_path(repository, thread), ApiMergeRequest)
            same = found.source_project_id == found.target_project_id
            self._keep_branch(repository, ref.name, found.source_branch, same=same)
        return self._branches[key]

    def _keep_branch(self, repository: Repository, number: str, branch: str, *, same: bool) -> None:
        own = f"refs/merge-requests/{number}/head"
        _keep(self._branches, (repository.id, number), branch if same and len(branch) <= MOST_REF else own)


def _page(url: str) -> str:
    """The address, without its place on the page where it is too long for GitLab; nothing where even that is."""
    return next((one for one in (url, url.partition("#")[0]) if len(one) <= MOST_URL), "")


def _keep(known: OrderedDict[K, V], key: K, value: V) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > REMEMBERED:
        known.popitem(last=False)
