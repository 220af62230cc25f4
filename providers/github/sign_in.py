"""In whose name GitHub is asked: that of a token's account, or an App's. Which token a call gets is decided here; the calls are the client's.

An App signs a short token (a JWT) with its private key, and asks with it for an installation's token, made for each repository
and each purpose apart: whoever got hold of one could do no more than what it is for, for an hour.
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github import Auth, Github
from pydantic import ValidationError

from bot.locks import Locks
from bot.model.repository import Repository
from bot.ports import HostRefused, HostUnavailable
from providers.base.settings_named import Named
from providers.github import payloads
from providers.github.errors import ENVIRONMENT, BadCredentials, Gone
from providers.github.objects import number_of

T = TypeVar("T")

Permissions: TypeAlias = Mapping[str, str]

REPORTING: Permissions = {
    "contents": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
"""What calls about a repository need. Comments on a pull request go by its own permission, those on commits by that of contents."""

CHECKING: Permissions = {"checks": "write", "metadata": "read"}
"""Apart from the others: an App that was made without it, and whose owner has not yet agreed to more, still reports."""

DEPLOYING: Permissions = {"deployments": "write", "metadata": "read"}
"""Likewise."""

HOOKING: Permissions = {"metadata": "read", "repository_hooks": "write"}
"""For an account's token: an App needs no webhook beside its own, and is not made with it."""

FETCHING: Permissions = {"contents": "read", "metadata": "read"}
PUSHING: Permissions = {"contents": "write", "metadata": "read"}
"""For deployments by Git alone, where somebody wants those: an App is not made with it."""

LOOKING: Permissions = {"metadata": "read"}
MEMBERS: Permissions = {"members": "read"}

NEEDED: Permissions = {**REPORTING, **CHECKING, **DEPLOYING, **MEMBERS}
"""What the App is to be made with. Without `members`, approvers can't be teams."""

EVENTS = ("commit_comment", "issue_comment", "pull_request", "push")
"""What the App, or a webhook, is to be subscribed to."""

FURTHER_EVENTS = ("merge_group", "repository")
"""What it had better hear of, too: merge queues, and names that change. An App needs *Merge queues: read* for the first."""

RENEWED = 300.0
"""Seconds before its end at which a token is replaced: a fetch that has begun is to finish with it. It lives for an hour."""

REFUSED_FOR = 300.0
"""Seconds for which a token that was refused is not asked for again: an App may lack the permission for check runs, say."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a call is about. `installed`: the address below which the App's installation is found; `narrowed`: to which
    repositories, as the request says it; `needs`: what the token must allow.
    """

    installed: str
    needs: tuple[tuple[str, str], ...]
    narrowed: tuple[str, int | str] | None = None


def about(repository: Repository, needs: Permissions = REPORTING) -> Scope:
    """By number, as everywhere: a name can be given to another repository."""
    number = number_of(repository.id)
    return Scope(f"/repositories/{number}", tuple(needs.items()), ("repository_ids", number))


def named(full_name: str) -> Scope:
    """A repository of which only the name is known, which has been checked to be one."""
    return Scope(f"/repos/{full_name}", tuple(LOOKING.items()), ("repositories", full_name.partition("/")[2]))


def of_organization(organization: str) -> Scope:
    return Scope(f"/orgs/{quote(organization, safe='')}", tuple(MEMBERS.items()))


ANYWHERE = Scope("", ())
"""For an account's token, which is the same everywhere."""

Ask: TypeAlias = Callable[[str, Callable[[Github], Any]], Awaitable[Any]]
"""Asks GitHub with a token."""


class SignIn(Protocol):
    async def token(self, scope: Scope, ask: Ask) -> str:
        """The token for a call about that. Raises ProviderError when there is none."""

    def forget(self, scope: Scope, token: str) -> bool:
        """It was not taken. Whether another one can be had."""

    def drop(self, repository: Repository) -> None:
        """Whatever is kept for the repository is worth nothing: it has another owner, or another App, or none."""

    async def account(self, scope: Scope, ask: Ask) -> payloads.User:
        """Who the bot is on GitHub, asked where it writes."""


class TokenSignIn:
    """An account's own token; "" when none is configured."""

    def __init__(self, token: str, named: Named = ENVIRONMENT) -> None:
        self._token = token
        self._named = named

    async def token(self, scope: Scope, ask: Ask) -> str:  # noqa: ARG002  one for everything
        if not self._token:
            app = f"{self._named('APP_ID')} with {self._named('PRIVATE_KEY')}"
            raise HostRefused(f"No token is configured for GitHub: set {self._named('TOKEN')}, or {app}")
        return self._token

    def forget(self, scope: Scope, token: str) -> bool:  # noqa: ARG002  there is no other
        return False

    def drop(self, repository: Repository) -> None:
        """An account's token is the same everywhere."""

    async def account(self, scope: Scope, ask: Ask) -> payloads.User:
        """https://docs.github.com/en/rest/users/users (get the authenticated user)."""
        return payloads.User.model_validate(await ask(await self.token(scope, ask), _get("/user")))


@dataclass(frozen=True, slots=True)
class AppKey:
    """An App as its settings page names it: its id (or client id), and a private key in PEM form."""

    id: str
    private_key: str = field(repr=False)


@dataclass(slots=True)
class _Kept:
    """A token that was given. `until`: when it is to be replaced."""

    token: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class _Refused:
    """A token that the App's permissions do not reach for. `until`: when they are tried again."""

    why: str
    until: float


