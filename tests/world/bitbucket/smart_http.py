"""A fake Bitbucket's Git over HTTPS: git's own `http-backend` behind Bitbucket's rules of who may fetch and push."""

from collections.abc import Awaitable, Callable, Collection

from aiohttp import web

from tests.world.bitbucket.nouns import Account, Hosted, Repository, Token
from tests.world.fake.backend import backend, credentials, service_of

OF_AN_ACCOUNT = "x-bitbucket-api-token-auth"

Pushed = Callable[[Repository, Account, dict[str, str]], Awaitable[None]]


class SmartHttp:
    """`stem` comes before owner and name. `users` are the names that may stand beside a token: empty for any.

    Cloud: https://support.atlassian.com/bitbucket-cloud/docs/using-access-tokens/ (x-token-auth) and
    https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens/ (x-bitbucket-api-token-auth)
    Data Center: https://confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html
    """

    def __init__(self, hosted: Hosted, pushed: Pushed, stem: str, users: Collection[str]) -> None:
        self._hosted = hosted
        self._pushed = pushed
        self._stem = f"{stem}/{{owner}}/{{name}}.git"
        self._users = users

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(self._stem + "/info/refs", self._serve),
            web.post(self._stem + "/{service:git-upload-pack|git-receive-pack}", self._serve),
        ]

    async def _serve(self, request: web.Request) -> web.Response:
        service = service_of(request)
        if not service:
            return web.Response(status=403, text="Only smart HTTP is served.\n")
        token = self._token(request)
        account = token.account if token else None
        if account is None and "Authorization" in request.headers:
            return _ask()
        repository = self._hosted.named(request.match_info["owner"], request.match_info["name"])
        needed = "write" if service == "git-receive-pack" else "read"
        beyond = repository is not None and token is not None and not token.reaches(repository)
        if repository is None or beyond or not self._hosted.may(repository, account, "read"):
            return _ask() if account is None else web.Response(status=404, text="Repository not found\n")
        if needed == "write" and not self._hosted.may(repository, account, "write"):
            return _ask() if account is None else web.Response(status=403, text="You may not push here.\n")
        if needed == "write" and token is not None and self._users and "repository:write" not in token.scopes:
            return web.Response(status=403, text="Your credentials lack one or more required privilege scopes.\n")
        pushing = service == "git-receive-pack" and request.method == "POST"
        before = await repository.git.refs() if pushing else {}
        answer = await backend(request, repository.git, account.login if account else "")
        if pushing and account is not None:
            await self._pushed(repository, account, before)
        return answer

    def _token(self, request: web.Request) -> Token | None:
        """On Cloud the user's name says which kind of token the password is."""
        given = credentials(request)
        if given is None or (self._users and given[0] not in self._users):
            return None
        token = self._hosted.tokens.get(given[1])
        if token is None or (token.of and self._users and (token.of == "account") != (given[0] == OF_AN_ACCOUNT)):
            return None
        return token


def _ask() -> web.Response:
    return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Bitbucket"'})
