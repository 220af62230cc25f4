"""The application put together: which address is whose. What belongs to an address is in the file it names."""

from aiohttp import web

from bot.web import (
    api,
    artifacts,
    called,
    definitions,
    executions,
    health,
    keys,
    lanes,
    listed,
    logs,
    orders,
    published,
    revisions,
    setup_github,
    sign_in,
    state_api,
)
from bot.web.assets import Assets
from bot.web.edge import edge
from bot.web.executions import LOG_VIEW
from bot.web.hooks import HOOKS, Hook, expect
from bot.web.log_view import LogView
from bot.web.operator_session import States
from bot.web.pages import ASSETS, PAGES, Pages
from bot.web.places import LANE, PIPELINE, REPOSITORY
from bot.web.site import SITE, Site
from bot.web.streams import STREAMS, Streams

LOG = "/executions/{execution}/logs/{stage}/{action}/{attempt:[1-9][0-9]{0,5}}"


def build_app(site: Site) -> web.Application:
    """The whole site. Further routes (the embedded host's) may be added to it before it is run."""
    app = web.Application(middlewares=[edge])
    assets = Assets()
    app[SITE] = site
    app[ASSETS] = assets
    app[PAGES] = Pages(site.clock, assets.url)
    app[setup_github.STATES] = States()
    app[LOG_VIEW] = LogView(site.logs)
    streams = app[STREAMS] = Streams(site.streams, site.heartbeat)
    app.on_shutdown.append(streams.close)
    site.metrics.watch("live_pages", "Open live connections of pages.", lambda: streams.open)
    hooks = app[HOOKS] = {name: Hook(site, provider) for name, provider in site.providers.items()}
    for name, hook in hooks.items():
        app.router.add_post(f"/webhooks/{name}", hook.handle, expect_handler=expect)
    app.router.add_post(called.PATH, called.call, expect_handler=expect)
    app.add_routes(_routes())
    app.router.add_get("/static/{name}", assets.serve)
    return app


def _routes() -> list[web.RouteDef]:
    return [
        web.get("/", executions.index),
        web.get("/events", executions.index_events),
        web.get("/executions/{execution}", executions.page),
        web.get("/executions/{execution}/events", executions.events),
        web.get(LOG, logs.page),
        web.get(LOG + "/raw", logs.raw),
        web.get(LOG + "/events", logs.events),
        web.get("/executions/{execution}/artifacts/{artifact}", artifacts.download),
        web.get("/repositories", lanes.repositories),
        web.get(LANE, lanes.lane),
        web.get(PIPELINE, lanes.pipeline),
        web.get(REPOSITORY, lanes.repository),
        web.get("/api/executions", api.executions),
        web.get("/api/executions/{execution}", api.execution),
        web.post("/api/executions/{execution}/{order}", orders.order),
        web.get("/api/definitions", definitions.definition),
        web.get("/api/lanes", state_api.lanes),
        web.get("/api/actions", state_api.actions),
        web.get("/api/rules", state_api.rules),
        web.get("/api/webhooks", listed.webhooks),
        web.get("/api/sources", listed.sources),
        web.post("/api/revisions", revisions.put),
        web.get("/api/seal-key", keys.seal_key),
        web.get("/sign-in", sign_in.ask),
        web.post("/sign-in", sign_in.sign_in),
        web.post("/sign-out", sign_in.sign_out),
        web.get(setup_github.PATH, setup_github.page),
        web.get(f"{setup_github.PATH}/made", setup_github.made),
        web.post("/setup/sign-in", setup_github.sign_in),
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", published.metrics),
        web.get("/schema/pipeline.json", published.schema),
    ]
