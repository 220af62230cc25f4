"""Bitbucket Cloud behind `ports.Provider`: which of the neighbours answers what, and the few questions too small for a file.

https://developer.atlassian.com/cloud/bitbucket/rest/
"""

import asyncio
import base64
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from bot.model.delivery import Delivery
from bot.model.host_event import CommentCreated, CommentRef, HostEvent, PullRequestChanged, Pushed, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import RefKind, Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import FoundRepository, GitRemote, HostHealth, Reading
from providers.base.further import Further, general
from providers.base.names import Names
from providers.base.naming import read_delivery
from providers.base.settings_named import Named, in_environment
from providers.base.shorten import shortened
from providers.base.token_facts import TokenFacts
from providers.bitbucket import builds
from providers.bitbucket.client import Client, Refused, at, read
from providers.bitbucket.cloud import api, events, payloads, people
from providers.bitbucket.cloud.comments import Comments
from providers.bitbucket.cloud.commits import Commits
from providers.bitbucket.cloud.contributing import CloudContributing
from providers.bitbucket.cloud.forks import Forks
from providers.bitbucket.cloud.hooks import CloudHooks
from providers.bitbucket.cloud.insights import CloudInsights
from providers.bitbucket.webhooks import EVENT_KEPT, Edge
from providers.features import LIMITS

LONGEST_KEY = 40
"""https://jira.atlassian.com/browse/BCLOUD-23984"""

LONGEST_NAME = 255

_UUID = re.compile(r"\{[0-9a-fA-F-]{36}\}")

ACCESS_TOKEN_USER = "x-token-auth"  # noqa: S105  a user's name
"""https://support.atlassian.com/bitbucket-cloud/docs/using-access-tokens/"""

API_TOKEN_USER = "x-bitbucket-api-token-auth"  # noqa: S105  a user's name
"""https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens/"""

ENVIRONMENT = in_environment("PENSTOCK_BITBUCKET")


