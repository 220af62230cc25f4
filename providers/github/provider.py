"""GitHub behind `ports.Provider`: which of the neighbours answers what, and the few questions too small for a file.

https://docs.github.com/en/rest
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote

from github import Github, GithubException

from bot.model.delivery import Delivery
from bot.model.host_event import CommentRef, HostEvent, RepositoriesChanged, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.status import CommitStatus
from bot.ports import FoundRepository, GitRemote, HostHealth, Reading, Redeliveries
from providers.base.further import Further, every, general, good_for
from providers.base.names import Names
from providers.base.naming import read_delivery
from providers.base.settings_named import Named
from providers.base.token_facts import TokenFacts
from providers.features import LIMITS
from providers.github import events, heads, payloads, people, pull_requests, webhooks
from providers.github.checks import GitHubChecks
from providers.github.client import GitHubClient
from providers.github.comments import Comments
from providers.github.conditional import Conditional
from providers.github.contributing import GitHubContributing
from providers.github.deployments import GitHubDeployments
from providers.github.errors import ENVIRONMENT
from providers.github.hooks import GitHubHooks
from providers.github.objects import number_of
from providers.github.redeliveries import AppRedeliveries, HookRedeliveries
from providers.github.sign_in import (
    ANYWHERE,
    EVENTS,
    FETCHING,
    NEEDED,
    AppKey,
    AppSignIn,
    NotInstalled,
    TokenSignIn,
    about,
    named,
    of_organization,
)
from providers.github.signed_in import AppFacts, allows
from providers.github.statuses import set_status

ChecksMode = Literal["off", "beside", "instead"]
"""Whether an App shows check runs, beside the commit statuses or in their place."""


class GitHubProvider:
    """One GitHub: github.com or an Enterprise Server. Check runs are an App's alone: GitHub lets nobody else make them."""

    limits = LIMITS["github"]

    def __init__(
        self,
        url: str,
        api_url: str,
        webhook_secrets: Sequence[str] = (),
        token: str = "",
        timeout: int = 10,
        ca_bundle: str = "",
        now: Callable[[], float] = time.monotonic,
        app: AppKey | None = None,
        wall: Callable[[], float] = time.time,
        checks: ChecksMode = "beside",
        further: Further = tuple,
        name: str = "github",
        named: Named = ENVIRONMENT,
    ) -> None:
        self.name = name
        self._further = further
        self._url = url.rstrip("/")
        self._secrets = general(webhook_secrets)
        self._signs_in = app is not None or bool(token)
        self._sign_in = AppSignIn(app, wall, named) if app is not None else TokenSignIn(token, named)
        self._client = GitHubClient(api_url, self._sign_in, timeout, ca_bundle, now, named)
        self.hooks = GitHubHooks(self._client)
        as_app = self._sign_in if isinstance(self._sign_in, AppSignIn) else None
        self.redeliveries: Redeliveries = (
            AppRedeliveries(self._client, as_app, name)
            if as_app is not None
            else HookRedeliveries(self._client, self.hooks, name)
        )
        self._comments = Comments(self._client)
        self._conditional = Conditional()
        self._names = Names()
        self.deployments = GitHubDeployments(self._client)
        self.contributing = GitHubContributing(self._client, self._names, self._url, signs_in=self._signs_in)
        wanted = app is not None and checks != "off"
        self.checks = GitHubChecks(self._client, instead=checks == "instead") if wanted else None

    @property
    def health(self) -> HostHealth:
        return self._client.health

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        further = webhooks.worth_trying(headers, self._further())
        number = webhooks.verify(headers, body, every(self._secrets, further))
        return good_for(number, self._secrets, further)

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        return replace(webhooks.delivery(headers, body, received_at), provider=self.name)

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        return self.reading(delivery)

    @property
    def reading(self) -> Reading:
        return partial(read_delivery, events.read_events, webhooks.EVENT_KEPT, self._url, self.name)

    def learn(self, repository: Repository) -> None:
        self._names.learn(repository)

    async def complete(self, event: HostEvent) -> HostEvent:
        if isinstance(event, RepositoriesChanged):
            for repository in event.repositories:
                self._sign_in.drop(repository)
        return event

    def page_url(self, repository: Repository, thread: Thread | None = None, commit: str = "") -> str:
        page = f"{self._url}/{quote(self._names.name(repository))}"
        if thread is not None and thread.kind is ThreadKind.PULL_REQUEST:
            return f"{page}/pull/{quote(thread.name, safe='')}"
        commit = commit or (thread.name if thread is not None else "")
        return f"{page}/commit/{quote(commit, safe='')}" if commit else page

    async def set_status(self, status: CommitStatus) -> None:
        await self._client.call(lambda github: set_status(github, status), about(status.repository))

    async def put_comment(
        self,
        repository: Repository,
        thread: Thread,
        marker: str,
        body: str,
        known_id: str = "",
        in_reply_to: str = "",  # noqa: ARG002  there are no threads
    ) -> str:
        return await self._comments.put(repository, thread, marker, body, known_id)

    async def react(self, comment: CommentRef, reaction: str) -> None:
        await self._comments.react(comment, reaction)

    async def role(self, repository: Repository, person: Person) -> Role:
        return await self._client.call(lambda github: people.role(github, repository, person), about(repository))

    async def find(self, full_name: str) -> FoundRepository | None:
        if not re.fullmatch(f"{payloads.NAME}/{payloads.NAME}", full_name):
            return None  # No name of a repository, and as part of an address it would lead elsewhere.
        try:
            return await self._client.call(lambda github: _find(github, self.name, full_name), named(full_name))
        except NotInstalled:
            return None

    async def in_team(self, repository: Repository, person: Person, team: str) -> bool:  # noqa: ARG002  a team has its own place here
        organization = people.organization_of(team)
        if not organization:
            return False
        return await self._client.call(
            lambda github: people.in_team(github, person, team), of_organization(organization)
        )

    async def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        return await self._client.call(lambda github: pull_requests.one(github, repository, number), about(repository))

    async def pull_requests_of(self, repository: Repository, commit: str) -> list[PullRequest]:
        return await self._client.call(
            lambda github: pull_requests.of_commit(github, repository, commit), about(repository)
        )

    async def has_contributed(self, repository: Repository, pull_request: PullRequest) -> bool:
        number = pull_request.number
        return await self._client.call(
            lambda github: pull_requests.has_contributed(github, repository, number), about(repository)
        )

    async def open_pull_requests(self, repository: Repository) -> list[PullRequest]:
        return await self._client.call(
            lambda github: pull_requests.all_open(github, repository, self._conditional), about(repository)
        )

    async def head(self, repository: Repository, branch: str) -> str | None:
        if any(part in ("", ".", "..") for part in branch.split("/")):
            return None  # No name of a branch, and as part of an address it would lead elsewhere.
        return await self._client.call(
            lambda github: heads.head(github, repository, branch, self._conditional), about(repository)
        )

    async def remote(self, repository: Repository) -> GitRemote:
        """A token is the password; the user name is free for a token, and this one for the tokens of apps."""
        url = f"{self._url}/{quote(self._names.name(repository))}.git"
        if not self._signs_in:
            return GitRemote(url)
        return GitRemote(url, "x-access-token", await self._client.token(about(repository, FETCHING)))

    async def login(self) -> str:
        """Whose token it is. Raises ProviderError when the host does not take it."""
        return (await self._client.account()).login

    async def token(self) -> TokenFacts:
        """What GitHub tells of an account's token with any answer; of a fine-grained one no scopes. Raises ProviderError.

        https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
        https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
        """

        def look(github: Github) -> TokenFacts:
            headers, answer = github.requester.requestJsonAndCheck("GET", "/user")
            told, ends = headers.get("x-oauth-scopes"), headers.get("github-authentication-token-expiration", "")
            scopes = tuple(part.strip() for part in told.split(",") if part.strip()) if told is not None else None
            return TokenFacts(payloads.User.model_validate(answer).login, scopes, str(ends)[:10])

        return await self._client.call(look, ANYWHERE)

    async def may_set_statuses(self, repository: Repository) -> bool:
        """Found out by setting one on a commit that is nowhere: who may is told that there is none. Raises ProviderError."""
        where = f"/repositories/{number_of(repository.id)}/statuses/{'0' * 40}"
        body = {"state": "success", "context": "penstock"}

        def ask(github: Github) -> bool:
            try:
                github.requester.requestJsonAndCheck("POST", where, input=body)
            except GithubException as error:
                return error.status == HTTPStatus.UNPROCESSABLE_ENTITY
            return True

        return await self._client.call(ask, about(repository))

    async def app(self) -> AppFacts | None:
        """What GitHub knows of the App that signs in; None when a token does. Raises ProviderError."""
        if not isinstance(self._sign_in, AppSignIn):
            return None
        app, hook = await self._sign_in.app(self._client.ask), await self._sign_in.hook(self._client.ask)
        needed = NEEDED if self.checks else {name: level for name, level in NEEDED.items() if name != "checks"}
        lacks = [f"{name}: {level}" for name, level in needed.items() if not allows(app.permissions.get(name), level)]
        unheard = [event for event in EVENTS if event not in app.events]
        return AppFacts(f"{app.slug}[bot]", tuple(lacks), tuple(unheard), hook.url or "")

    def installation_page(self, login: str) -> str:
        """Where the App of that login is installed on further repositories. An Enterprise Server has its Apps elsewhere."""
        apps = "apps" if self._url == "https://github.com" else "github-apps"
        return f"{self._url}/{apps}/{quote(login.removesuffix('[bot]'))}/installations/new"

    async def elsewhere(self, repository: Repository, commit: str) -> GitRemote | None:
        """None: a pull request's commits are its target's, too."""

    async def close(self) -> None:
        await self._client.close()


def _find(github: Github, host: str, full_name: str) -> FoundRepository | None:
    """As https://docs.github.com/en/rest/repos/repos answers it (get a repository)."""
    try:
        _, answer = github.requester.requestJsonAndCheck("GET", f"/repos/{full_name}")
    except GithubException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    found = payloads.Found.model_validate(answer)
    return FoundRepository(Repository(host, str(found.id), found.full_name), public=not found.private)
