"""Bitbucket Data Center behind `ports.Provider`: which of the neighbours answers what, and the few questions too small for a file.

https://developer.atlassian.com/server/bitbucket/rest/v906/
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from bot.model.delivery import Delivery
from bot.model.host_event import (
    CommentCreated,
    CommentRef,
    HostEvent,
    PullRequestChanged,
    PullRequestEdited,
    Pushed,
    RepositoriesChanged,
    Thread,
    ThreadKind,
)
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import RefKind, Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import FoundRepository, GitRemote, HostHealth, HostRefused, Reading
from providers.base.further import Further, general
from providers.base.naming import read_delivery
from providers.base.settings_named import Named, in_environment
from providers.base.shorten import shortened
from providers.bitbucket import builds
from providers.bitbucket.client import Client, Refused, at, read
from providers.bitbucket.data_center import events, payloads, people
from providers.bitbucket.data_center.api import PATH, Addresses, pages
from providers.bitbucket.data_center.comments import Comments
from providers.bitbucket.data_center.contributing import DataCenterContributing
from providers.bitbucket.data_center.hooks import DataCenterHooks
from providers.bitbucket.data_center.insights import DataCenterInsights
from providers.bitbucket.webhooks import EVENT_KEPT, Edge
from providers.features import LIMITS

LONGEST_KEY = 255
LONGEST_NAME = 255

TOKEN_USER = "x-token-auth"  # noqa: S105  a user's name
"""Any name will do beside a token: https://confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html"""

_BRANCH = re.compile(r"(?!-)[^\s~^:?*\[\\\x00-\x1f\x7f]+")
"""https://git-scm.com/docs/git-check-ref-format; anything else would be read as a revision, not a name."""

ENVIRONMENT = in_environment("PENSTOCK_BITBUCKET_DC")


