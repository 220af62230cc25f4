"""The addresses of the host's pages. Each handler asks the services, then renders or goes back; rules are the services'."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import Connection

from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Role
from bot.ports import Clock
from providers.local.host import repositories
from providers.local.host.errors import Forbidden, HostError, Invalid, NotFound
from providers.local.host.pages import views
from providers.local.host.pages.render import page, static
from providers.local.host.pages.session import COOKIE, Session, Sessions
from providers.local.host.people import User
from providers.local.host.repositories import Repo

if TYPE_CHECKING:
    from providers.local.host.host import Host

REPOSITORY = "/host/{owner}/{name}"
PULL = REPOSITORY + r"/pull/{number:\d{1,18}}"
COMMIT = REPOSITORY + "/commit/{commit:[0-9a-f]{40,64}}"
COMMENT = REPOSITORY + r"/comments/{id:\d{1,18}}"
OWN_PATH = re.compile(r"[A-Za-z0-9/._-]{1,500}")

Form = Mapping[str, str]
Show = Callable[[web.Request, Session, Repo], Awaitable[web.StreamResponse]]
Act = Callable[[web.Request, User, Repo, Form], Awaitable[str]]


class Pages:
    def __init__(self, host: "Host", clock: Clock) -> None:
        self._host = host
        self._sessions = Sessions(host.database, host.address, clock)

    def add_routes(self, app: web.Application) -> None:
        router = app.router
        router.add_get("/host", _to_front)
        router.add_get("/host/", self._front)
        router.add_get("/host/-/static/{file}", _static)
        router.add_get("/host/sign-in", self._sign_in_form)
        router.add_post("/host/sign-in", self._sign_in)
        router.add_post("/host/sign-out", self._sign_out)
        router.add_get(REPOSITORY, self._showing(self._repository))
        router.add_get(PULL, self._showing(self._pull))
        router.add_get(COMMIT, self._showing(self._commit))
        router.add_post(REPOSITORY + "/pulls", self._acting(self._open))
        router.add_post(PULL + "/comments", self._acting(self._comment))
        router.add_post(PULL + "/{verb:merge|close|reopen}", self._acting(self._change))
        router.add_post(COMMIT + "/comments", self._acting(self._comment))
        router.add_post(COMMENT + "/reactions", self._acting(self._react))
        router.add_post(COMMENT + "/edit", self._acting(self._edit))

    def sign_in_link(self, token: str, path: str) -> str:
        return f"{self._host.address.pages}sign-in?token={token}" + (f"&next={quote(path)}" if path else "")

    # --- Signing in -------------------------------------------------------------------------------------------------

    async def _front(self, request: web.Request) -> web.StreamResponse:
        session = await self._sessions.of(request)
        visible = await self._host.database.run(repositories.visible, session.user)
        return await page("repositories.html", session=session, repositories=visible)

    async def _sign_in_form(self, request: web.Request) -> web.StreamResponse:
        goes_to = _own_path(request.query.get("next", ""))
        if (token := request.query.get("token")) is not None:
            cookie = await self._sessions.redeem(token)
            if cookie is not None:
                return self._signed_in(cookie, goes_to)
            return await page("sign_in.html", 403, session=Session(), goes_to=goes_to, problem="This link is used up.")
        return await page("sign_in.html", session=Session(), goes_to=goes_to, problem="")

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await _form(request)
        goes_to = _own_path(form.get("next", ""))
        cookie = None
        if not self._sessions.from_elsewhere(request):
            cookie = await self._sessions.sign_in(form.get("login", ""), form.get("token", "").strip())
        if cookie is None:
            problem = "This login and token do not belong together."
            return await page("sign_in.html", 403, session=Session(), goes_to=goes_to, problem=problem)
        return self._signed_in(cookie, goes_to)

    def _signed_in(self, cookie: str, goes_to: str) -> web.StreamResponse:
        response = web.Response(status=303, headers={"Location": goes_to, "Referrer-Policy": "no-referrer"})
        self._sessions.set_cookie(response, cookie)
        return response

    async def _sign_out(self, request: web.Request) -> web.StreamResponse:
        session, form = await self._sessions.of(request), await _form(request)
        if self._sessions.is_forged(request, session, form.get("csrf", "")):
            return await _refused(session, Forbidden("This form is out of date: go back and load the page again."))
        await self._sessions.sign_out(request)
        response = web.Response(status=303, headers={"Location": "/host/"})
        response.del_cookie(COOKIE, path="/host")
        return response

    # --- Looking ----------------------------------------------------------------------------------------------------

    def _showing(self, show: Show) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A page of a repository, for who may read it; a stranger is asked to sign in first."""

        async def handle(request: web.Request) -> web.StreamResponse:
            session = await self._sessions.of(request)
            try:
                repo = await self._host.database.run(_readable, _full_name(request), session.user)
                return await show(request, session, repo)
            except HostError as error:
                if session.user is None:
                    return web.Response(status=303, headers={"Location": f"/host/sign-in?next={quote(request.path)}"})
                return await _refused(session, error)

        return handle

    async def _repository(self, _: web.Request, session: Session, repo: Repo) -> web.StreamResponse:
        view = await views.repository(self._host, repo, session.user)
        return await page("repository.html", session=session, repo=repo, view=view, clone=self._clone(repo))

    async def _pull(self, request: web.Request, session: Session, repo: Repo) -> web.StreamResponse:
        number = int(request.match_info["number"])
        view = await views.pull_request(self._host, repo, session.user, number, _before(request))
        return await page("pull.html", session=session, repo=repo, view=view)

    async def _commit(self, request: web.Request, session: Session, repo: Repo) -> web.StreamResponse:
        commit = request.match_info["commit"]
        view = await views.commit(self._host, repo, session.user, commit, _before(request))
        return await page("commit.html", session=session, repo=repo, view=view)

    def _clone(self, repo: Repo) -> str:
        return self._host.clone_url(repo.full_name)

    # --- Doing ------------------------------------------------------------------------------------------------------

    def _acting(self, act: Act) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A form: by somebody signed in, from a page of ours; then on to where `act` says."""

        async def handle(request: web.Request) -> web.StreamResponse:
            session, form = await self._sessions.of(request), await _form(request)
            try:
                if session.user is None or self._sessions.is_forged(request, session, form.get("csrf", "")):
                    raise Forbidden("You are signed out, or this form is out of date: load the page again.")
                repo = await self._host.database.run(_readable, _full_name(request), session.user)
                return web.Response(status=303, headers={"Location": await act(request, session.user, repo, form)})
            except HostError as error:
                return await _refused(session, error)

        return handle

    async def _open(self, _: web.Request, by: User, repo: Repo, form: Form) -> str:
        source, target, title = (form.get(key, "") for key in ("source", "target", "title"))
        one = await self._host.changes.open(repo, by, source, target, title)
        return f"/host/{repo.full_name}/pull/{one.number}"

    async def _change(self, request: web.Request, by: User, repo: Repo, _: Form) -> str:
        changes, number = self._host.changes, int(request.match_info["number"])
        verbs = {"merge": changes.merge, "close": changes.close, "reopen": changes.reopen}
        await verbs[request.match_info["verb"]](repo, number, by)
        return f"/host/{repo.full_name}/pull/{number}"

    async def _comment(self, request: web.Request, by: User, repo: Repo, form: Form) -> str:
        where = request.match_info
        thread = Thread(ThreadKind.COMMIT, where["commit"]) if "commit" in where else None
        thread = thread or Thread(ThreadKind.PULL_REQUEST, str(int(where["number"])))
        made = await self._host.discussion.comment(repo, thread, by, form.get("body", ""))
        return f"{_thread_page(repo, thread)}#comment-{made.id}"

    async def _react(self, request: web.Request, by: User, repo: Repo, form: Form) -> str:
        number = int(request.match_info["id"])
        await self._host.discussion.react(repo, number, by, form.get("content", ""))
        return await self._back_to(repo, number)

    async def _edit(self, request: web.Request, by: User, repo: Repo, form: Form) -> str:
        number = int(request.match_info["id"])
        await self._host.discussion.edit(repo, number, by, form.get("body", ""))
        return await self._back_to(repo, number)

    async def _back_to(self, repo: Repo, number: int) -> str:
        return f"{_thread_page(repo, await views.thread_of(self._host, repo, number))}#comment-{number}"


async def _to_front(_: web.Request) -> web.StreamResponse:
    return web.Response(status=308, headers={"Location": "/host/"})


async def _static(request: web.Request) -> web.StreamResponse:
    return static(request.match_info["file"])


async def _refused(session: Session, error: HostError) -> web.StreamResponse:
    statuses = {NotFound: 404, Forbidden: 403, Invalid: 422}
    return await page("refused.html", statuses.get(type(error), 400), session=session, problem=str(error))


async def _form(request: web.Request) -> Form:
    """Text fields only; files, and what is no form at all, count as absent."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        fields = await request.post()
    except ValueError:
        raise web.HTTPBadRequest from None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _readable(connection: Connection, full_name: str, user: User | None) -> Repo:
    repo = repositories.by_name(connection, full_name)
    repositories.require(connection, repo, user, Role.READ)
    return repo


def _full_name(request: web.Request) -> str:
    return f"{request.match_info['owner']}/{request.match_info['name']}"


def _before(request: web.Request) -> int | None:
    given = request.query.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None  # noqa: PLR2004


def _thread_page(repo: Repo, thread: Thread) -> str:
    kind = "pull" if thread.kind is ThreadKind.PULL_REQUEST else "commit"
    return f"/host/{repo.full_name}/{kind}/{thread.name}"


def _own_path(path: str) -> str:
    """Where to go after signing in: a page of the host, nowhere else."""
    own = path.startswith("/host/") and OWN_PATH.fullmatch(path) is not None
    return path if own else "/host/"
