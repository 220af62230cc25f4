"""The fake GitHub's Git over HTTPS: git's own `http-backend` behind GitHub's rules of who may fetch and push.

https://git-scm.com/docs/git-http-backend, https://git-scm.com/docs/http-protocol
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.world.fake.backend import backend, credentials, service_of
from tests.world.github.nouns import Account, Hosted, Repository, Token

Pushed = Callable[[Repository, Account, dict[str, str]], Awaitable[None]]


class SmartHttp:
    """`pushed` hears of a push with the refs as they were before it."""

    def __init__(self, hosted: Hosted, pushed: Pushed) -> None:
        self._hosted = hosted
        self._pushed = pushed

    def routes(self) -> list[web.RouteDef]:
        stem = "/{owner}/{name}.git"
        return [
            web.get(stem + "/info/refs", self._serve),
            web.post(stem + "/{service:git-upload-pack|git-receive-pack}", self._serve),
        ]

    async def _serve(self, request: web.Request) -> web.Response:
        service = service_of(request)
        if not service:
            return web.Response(status=403, text="Please upgrade your git client.\n")
        account = self._account(request)
        if account is None and "Authorization" in request.headers:
            return _ask("Invalid username or token.")
        repository = self._hosted.named(f"{request.match_info['owner']}/{request.match_info['name']}")
        if repository is None or not repository.may_read(account) or self._hidden(request, repository):
            return _ask("Repository not found.") if account is None else _not_found()
        if service == "git-receive-pack" and not (repository.may_write(account) and self._writes(request)):
            return _ask("Authentication required.") if account is None else _forbidden(repository, account)
        return await self._run(request, repository, account, service)

    async def _run(
        self, request: web.Request, repository: Repository, account: Account | None, service: str
    ) -> web.Response:
        pushing = service == "git-receive-pack" and request.method == "POST"
        before = await repository.git.refs() if pushing else {}
        answer = await backend(request, repository.git, account.login if account else "")
        if pushing and account is not None:
            await self._pushed(repository, account, before)
        return answer

    def _account(self, request: web.Request) -> Account | None:
        """The password is a token; the user name may be anything."""
        token = self._token(request)
        return token.account if token else None

    def _token(self, request: web.Request) -> Token | None:
        """An installation's must be allowed to read contents, and ends."""
        given = credentials(request)
        token = self._hosted.tokens.get(given[1]) if given else None
        return token if token and token.ends > self._hosted.now() and "contents=read" in token.permissions else None

    def _writes(self, request: web.Request) -> bool:
        token = self._token(request)
        return token is not None and "contents=write" in token.permissions

    def _hidden(self, request: web.Request, repository: Repository) -> bool:
        token = self._token(request)
        narrowed = token.repositories if token else None
        return repository.private and narrowed is not None and repository.id not in narrowed


def _ask(text: str) -> web.Response:
    return web.Response(status=401, text=text + "\n", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})


def _not_found() -> web.Response:
    return web.Response(status=404, text="Repository not found.\n")


def _forbidden(repository: Repository, account: Account) -> web.Response:
    return web.Response(status=403, text=f"Permission to {repository.full_name}.git denied to {account.login}.\n")
