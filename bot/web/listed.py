"""What starts pipelines besides pushes, for programs: their own webhooks with their addresses, and the further sources that are watched."""

from typing import Any

from aiohttp import web

from bot.core.effects import WatchSource
from bot.runtime.webhooks import Address, LastCall
from bot.web.site import SITE


async def webhooks(request: web.Request) -> web.Response:
    """`GET /api/webhooks`: every pipeline's, with the address to call; `repository` and `pipeline` filter. No secret is told."""
    site = request.app[SITE]
    found = site.webhooks.addresses() if site.webhooks else []
    wanted, pipeline = request.query.get("repository", ""), request.query.get("pipeline", "")
    return web.json_response(
        {
            "webhooks": [
                plain(request, each, site.webhooks.last_call(each) if site.webhooks else None)
                for each in found
                if wanted in ("", each.home.repository.full_name) and pipeline in ("", each.home.pipeline.name)
            ]
        }
    )


async def sources(request: web.Request) -> web.Response:
    """`GET /api/sources`: every further source whose change starts a pipeline; `repository` and `pipeline` filter.

    `seen` is the revision that was there last, `next` when it is looked at next, `off_since` since when it is not (section 7.4).
    """
    watches = request.app[SITE].watches
    wanted, pipeline = request.query.get("repository", ""), request.query.get("pipeline", "")
    found = watches.watched(pipeline=pipeline) if watches else []
    return web.json_response({"sources": [_watch(each) for each in found if wanted in ("", each.repository.full_name)]})


def _watch(watch: WatchSource) -> dict[str, Any]:
    return {
        "provider": watch.repository.provider,
        "repository": watch.repository.full_name,
        "pipeline": watch.pipeline,
        "branch": watch.branch,
        "action": watch.action,
        "source": str(watch.source),
        "type": watch.source.kind,
        "seen": watch.seen,
        "next": watch.at,
        "off_since": watch.off_since,
        "problem": watch.problem,
    }


def plain(request: web.Request, address: Address, last: LastCall | None) -> dict[str, Any]:
    home, webhook = address.home, address.webhook
    return {
        "name": webhook.name,
        "provider": home.repository.provider,
        "repository": home.repository.full_name,
        "pipeline": home.pipeline.name,
        "branch": home.branch,
        "authentication": webhook.authentication.value,
        "url": url_of(request, address),
        "last_call": {"at": last.at, "result": last.words} if last else None,
    }


def url_of(request: web.Request, address: Address) -> str:
    base = request.app[SITE].access.public_url or str(request.url.origin())
    return f"{base}/webhooks/pipelines/{address.id}"
