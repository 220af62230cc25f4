"""The floor of *accept*: aiohttp reads the body and answers 202. The same event loop as ours, nothing else."""

import sys

import uvloop
from aiohttp import web


async def take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202)


def main() -> None:
    app = web.Application(client_max_size=26 << 20)
    app.router.add_post("/webhooks/github", take)
    uvloop.install()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
