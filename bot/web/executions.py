"""The list of executions and the page of one, still and live. What they show is made in `listing` and `drawn`."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from bot.core.deployments.lifecycle import deploys
from bot.core.effects import job_id
from bot.model.execution import Execution
from bot.model.pipeline import Build, Pipeline
from bot.ports import Store
from bot.web.drawn import ExecutionView, Known, draw
from bot.web.listing import STATES, Wanted, listing, upcoming
from bot.web.live import keep_telling, version_of
from bot.web.log_view import LogPage, LogView
from bot.web.pages import fragment, render
from bot.web.places import places_of
from bot.web.remarks import RemarksView, draw_remarks
from bot.web.results import RUNS, ResultsView, draw_results
from bot.web.site import SITE, Site
from bot.web.streams import STREAMS, last_seen
from bot.web.timeline import timeline

LOG_VIEW: web.AppKey[LogView] = web.AppKey("log_view", LogView)

TAIL_LINES = 25
TAILS = 12
"""How many actions of a page show their last lines at once; the others' logs are one click away."""


async def index(request: web.Request) -> web.Response:
    site = request.app[SITE]
    wanted = Wanted.of(request.query)
    found = await listing(site.store, wanted)
    repositories = sorted({repository.full_name for repository, _ in await site.store.repositories()})
    return render(
        request,
        "index.html",
        wanted=wanted,
        listing=found,
        states=STATES,
        repositories=repositories,
        hooks=_hooks(site),
        upcoming=upcoming(site.upcoming(), wanted),
    )


async def index_events(request: web.Request) -> web.StreamResponse:
    """The list again, whenever any execution changed."""
    site = request.app[SITE]
    wanted = Wanted.of(request.query)

    async def parts() -> tuple[str, Mapping[str, str]]:
        found = await listing(site.store, wanted)
        return version_of(found), {
            "runs": fragment(request, "_runs.html", listing=found, wanted=wanted, hooks=_hooks(site))
        }

    async with request.app[STREAMS].to(request) as stream:
        with site.changes.listen() as listener:
            await keep_telling(stream, listener, parts, "")
    return stream.response


def _hooks(site: Site) -> list[str]:
    """Where hosts send their deliveries."""
    return [f"{site.access.public_url}/webhooks/{name}" for name in site.providers]


async def page(request: web.Request) -> web.Response:
    view, known = await _drawn(request)
    tails = await _tails(request.app[LOG_VIEW], view)
    return render(
        request,
        "execution.html",
        view=view,
        history=timeline(known.execution, known.history),
        tails=tails,
        places=places_of(known.execution.lane),
        version=_version_of(known),
    )


async def events(request: web.Request) -> web.StreamResponse:
    """The page's parts again, whenever this execution changed, until it has ended."""
    site = request.app[SITE]
    execution = request.match_info["execution"]
    await _find(site, execution)

    async def parts() -> tuple[str, Mapping[str, str]]:
        view, known = await _drawn(request)
        return _version_of(known), _parts(request, view, known)

    async with request.app[STREAMS].to(request) as stream:
        with site.changes.listen(execution) as listener:
            await keep_telling(stream, listener, parts, last_seen(request))
    return stream.response


def _parts(request: web.Request, view: ExecutionView, known: Known) -> dict[str, str]:
    history = timeline(known.execution, known.history)
    parts = {
        "execution-head": fragment(request, "_head.html", view=view),
        "execution-map": fragment(request, "_map.html", view=view),
        "execution-history": fragment(request, "_history.html", history=history),
    }
    for stage in view.stages:
        parts[stage.anchor] = fragment(request, "_stage.html", view=view, stage=stage, tails={})
    return parts


def _version_of(known: Known) -> str:
    return version_of(known.execution, known.slots, len(known.history), known.deployments, known.batches)


async def _drawn(request: web.Request) -> tuple[ExecutionView, Known]:
    site = request.app[SITE]
    execution, pipeline = await _find(site, request.match_info["execution"])
    history = await site.store.history(execution.id)
    provider = site.providers.get(execution.lane.repository.provider)
    results, remarks = await _results(site.store, execution), await _remarks(site.store, execution)
    slots = {} if execution.status.ended else (await site.store.load_lane(execution.lane)).slots
    deployments = await site.store.deployments(execution.id) if deploys(pipeline) else ()
    batches = await site.store.batches(execution.id) if _has_batch(pipeline) else ()
    known = Known(execution, pipeline, slots, history, provider, results, remarks, deployments, batches)
    return draw(known), known


def _has_batch(pipeline: Pipeline) -> bool:
    return any(
        isinstance(action.work, Build) and action.work.batch for stage in pipeline.stages for action in stage.actions
    )


async def _remarks(store: Store, execution: Execution) -> Mapping[str, RemarksView]:
    """Of the actions that have any, as with results."""
    if not any(run.annotations for stage in execution.stages for run in stage.actions):
        return {}
    found = await store.annotations(execution.id)
    return {job_id(execution.id, one.stage, one.action, one.attempt): draw_remarks(one.annotations) for one in found}


async def _results(store: Store, execution: Execution) -> Mapping[str, ResultsView]:
    """Of the actions that have any: most have none, and cost nothing."""
    if not any(run.results for stage in execution.stages for run in stage.actions):
        return {}
    lane, drawn = execution.lane, {}
    for record in await store.results(execution.id):
        if "/" in record.action:
            continue  # one build's of a batch: its action has them, too
        place = record.stage, record.action
        past = await store.past_results(lane.repository, lane.pipeline, place, RUNS, ref=str(lane.ref))
        key = job_id(execution.id, *place, record.attempt)
        drawn[key] = draw_results(record, past)
    return drawn


async def _find(site: Site, execution: str) -> tuple[Execution, Pipeline]:
    found = await site.store.execution(execution)
    if found is None:
        raise web.HTTPNotFound(text="There is no such execution. It may have been removed with other old ones.")
    return found


async def _tails(logs: LogView, view: ExecutionView) -> Mapping[str, LogPage]:
    """The last lines of the actions that one has come to see, by log key."""
    telling = [action for stage in view.stages for action in stage.actions if action.telling][:TAILS]
    pages = await asyncio.gather(
        *(logs.page(action.key, action.log, lines=TAIL_LINES, anchors=False) for action in telling)
    )
    return {action.key: found for action, found in zip(telling, pages, strict=True) if found is not None}
