"""Git over HTTP: who may, then `git http-backend` as a CGI program, streamed both ways with bounded memory.

Only the smart protocol is served; no file of a repository is. https://git-scm.com/docs/git-http-backend
"""

import asyncio
import base64
import re
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass

from aiohttp import hdrs, web
from sqlalchemy import Connection

from bot.model.people import Role
from bot.ports import Clock
from providers.local.host import cgi, people, repositories
from providers.local.host.database import Database
from providers.local.host.errors import Forbidden, Invalid, NotFound
from providers.local.host.git import Git
from providers.local.host.hooks import HookChannel, Report
from providers.local.host.people import User
from providers.local.host.processes import Program
from providers.local.host.pushes import Pushes
from providers.local.host.repositories import Repo

MOST_AT_ONCE = 64
REQUEST_LIMIT = 32 << 20  # what a fetch may say, inflated; a push is limited by receive.maxInputSize
PROTOCOL = re.compile(r"version=[0-2](?::[a-z0-9=-]{1,60}){0,4}")
READ, WRITE = "git-upload-pack", "git-receive-pack"


class Unauthorized(Exception):
    """Who asks has to say who they are, or said it wrongly."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to Git: what is asked of which repository, by whom."""

    repo: Repo
    user: User | None
    service: str
    path: str
    pushing: bool


class SmartHttp:
    def __init__(self, git: Git, pushes: Pushes, database: Database, clock: Clock) -> None:
        self._git = git
        self._pushes = pushes
        self._database = database
        self._clock = clock
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    def add_routes(self, app: web.Application) -> None:
        base = "/git/{owner}/{name}.git"
        app.router.add_get(f"{base}/info/refs", self._info, allow_head=False)
        app.router.add_post(f"{base}/{READ}", self._service)
        app.router.add_post(f"{base}/{WRITE}", self._service)

    async def _info(self, request: web.Request) -> web.StreamResponse:
        service = request.query.get("service", "")
        if service not in (READ, WRITE):
            return _plain(web.HTTPForbidden, "Please use a newer Git: only its smart HTTP protocol is served here.")
        return await self._serve(request, service, "info/refs")

    async def _service(self, request: web.Request) -> web.StreamResponse:
        service = request.path.rsplit("/", 1)[-1]
        if request.content_type != f"application/x-{service}-request":
            return _plain(web.HTTPUnsupportedMediaType, "This is no request of Git's.")
        return await self._serve(request, service, service)

    async def _serve(self, request: web.Request, service: str, path: str) -> web.StreamResponse:
        try:
            user = await self._who(request, needed=service == WRITE)
            full_name = f"{request.match_info['owner']}/{request.match_info['name']}"
            repo = await self._database.run(_open, full_name, user)
        except Unauthorized:
            challenge = {"WWW-Authenticate": 'Basic realm="Penstock", charset="UTF-8"'}
            return _plain(web.HTTPUnauthorized, "Sign in with your login and an access token.", challenge)
        except NotFound as error:
            return _plain(web.HTTPNotFound, str(error))
        async with self._places:
            return await self._run(request, _Call(repo, user, service, path, pushing=path == WRITE))

    async def _who(self, request: web.Request, *, needed: bool) -> User | None:
        """None: did not say. Raises Unauthorized when what they said is wrong, or nothing though it is needed."""
        given = request.headers.get(hdrs.AUTHORIZATION)
        if given is None and needed:
            raise Unauthorized
        if given is None:
            return None
        login, token = _claim(given)
        user = await self._database.run(people.user_of_token, token, "access", self._clock.now())
        if user is None or user.login.lower() != login.lower():
            raise Unauthorized
        return user

    async def _run(self, request: web.Request, call: _Call) -> web.StreamResponse:
        with closing(HookChannel()) if call.pushing else nullcontext() as channel:
            environment = self._environment(request, call, channel)
            descriptors = channel.descriptors if channel else ()
            program = await self._git.processes.start(("git", "http-backend"), environment, descriptors)
            talking = asyncio.create_task(self._talk(call, channel)) if channel else None
            try:
                response = await _exchange(request, program, None if call.pushing else REQUEST_LIMIT)
                if talking is not None:
                    await talking
                await response.write_eof()
            except cgi.BadProgram:
                response = _plain(web.HTTPInternalServerError, "Git gave no answer.")
            finally:
                await _wind_up(program, talking)
            return response

    async def _talk(self, call: _Call, channel: HookChannel) -> None:
        """Say yes or no before refs move, tell of them when they have. No answer is a no, so failing here stops the push."""
        try:
            await channel.spawned()
            report = await channel.hear()
            if report is not None and call.user is not None:
                async with self._pushes.turn(call.repo):
                    await self._move(call.repo, call.user, report, channel)
        except (Invalid, Forbidden) as error:
            channel.answer(" ".join(str(error).split()))
        finally:
            channel.finish()

    async def _move(self, repo: Repo, user: User, report: Report, channel: HookChannel) -> None:
        push = await self._pushes.prepare(repo, user, report)
        channel.answer("go")
        done = await channel.hear()
        if done is None:
            await self._pushes.undecided(push)
        else:
            channel.answer(await self._pushes.moved(push, done.updates))

    def _environment(self, request: web.Request, call: _Call, channel: HookChannel | None) -> dict[str, str]:
        protocol = request.headers.get("Git-Protocol", "")
        path = self._pushes.path(call.repo)
        return self._git.environment(
            {
                "GIT_PROJECT_ROOT": str(path.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": f"/{path.name}/{call.path}",
                "REQUEST_METHOD": request.method,
                "QUERY_STRING": f"service={call.service}" if call.path == "info/refs" else "",
                "CONTENT_TYPE": request.headers.get(hdrs.CONTENT_TYPE, ""),
                "REMOTE_USER": call.user.login if call.user and call.service == WRITE else "",
                "GIT_PROTOCOL": protocol if PROTOCOL.fullmatch(protocol) else "",
                **(channel.environment if channel else {}),
            }
        )


def _claim(header: str) -> tuple[str, str]:
    """Login and token of HTTP Basic authentication (RFC 7617)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthorized
    try:
        login, colon, token = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise Unauthorized from None
    if not colon:
        raise Unauthorized
    return login, token


async def _exchange(request: web.Request, program: Program, limit: int | None) -> web.StreamResponse:
    """The body in, the answer out and complaints aside, all at once."""
    aside = [asyncio.create_task(cgi.feed(request, program, limit)), asyncio.create_task(cgi.listen(program))]
    try:
        return await cgi.relay(request, program)
    finally:
        for task in aside:
            task.cancel()
        await asyncio.gather(*aside, return_exceptions=True)


async def _wind_up(program: Program, talking: asyncio.Task[None] | None) -> None:
    """A push whose client went away is still told to its end: first Git's, then that of the conversation."""
    if talking is not None and not talking.done():
        program.terminate()
    await program.end()
    if talking is not None:
        await asyncio.gather(talking, return_exceptions=True)


def _plain(kind: type[web.HTTPException], text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=kind.status_code, text=text + "\n", headers=headers)


def _open(connection: Connection, full_name: str, user: User | None) -> Repo:
    """The repository, if the user may read it. Somebody unknown is asked who they are whether it exists or not.

    Which refs they may push is known when Git has read what they push (`Pushes.prepare`).
    """
    try:
        repo = repositories.by_name(connection, full_name)
        repositories.require(connection, repo, user, Role.READ)
    except NotFound:
        if user is None:
            raise Unauthorized from None
        raise
    return repo
