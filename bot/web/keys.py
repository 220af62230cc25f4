"""`GET /api/seal-key`: the public key that secrets of a repository are sealed to, for `penstock seal`."""

from aiohttp import web

from bot.web.site import SITE


async def seal_key(request: web.Request) -> web.Response:
    """Of the repository that `repository` names in full; `provider` beside it where several hosts have one of that name."""
    site = request.app[SITE]
    name, provider = request.query.get("repository", ""), request.query.get("provider", "")
    known = [each for each, _ in await site.store.repositories()]
    found = [each for each in known if each.full_name == name and provider in ("", each.provider)]
    if not found or site.secrets is None:
        error = f"This bot has not heard of {name} yet. Push something to it, or check the name."
        return web.json_response({"error": error}, status=404)
    if len(found) > 1:
        hosts = ", ".join(each.provider for each in found)
        return web.json_response({"error": f"{name} is on several hosts: {hosts}. Say which one."}, status=409)
    [one] = found
    identity = {"provider": one.provider, "id": one.id, "full_name": one.full_name}
    return web.json_response({"repository": identity, "public_key": site.secrets.public_key(one)})