class BitbucketDataCenterProvider:
    """One Bitbucket Data Center, signed in with an HTTP access token."""

    limits = LIMITS["bitbucket-dc"]
    deployments = None
    redeliveries = None

    def __init__(
        self,
        url: str,
        webhook_secrets: Sequence[str] = (),
        token: str = "",
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
        self._edge = Edge(self.name, "Bitbucket Data Center", "X-Request-Id", general(webhook_secrets), further)
        self._token = token
        self._client = Client(
            "Bitbucket Data Center",
            f"{self._url}{PATH}",
            f"Bearer {token}" if token else "",
            named("TOKEN"),
            timeout,
            ca_bundle,
            now,
        )
        self._addresses = Addresses(self._client)
        self.hooks = DataCenterHooks(self._client, self._addresses)
        self.checks = DataCenterInsights(self._client, self._addresses)
        self.contributing = DataCenterContributing(self._client, self._addresses, self.remote)
        self._comments = Comments(self._client, self._addresses)

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
        self._addresses.hear(repository)

    async def complete(self, event: HostEvent) -> HostEvent:
        """Payloads name no default branch, and for an annotated tag its own object."""
        match event:
            case Pushed():
                self._addresses.learn(event.repository)
                event = replace(event, default_branch=await self._default_branch(event.repository))
                return await self._tagged(event) if event.ref.kind is RefKind.TAG and event.after else event
            case PullRequestChanged() | PullRequestEdited():
                self._addresses.learn(event.repository)
                return replace(event, default_branch=await self._default_branch(event.repository))
            case RepositoriesChanged():
                for repository in event.repositories:
                    self._addresses.learn(repository)
            case CommentCreated():
                self._addresses.learn(event.comment.repository)
        return event

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        project, _, slug = self._addresses.name(repository).partition("/")
        page = f"{self._url}/projects/{quote(project, safe='~')}/repos/{quote(slug)}"
        if thread is not None and thread.kind is ThreadKind.PULL_REQUEST:
            return f"{page}/pull-requests/{quote(thread.name, safe='')}"
        commit = commit or (thread.name if thread is not None else "")
        return f"{page}/commits/{quote(commit, safe='')}" if commit else page

    async def set_status(self, status: CommitStatus) -> None:
        """One request: a status of the same key takes the place of the one before.

        https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/
        """
        body = {
            "key": builds.key_of(status.context, LONGEST_KEY),
            "name": shortened(status.context, LONGEST_NAME),
            "state": builds.STATES.get(status.state, "CANCELLED"),
            "description": shortened(status.description, self.limits.description),
            "url": status.url,
        }
        if status.branch:
            body["ref"] = f"refs/heads/{status.branch}"
        path = f"{await self._addresses.of(status.repository)}{at('commits', status.commit)}/builds"
        try:
            await self._client.ask("POST", path, body)
        except Refused as error:
            if error.status != HTTPStatus.BAD_REQUEST or status.state is not StatusState.STOPPED:
                raise
            # Versions before 8.14 know no cancelled build.
            await self._client.ask("POST", path, body | {"state": "FAILED"})

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
        return await people.role(self._client, self._addresses, repository, person)

    async def find(self, full_name: str) -> FoundRepository | None:
        """https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/ (get repository)."""
        project, slash, slug = full_name.partition("/")
        if not slash or not re.fullmatch(payloads.KEY, project) or not re.fullmatch(payloads.SLUG, slug):
            return None  # No name of a repository, and as part of an address it would lead elsewhere.
        answer = await self._client.get_or_none(at("projects", project, "repos", slug))
        if answer is None:
            return None
        found = read(payloads.Repository, answer)
        repository = Repository(self.name, str(found.id), f"{found.project.key}/{found.slug}")
        return FoundRepository(repository, public=found.public)

    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:  # noqa: ARG002  groups are of the whole host
        return await people.in_team(self._client, person, team)

    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        answer = await self._client.get_or_none(f"{await self._addresses.of(repository)}/pull-requests/{number}")
        if answer is None:
            return None
        found = read(payloads.PullRequest, answer)
        if str(found.toRef.repository.id) != repository.id:
            raise HostRefused(f"{repository.full_name} is the name of another repository by now")
        return events.pull_request(found)

    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:  # noqa: ARG002
        """None: Bitbucket tells of commits that were reviewed, and not which merge has made one."""
        return []

    async def has_contributed(self, repository: Repository, pull_request: PullRequest) -> bool:
        """Bitbucket does not say it: a pull request of theirs that was merged does.

        https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/ (get pull requests for repository)
        """
        author = pull_request.author
        if author is None:
            return False
        query = {"state": "MERGED", "username.1": author.login, "role.1": "AUTHOR", "limit": "1"}
        answer = await self._client.get(f"{await self._addresses.of(repository)}/pull-requests", query)
        found = [events.pull_request(one).author for one in read(payloads.PullRequests, answer).values]
        return any(one is not None and one.id == author.id for one in found)

    async def open_pull_requests(self, repository: Repository) -> list[PullRequest]:
        """The oldest first, so that one that is opened meanwhile moves none to another page.

        https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/ (get pull requests for repository)
        """
        path = f"{await self._addresses.of(repository)}/pull-requests"
        listed = pages(self._client, payloads.PullRequests, path, {"state": "OPEN", "order": "OLDEST"})
        return [events.pull_request(one) async for page in listed for one in page.values]

    async def head(self, repository: Repository, branch: str) -> str | None:
        """https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/ (get commits)."""
        if not _BRANCH.fullmatch(branch) or ".." in branch or "@{" in branch:
            return None
        query = {"until": f"refs/heads/{branch}", "limit": "1"}
        answer = await self._client.get_or_none(f"{await self._addresses.of(repository)}/commits", query)
        found = read(payloads.CommitList, answer).values if answer else ()
        return found[0].id if found else None

    async def remote(self, repository: Repository) -> GitRemote:
        name = self._addresses.name(repository)
        user = TOKEN_USER if self._token else ""
        return GitRemote(f"{self._url}/scm/{quote(name, safe='/~')}.git", user, self._token)

    async def login(self) -> str:
        """Whose token it is. Raises ProviderError when the host does not take it."""
        return await self._comments.login()

    async def elsewhere(self, repository: Repository, commit: str) -> GitRemote | None:
        """None: a pull request's commits are its target's, too."""

    async def close(self) -> None:
        await self._client.close()

    async def _default_branch(self, repository: Repository) -> str:
        """As it is configured, which in an empty repository is no branch yet."""
        answer = await self._client.get_or_none(f"{await self._addresses.of(repository)}/default-branch")
        return read(payloads.Branch, answer).id.removeprefix("refs/heads/") if answer else ""

    async def _tagged(self, event: Pushed) -> Pushed:
        """The commit that an annotated tag names, as long as the tag is what the push made it."""
        path = f"{await self._addresses.of(event.repository)}/tags/{quote(event.ref.name, safe='/')}"
        if any(part in ("", ".", "..") for part in event.ref.name.split("/")):
            return event
        answer = await self._client.get_or_none(path)
        tag = read(payloads.Tag, answer) if answer else None
        return replace(event, after=tag.latestCommit) if tag and tag.hash == event.after else event
