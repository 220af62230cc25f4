"""The page that asks for the page token. Who needs it is decided in `access`."""

from aiohttp import web

from bot.web.access import COOKIE, give_cookie, local_path, valid_token
from bot.web.pages import render
from bot.web.site import SITE


async def ask(request: web.Request) -> web.Response:
    return render(request, "sign_in.html", next=local_path(request.query.get("next", "/")), wrong=False)


async def sign_in(request: web.Request) -> web.Response:
    site = request.app[SITE]
    form = await request.post()
    token, target = (str(form.get(name, "")) for name in ("token", "next"))
    if not valid_token(site.access, token.strip()):
        return render(request, "sign_in.html", status=403, next=local_path(target), wrong=True)
    response = web.Response(status=303, headers={"Location": local_path(target)})
    give_cookie(request, response, site)
    return response


async def sign_out(_request: web.Request) -> web.Response:
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    response.del_cookie(COOKIE)
    return response