class AppSignIn:
    """A GitHub App. `now` is the time of day, in seconds since 1970."""

    def __init__(self, key: AppKey, now: Callable[[], float] = time.time, named: Named = ENVIRONMENT) -> None:
        self._app_id = named("APP_ID")
        self._auth = Auth.AppAuth(key.id, lambda: _read(key.private_key))
        self._now = now
        self._kept: dict[Scope, _Kept] = {}
        self._refused: dict[Scope, _Refused] = {}
        self._installations: dict[str, int] = {}
        self._lines: Locks[str] = Locks()

    async def token(self, scope: Scope, ask: Ask) -> str:
        """A kept one as long as it lasts; several calls at once get the same."""
        async with self._lines[scope.installed]:
            kept = self._kept.get(scope)
            if (refused := self._refused.get(scope)) and refused.until > self._now():
                raise HostRefused(refused.why)
            if kept is None or kept.until <= self._now():
                kept = self._kept[scope] = await self._make(scope, ask)
                self._tidy()
            return kept.token

    def forget(self, scope: Scope, token: str) -> bool:
        kept = self._kept.get(scope)
        if kept is not None and kept.token == token:
            del self._kept[scope]
        return True

    def drop(self, repository: Repository) -> None:
        installed = about(repository).installed
        self._installations.pop(installed, None)
        for scope in [scope for scope in self._kept if scope.installed == installed]:
            del self._kept[scope]

    async def account(self, scope: Scope, ask: Ask) -> payloads.User:
        """The App's own account, which is called like it: https://docs.github.com/en/rest/users/users (get a user).

        The App's JWT is for questions about the App alone; this is one for an installation's token.
        """
        app = await self.app(ask)
        return payloads.User.model_validate(await ask(await self.token(scope, ask), _get(f"/users/{app.slug}[bot]")))

    async def app(self, ask: Ask) -> payloads.App:
        """https://docs.github.com/en/rest/apps/apps (get the authenticated app)."""
        return payloads.App.model_validate(await self._as_app(ask, _get("/app")))

    async def hook(self, ask: Ask) -> payloads.AppHook:
        """https://docs.github.com/en/rest/apps/webhooks (get a webhook configuration for an app)."""
        return payloads.AppHook.model_validate(await self._as_app(ask, _get("/app/hook/config")))

    async def ask_as_app(self, ask: Ask, what: Callable[[Github], T]) -> T:
        """What only the App itself may ask."""
        answer: T = await self._as_app(ask, what)
        return answer

    async def _make(self, scope: Scope, ask: Ask) -> _Kept:
        """https://docs.github.com/en/rest/apps/apps (create an installation access token for an app)."""
        wanted: dict[str, Any] = {"permissions": dict(scope.needs)}
        if scope.narrowed is not None:
            wanted[scope.narrowed[0]] = [scope.narrowed[1]]
        known = self._installations.get(scope.installed)
        number = known or await self._find_installation(scope, ask)
        try:
            answer = await self._as_app(ask, _post(f"/app/installations/{number}/access_tokens", wanted))
        except Gone:
            del self._installations[scope.installed]
            if known is None:
                raise
            return await self._make(scope, ask)  # it may have been installed anew, which has another number
        except HostRefused as refusal:
            self._refused[scope] = _Refused(str(refusal), self._now() + REFUSED_FOR)
            raise
        try:
            given = payloads.InstallationToken.model_validate(answer)
            ends = datetime.fromisoformat(given.expires_at).timestamp()
        except (ValidationError, ValueError):
            raise HostUnavailable("GitHub's answer could not be understood: it gave no token") from None
        return _Kept(given.token, ends - RENEWED)

    async def _find_installation(self, scope: Scope, ask: Ask) -> int:
        """https://docs.github.com/en/rest/apps/apps (get a repository installation, get an organization installation)."""
        try:
            answer = await self._as_app(ask, _get(f"{scope.installed}/installation"))
        except Gone as error:
            raise NotInstalled(f"The GitHub App is not installed there ({scope.installed}): {error}") from None
        found = payloads.Installation.model_validate(answer).id
        self._installations[scope.installed] = found
        return found

    async def _as_app(self, ask: Ask, what: Callable[[Github], Any]) -> Any:
        try:
            return await ask(self._auth.create_jwt(), what)
        except BadCredentials as error:
            remedy = f"do {self._app_id} and the private key belong together, and is this machine's clock right?"
            raise HostRefused(f"{error.said} ({remedy})") from None

    def _tidy(self) -> None:
        """Of repositories that nobody asks about any more nothing stays."""
        now = self._now()
        self._kept = {scope: kept for scope, kept in self._kept.items() if kept.until > now}
        self._refused = {scope: refused for scope, refused in self._refused.items() if refused.until > now}


class NotInstalled(HostRefused):
    """The App is not installed where a call was to be made, or suspended there."""


@lru_cache(maxsize=8)
def _read(private_key: str) -> Any:
    """The key as PyJWT takes it, too. Once: OpenSSL checks it each time, for 40 ms in which the loop would do nothing else."""
    return load_pem_private_key(private_key.encode(), None)


def _get(path: str) -> Callable[[Github], Any]:
    return lambda github: github.requester.requestJsonAndCheck("GET", path)[1]


def _post(path: str, body: Mapping[str, Any]) -> Callable[[Github], Any]:
    return lambda github: github.requester.requestJsonAndCheck("POST", path, input=dict(body))[1]
