"""Making a GitHub App of the bot's own in the browser: a form that goes to GitHub, and what it brings back. https only leads there and back.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import re
from urllib.parse import urlsplit

from aiohttp import web

from bot.ports import AppSetup, ProviderError
from bot.web.edge import CONTENT_POLICY
from bot.web.operator_session import States, begin, may_operate, session_of
from bot.web.pages import render
from bot.web.site import SITE

PATH = "/setup/github"
STATES: web.AppKey[States] = web.AppKey("states", States)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,33}")
"""GitHub takes 34 characters."""

_ORGANIZATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")


async def page(request: web.Request) -> web.Response:
    """What there is; with a name, the form that goes to GitHub."""
    setup, session = _setup(request), session_of(request)
    if not session:
        return _sign_in(request, wrong=False)
    name, organization = (request.query.get(key, "").strip() for key in ("name", "organization"))
    wrong = (bool(name) and not _NAME.fullmatch(name)) or (
        bool(organization) and not _ORGANIZATION.fullmatch(organization)
    )
    if not name or wrong:
        return await _show(request, setup, name=name or "Penstock", organization=organization, wrong=wrong)
    state = request.app[STATES].new(request.app[SITE].access, session)
    form = setup.form(name, organization, state)
    response = await _show(request, setup, name=name, organization=organization, form=form)
    target = urlsplit(form.address)
    policy = CONTENT_POLICY.replace("form-action 'self'", f"form-action 'self' {target.scheme}://{target.netloc}")
    response.headers["Content-Security-Policy"] = policy
    return response


async def sign_in(request: web.Request) -> web.Response:
    _setup(request)
    token = str((await request.post()).get("token", "")).strip()
    if not may_operate(request.app[SITE].access, token):
        return _sign_in(request, wrong=True)
    response = web.Response(status=303, headers={"Location": PATH})
    begin(request, response)
    return response


async def made(request: web.Request) -> web.Response:
    """GitHub has sent the browser back."""
    setup, session = _setup(request), session_of(request)
    if not session:
        return _sign_in(request, wrong=False)
    code, state = (request.query.get(key, "") for key in ("code", "state"))
    if not code or not request.app[STATES].take(request.app[SITE].access, session, state):
        return await _show(
            request, setup, status=400, failed="This did not begin here, or was done before. Begin again."
        )
    try:
        await setup.finish(code)
    except ProviderError as error:
        return await _show(
            request,
            setup,
            status=502,
            failed=f"{error}. Begin again; an App that was made meanwhile can be deleted on GitHub.",
        )
    return web.Response(status=303, headers={"Location": PATH})


def _setup(request: web.Request) -> AppSetup:
    setup = request.app[SITE].app_setup
    if setup is None:
        raise web.HTTPNotFound
    return setup


def _sign_in(request: web.Request, *, wrong: bool) -> web.Response:
    return render(request, "setup_sign_in.html", status=403 if wrong else 401, wrong=wrong)


async def _show(request: web.Request, setup: AppSetup, status: int = 200, **values: object) -> web.Response:
    shown = {"name": "Penstock", "organization": "", "wrong": False, "form": None, "failed": ""} | values
    return render(request, "setup_github.html", status=status, app=await setup.made(), setup=setup, **shown)