class BitbucketCloudProvider:
    """bitbucket.org. Signed in with an access token, or with an API token of `user`, an Atlassian account's address."""

    limits = LIMITS["bitbucket"]
    deployments = None
    redeliveries = None

    def __init__(
        self,
        url: str,
        api_url: str,
        webhook_secrets: Sequence[str] = (),
        token: str = "",
        user: str = "",
        api_token: str = "",
        *,
        timeout: float = 10,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
        further: Further = tuple,
        name: str = events.NAME,
        named: Named = ENVIRONMENT,
    ) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._edge = Edge(self.name, "Bitbucket Cloud", "X-Request-UUID", general(webhook_secrets), further)
        self._git = (ACCESS_TOKEN_USER, token) if token else (API_TOKEN_USER, api_token) if api_token else ("", "")
        missing = f"{named('TOKEN')}, or {named('USER')} with {named('API_TOKEN')}"
        self._client = Client(
            "Bitbucket Cloud", api_url, _authorization(token, user, api_token), missing, timeout, ca_bundle, now
        )
        self.hooks = CloudHooks(self._client)
        self.checks = CloudInsights(self._client)
        self.contributing = CloudContributing(self._client, self.remote)
        self._comments = Comments(self._client)
        self._names = Names()
        self._commits = Commits(self._client)
        self._forks = Forks(self._client, self._commits)

    @property
    def health(self) -> HostHealth:
        return self._client.health

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        return self._edge.verify(headers, body)

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        return self._edge.delivery(headers, body, received_at)

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        return self.reading(delivery)

    @property
    def reading(self) -> Reading:
        return partial(read_delivery, events.read_events, EVENT_KEPT, self._url, self.name)

    def learn(self, repository: Repository) -> None:
        self._names.learn(repository)

    async def complete(self, event: HostEvent) -> HostEvent:
        """Payloads name no default branch, and in a pull request only the beginnings of commits."""
        match event:
            case Pushed():
                self._commits.learn(event.repository, event.after)
                return replace(event, default_branch=await api.default_branch(self._client, event.repository))
            case PullRequestChanged():
                branch, changed = await asyncio.gather(
                    api.default_branch(self._client, event.repository),
                    self._whole(event.repository, event.pull_request),
                )
                return replace(event, default_branch=branch, pull_request=changed)
            case CommentCreated() if event.comment.thread.kind is ThreadKind.COMMIT:
                return await self._on_whole_commit(event)
        return event

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        page = f"{self._url}/{quote(self._names.name(repository))}"
        if thread is not None and thread.kind is ThreadKind.PULL_REQUEST:
            return f"{page}/pull-requests/{quote(thread.name, safe='')}"
        commit = commit or (thread.name if thread is not None else "")
        return f"{page}/commits/{quote(commit, safe='')}" if commit else page

    async def set_status(self, status: CommitStatus) -> None:
        """One request: a status of the same key takes the place of the one before.

        https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/#api-repositories-workspace-repo-slug-commit-commit-statuses-build-post
        """
        body = {
            "key": builds.key_of(status.context, LONGEST_KEY),
            "name": shortened(status.context, LONGEST_NAME),
            "state": builds.STATES.get(status.state, "STOPPED" if status.state is StatusState.STOPPED else "FAILED"),
            "description": shortened(status.description, self.limits.description),
            # Braces in it are a template that Bitbucket fills in.
            "url": status.url.replace("{", "%7B").replace("}", "%7D"),
        }
        if status.branch:
            body["refname"] = status.branch
        path = f"{api.of(status.repository)}{at('commit', status.commit)}/statuses/build"
        try:
            await self._client.ask("POST", path, body)
        except Refused as error:
            # A commit of a fork is none of the repository's: its pull request's comment tells how it is.
            forks = status.ref is not None and status.ref.kind is RefKind.PULL_REQUEST
            if not forks or error.status != HTTPStatus.NOT_FOUND:
                raise

    async def put_comment(
        self,
        repository: Repository,
        thread: Thread,
        marker: str,
        body: str,
        known_id: str = "",
        in_reply_to: str = "",
    ) -> str:
        return await self._comments.put(repository, thread, marker, body, known_id, in_reply_to)

    async def react(self, comment: CommentRef, reaction: str) -> None:
        await self._comments.react(comment, reaction)

    async def role(self, repository: Repository, person: Person) -> Role:
        return await people.role(self._client, replace(repository, full_name=self._names.name(repository)), person)

    async def find(self, full_name: str) -> FoundRepository | None:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-get."""
        if not re.fullmatch(payloads.FULL_NAME, full_name):
            return None  # No name of a repository, and as part of an address it would lead elsewhere.
        answer = await self._client.get_or_none(at("repositories", *full_name.split("/")), api.DETAILS)
        if answer is None:
            return None
        found = read(payloads.RepositoryDetails, answer)
        return FoundRepository(Repository(self.name, found.uuid, found.full_name), public=not found.is_private)

    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:  # noqa: ARG002  a group has its own place here
        return await people.in_team(self._client, person, team)

    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        answer = await self._client.get_or_none(f"{api.of(repository)}/pullrequests/{number}")
        if answer is None:
            return None
        return await self._whole(repository, events.pull_request(read(payloads.PullRequest, answer)))

    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:  # noqa: ARG002
        """None: Bitbucket tells of commits that were reviewed, and not which merge has made one."""
        return []

    async def has_contributed(self, repository: Repository, pull_request: PullRequest) -> bool:
        """Bitbucket does not say it: a pull request of theirs that was merged does.

        https://developer.atlassian.com/cloud/bitbucket/rest/intro/#filtering
        """
        author = pull_request.author
        if author is None or not _UUID.fullmatch(author.id):
            return False
        query = {"state": "MERGED", "q": f'author.uuid = "{author.id}"', "pagelen": "1"}
        found = read(payloads.PullRequests, await self._client.get(f"{api.of(repository)}/pullrequests", query))
        return any(one.author is not None and one.author.uuid == author.id for one in found.values)

    async def open_pull_requests(self, repository: Repository) -> list[PullRequest]:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-get.

        The oldest first, so that one that is opened meanwhile moves none to another page. Commit ids are their beginnings.
        """
        query = {"state": "OPEN", "sort": "created_on", "pagelen": api.PULL_REQUESTS_PAGE}
        path = f"{api.of(repository)}/pullrequests"
        pages = api.pages(self._client, payloads.PullRequests, path, query)
        return [events.pull_request(one) async for page in pages for one in page.values]

    async def head(self, repository: Repository, branch: str) -> str | None:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-refs/#api-repositories-workspace-repo-slug-refs-branches-name-get."""
        if any(part in ("", ".", "..") for part in branch.split("/")):
            return None  # No name of a branch, and as part of an address it would lead elsewhere.
        path = f"{api.of(repository)}/refs/branches/{quote(branch, safe='/')}"
        answer = await self._client.get_or_none(path, {"fields": "target.hash"})
        return read(payloads.Head, answer).target.hash if answer else None

    async def remote(self, repository: Repository) -> GitRemote:
        return GitRemote(f"{self._url}/{quote(self._names.name(repository))}.git", *self._git)

    async def elsewhere(self, repository: Repository, commit: str) -> GitRemote | None:
        """A fork's pull request has its commits in the fork alone. They are fetched as everybody may: with no token."""
        fork = await self._forks.of_commit(repository, commit)
        return GitRemote(f"{self._url}/{quote(fork)}.git") if fork else None

    async def login(self) -> str:
        """Whose token it is. Raises ProviderError when the host does not take it."""
        return await self._comments.login()

    async def token(self) -> TokenFacts:
        """Scopes come with any answer: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#scopes. Raises ProviderError."""
        login = await self._comments.login()
        try:
            told = (await self._client.get("/user")).headers.get("x-oauth-scopes")
        except Refused:
            told = None  # an access token is nobody's, and need not be told who it is
        scopes = tuple(part.strip() for part in told.split(",") if part.strip()) if told is not None else None
        return TokenFacts(login, scopes, "")

    async def close(self) -> None:
        await self._client.close()

    async def _whole(self, repository: Repository, changed: PullRequest) -> PullRequest:
        head, base = await asyncio.gather(
            self._commits.whole(repository, changed.head), self._commits.whole(repository, changed.base)
        )
        if not changed.same_repository:
            head = await self._forks.whole(repository, changed.number, head)
        return replace(changed, head=head, base=base)

    async def _on_whole_commit(self, event: CommentCreated) -> HostEvent:
        comment = event.comment
        commit = await self._commits.whole(comment.repository, comment.thread.name)
        return replace(event, comment=replace(comment, thread=Thread(ThreadKind.COMMIT, commit)))


def _authorization(token: str, user: str, api_token: str) -> str:
    """https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication."""
    if token:
        return f"Bearer {token}"
    if user and api_token:
        return "Basic " + base64.b64encode(f"{user}:{api_token}".encode()).decode()
    return ""
