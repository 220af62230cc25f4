"""GitLab behind `ports.Provider`: which of the neighbours answers what, and the few questions too small for a file.

https://docs.gitlab.com/api/rest/
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from bot.model.delivery import Delivery
from bot.model.host_event import (
    CommentRef,
    HostEvent,
    PullRequestChanged,
    PullRequestEdit,
    PullRequestEdited,
    Thread,
    ThreadKind,
)
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.status import CommitStatus
from bot.ports import Clock, FoundRepository, GitRemote, HostHealth, HostRefused, Reading
from providers.base.further import Further, general
from providers.base.headers import header
from providers.base.names import Names
from providers.base.naming import read_delivery
from providers.base.settings_named import Named
from providers.base.token_facts import TokenFacts
from providers.features import LIMITS
from providers.gitlab import events, webhooks
from providers.gitlab.client import GitLabClient
from providers.gitlab.contributing import GitLabContributing
from providers.gitlab.deployments import GitLabDeployments
from providers.gitlab.errors import ENVIRONMENT, NotThere
from providers.gitlab.hooks import GitLabHooks
from providers.gitlab.notes import Notes
from providers.gitlab.objects import merge_request_path, project_path
from providers.gitlab.payloads import NAME, Account, ApiMergeRequest, Branch, Found, Token
from providers.gitlab.people import People
from providers.gitlab.statuses import Statuses


class GitLabProvider:
    """One GitLab: gitlab.com or a server of one's own, of 16.0 or newer."""

    limits = LIMITS["gitlab"]
    checks = None
    redeliveries = None

    def __init__(
        self,
        url: str,
        clock: Clock,
        webhook_secrets: Sequence[str] = (),
        signing_tokens: Sequence[str] = (),
        token: str = "",
        timeout: float = 10,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
        further: Further = tuple,
        name: str = "gitlab",
        named: Named = ENVIRONMENT,
    ) -> None:
        self.name = name
        self._further = further
        self._url = url.rstrip("/")
        self._clock = clock
        self._secrets = general(webhook_secrets)
        self._keys = tuple(webhooks.signing_key(signing) for signing in signing_tokens if signing)
        self._token = token
        self._client = GitLabClient(self._url, token, timeout, ca_bundle, now, named)
        self.hooks = GitLabHooks(self._client)
        self._statuses = Statuses(self._client)
        self.deployments = GitLabDeployments(self._client)
        self.contributing = GitLabContributing(self._client, self.remote)
        self._notes = Notes(self._client)
        self._people = People(self._client, clock)
        self._names = Names()

    @property
    def health(self) -> HostHealth:
        return self._client.health

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        further = self._further()
        values = [one.value for one in further]
        number = webhooks.verify(headers, body, self._secrets, self._keys, self._clock.now(), values)
        return "" if number is None else further[number].good_for

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        by_key = bool(self._keys) or bool(self._further())
        signed = by_key and bool(header(headers, webhooks.SIGNATURE))
        return replace(webhooks.delivery(headers, body, received_at, signed=signed), provider=self.name)

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        return self.reading(delivery)

    @property
    def reading(self) -> Reading:
        return partial(read_delivery, events.read_events, webhooks.EVENT_KEPT, self._url, self.name)

    def learn(self, repository: Repository) -> None:
        self._names.learn(repository)

    async def complete(self, event: HostEvent) -> HostEvent:
        """A merge request's delivery tells neither where its branch began nor who its author is, but by id: one question.

        What it does tell stays: by now the merge request may have moved on. Where GitLab will not say, it is all there is.
        """
        if not isinstance(event, PullRequestChanged | PullRequestEdited):
            return event
        if isinstance(event, PullRequestEdited) and event.edit is not PullRequestEdit.READY:
            return event  # nobody needs more of it
        told = event.pull_request
        self._statuses.know(event.repository, told)
        try:
            found = await self._merge_request(event.repository, told.number)
        except HostRefused:
            found = None
        if found is None:
            return event
        author = events.person(found.author.id, found.author.username) if found.author else told.author
        base = found.diff_refs.base_sha if found.diff_refs else None
        return replace(event, pull_request=replace(told, author=author, base=base or ""))

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        page = f"{self._url}/{quote(self._names.name(repository))}"
        if thread is not None and thread.kind is ThreadKind.PULL_REQUEST:
            return f"{page}/-/merge_requests/{quote(thread.name, safe='')}"
        commit = commit or (thread.name if thread is not None else "")
        return f"{page}/-/commit/{quote(commit, safe='')}" if commit else page

    async def set_status(self, status: CommitStatus) -> None:
        await self._statuses.set(status)

    async def put_comment(
        self,
        repository: Repository,
        thread: Thread,
        marker: str,
        body: str,
        known_id: str = "",
        in_reply_to: str = "",  # noqa: ARG002  a note is found again without
    ) -> str:
        return await self._notes.put(repository, thread, marker, body, known_id)

    async def react(self, comment: CommentRef, reaction: str) -> None:
        await self._notes.react(comment, reaction)

    async def role(self, repository: Repository, person: Person) -> Role:
        return await self._people.role(repository, person)

    async def find(self, full_name: str) -> FoundRepository | None:
        """https://docs.gitlab.com/api/projects/#get-a-single-project."""
        if not re.fullmatch(f"{NAME}(/{NAME})+", full_name):
            return None  # No path of a project; and a number would mean another one.
        try:
            found = await self._client.get(f"/projects/{quote(full_name, safe='')}", Found)
        except NotThere:
            return None
        public = found.visibility == "public" and found.repository_access_level == "enabled"
        return FoundRepository(Repository(self.name, str(found.id), found.path_with_namespace), public=public)

    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:  # noqa: ARG002  a group has its own place
        return await self._people.in_team(person, team)

    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        found = await self._merge_request(repository, number)
        return _pull_request(found) if found is not None else None

    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:
        """https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit."""
        path = f"{project_path(repository)}/repository/commits/{quote(commit, safe='')}/merge_requests"
        known: list[PullRequest] = []
        try:
            async for page in self._client.pages(path, list[ApiMergeRequest], {}):
                known += map(_pull_request, page)
        except NotThere:
            return []
        return sorted(known, key=lambda one: not one.merged)

    async def has_contributed(self, repository: Repository, pull_request: PullRequest) -> bool:
        """`first_contribution` of https://docs.gitlab.com/api/merge_requests/#get-single-mr."""
        found = await self._merge_request(repository, pull_request.number)
        return found is not None and not found.first_contribution

    async def open_pull_requests(self, repository: Repository) -> list[PullRequest]:
        """The oldest first, so that one that is opened meanwhile moves none to another page. https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests."""
        path, query = f"{project_path(repository)}/merge_requests", {"state": "opened", "scope": "all", "sort": "asc"}
        return [
            _pull_request(one) async for page in self._client.pages(path, list[ApiMergeRequest], query) for one in page
        ]

    async def head(self, repository: Repository, branch: str) -> str | None:
        if branch in ("", ".", ".."):
            return None  # No name of a branch, and as part of an address it would lead elsewhere.
        path = f"{project_path(repository)}/repository/branches/{quote(branch, safe='')}"
        try:
            found = await self._client.get(path, Branch)
        except NotThere:
            return None
        return found.commit.id if found.name == branch else None

    async def remote(self, repository: Repository) -> GitRemote:
        """A token is the password, and any user name does: https://docs.gitlab.com/user/profile/personal_access_tokens/."""
        return GitRemote(f"{self._url}/{quote(self._names.name(repository))}.git", "oauth2", self._token)

    async def token(self) -> TokenFacts:
        """Raises ProviderError when the host does not take it."""
        account = await self._client.get("/user", Account)
        token = await self._client.get("/personal_access_tokens/self", Token)
        return TokenFacts(account.username, token.scopes, token.expires_at or "")

    async def elsewhere(self, repository: Repository, commit: str) -> GitRemote | None:
        """None: a pull request's commits are its target's, too."""

    async def close(self) -> None:
        await self._client.close()

    async def _merge_request(self, repository: Repository, number: int) -> ApiMergeRequest | None:
        thread = Thread(ThreadKind.PULL_REQUEST, str(number))
        try:
            return await self._client.get(merge_request_path(repository, thread), ApiMergeRequest)
        except NotThere:
            return None


def _pull_request(found: ApiMergeRequest) -> PullRequest:
    author = events.person(found.author.id, found.author.username) if found.author else None
    return PullRequest(
        number=found.iid,
        head=found.sha or "",
        source_branch=found.source_branch,
        target_branch=found.target_branch,
        base=(found.diff_refs.base_sha if found.diff_refs else None) or "",
        title=found.title,
        author=author,
        open=found.state in ("opened", "locked"),
        merged=found.state == "merged",
        draft=found.draft,
        labels=tuple(found.labels),
        same_repository=found.source_project_id == found.target_project_id,
    )
