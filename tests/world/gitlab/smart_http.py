"""The fake GitLab's Git over HTTPS: its rules of who may fetch and push, before git's own backend.

https://docs.gitlab.com/topics/git/clone/#clone-using-a-token
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.world.fake.backend import backend, credentials, service_of
from tests.world.gitlab.nouns import Account, Hosted, Project, Token

Pushed = Callable[[Project, Account, dict[str, str]], Awaitable[None]]

FETCH = frozenset({"api", "read_repository", "write_repository"})
PUSH = frozenset({"api", "write_repository"})


class SmartHttp:
    """`pushed` hears of a push with the refs as they were before it."""

    def __init__(self, hosted: Hosted, pushed: Pushed) -> None:
        self._hosted = hosted
        self._pushed = pushed

    def routes(self) -> list[web.RouteDef]:
        stem = "/{path:.+}.git"
        return [
            web.get(stem + "/info/refs", self._serve),
            web.post(stem + "/{service:git-upload-pack|git-receive-pack}", self._serve),
        ]

    async def _serve(self, request: web.Request) -> web.Response:
        service = service_of(request)
        if not service:
            return web.Response(status=403, text="Git access over HTTP is not allowed\n")
        pushing = service == "git-receive-pack"
        token = self._token(request)
        account = token.account if token else None
        project = self._hosted.at(request.match_info["path"])
        readable = project is not None and self._hosted.may_read_code(account, project)
        if account is None and (pushing or not readable or "Authorization" in request.headers):
            return _ask("HTTP Basic: Access denied")
        if token is not None and not token.scopes & (PUSH if pushing else FETCH):
            return web.Response(status=403, text="insufficient_scope\n")
        if project is None or not readable:
            return _not_found()
        if pushing and not self._hosted.may_push(account, project, ""):
            return web.Response(status=403, text="You are not allowed to push code to this project.\n")
        return await self._run(request, project, account, pushing=pushing)

    async def _run(
        self, request: web.Request, project: Project, account: Account | None, *, pushing: bool
    ) -> web.Response:
        told = pushing and request.method == "POST"
        before = await project.git.refs() if told else {}
        answer = await backend(request, project.git, account.username if account else "")
        if told and account is not None:
            await self._pushed(project, account, before)
        return answer

    def _token(self, request: web.Request) -> Token | None:
        """The password is a token; "any non-blank value" does for a user name."""
        given = credentials(request)
        return self._hosted.tokens.get(given[1]) if given and given[0] else None


def _ask(text: str) -> web.Response:
    return web.Response(status=401, text=text + "\n", headers={"WWW-Authenticate": 'Basic realm="GitLab"'})


def _not_found() -> web.Response:
    return web.Response(status=404, text="The project you were looking for could not be found.\n")
