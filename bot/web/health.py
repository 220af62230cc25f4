"""Whether the bot lives, and whether it can work: for supervisors, load balancers and people in a hurry."""

import asyncio

from aiohttp import web

from bot.web.site import SITE, Check

PATIENCE = 5.0


async def alive(_request: web.Request) -> web.Response:
    """The loop turns; nothing else is asked, so that a slow database restarts nobody."""
    return web.Response(text="ok\n")


async def ready(request: web.Request) -> web.Response:
    """Every check by its name, with what is wrong: 503 as long as anything is that deliveries need.

    What only slows actions down (a warning) is told as well, and keeps nobody from delivering.
    """
    site = request.app[SITE]
    checks = {**site.checks, **site.warnings}
    results = await asyncio.gather(*(_result(check) for check in checks.values()))
    report = dict(zip(checks, results, strict=True))
    works = not any(report[name] for name in site.checks)
    body = {"ready": works, "checks": {name: reason or "ok" for name, reason in report.items()}}
    return web.json_response(body, status=200 if works else 503)


async def _result(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except Exception as error:  # noqa: BLE001  a check that fails is a result
        return f"{type(error).__name__}"
