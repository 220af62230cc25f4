"""What programs read: the metrics, and the schema of the pipeline file that editors use."""

from aiohttp import web

from bot.runtime.metrics import CONTENT_TYPE
from bot.web.site import SITE


async def metrics(request: web.Request) -> web.Response:
    return web.Response(body=request.app[SITE].metrics.text(), headers={"Content-Type": CONTENT_TYPE})


async def schema(request: web.Request) -> web.Response:
    headers = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
    return web.json_response(request.app[SITE].schema(), headers=headers, content_type="application/schema+json")
