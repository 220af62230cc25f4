"""The pages of repositories, of a pipeline and of a lane, still and live. What they show is made in `lane_drawn` and `listing`."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.core.lane_view import LaneView
from bot.core.records import action_records, rule_records
from bot.model.execution import LaneKey
from bot.model.repository import Ref, RefKind, Repository
from bot.model.webhook import WebhookTrigger
from bot.ports import ExecutionFilter
from bot.runtime.lane_views import lane_view, recent_views
from bot.runtime.records import page_of_records
from bot.runtime.webhooks import LastCall
from bot.web.histories import action_rows, rule_rows
from bot.web.lane_drawn import LaneDrawn, LaneRow, draw_lane, lane_row
from bot.web.listed import url_of
from bot.web.listing import PAGE, Listing, row
from bot.web.live import keep_telling, version_of
from bot.web.pages import fragment, render
from bot.web.places import named_lane, named_repository, pipeline_path, repository_path
from bot.web.site import SITE, Site
from bot.web.streams import STREAMS, last_seen

RECENT = 60
"""Lanes of a repository that are looked at for its list of pipelines, besides those of its default branch."""
BESIDE = 4
"""Other lanes that a repository's page shows of each pipeline."""

SHOWN = {"executions": "Executions", "actions": "Actions", "rules": "Rules"}


async def repositories(request: web.Request) -> web.Response:
    """Every repository with its pipelines, as they stand on the default branch or, without one there, where they ran last."""
    site = request.app[SITE]
    found = [
        (
            repository,
            repository_path(repository),
            [rows[0] for rows in (await _pipelines(site, repository, branch)).values()],
        )
        for repository, branch in await site.store.repositories()
    ]
    return render(request, "repositories.html", repositories=found)


async def repository(request: web.Request) -> web.Response:
    site = request.app[SITE]
    named, branch = await named_repository(site.store, request)
    found = await _pipelines(site, named, branch)
    provider = site.providers.get(named.provider)
    return render(
        request,
        "repository.html",
        repository=named,
        host=provider.page_url(named) if provider else "",
        pipelines=[(name, pipeline_path(named, name), rows[: BESIDE + 1]) for name, rows in found.items()],
    )


async def pipeline(request: web.Request) -> web.Response:
    """A pipeline's lanes, that of the default branch first on the first page."""
    site, name, before = request.app[SITE], request.match_info["pipeline"], request.query.get("before", "")
    named, branch = await named_repository(site.store, request)
    views = await recent_views(site.store, named, name, PAGE + 1, before)
    older = views[PAGE - 1].lane.id if len(views) > PAGE else ""
    first = None if before else await _on(site, named, name, branch)
    if not views and not before:
        raise web.HTTPNotFound(text="No pipeline of that name has run in this repository.")
    rest = [view for view in views[:PAGE] if view.lane.ref != Ref(RefKind.BRANCH, branch)]
    return render(
        request,
        "pipeline.html",
        repository=named,
        repository_path=repository_path(named),
        place=pipeline_path(named, name),
        pipeline=name,
        first=lane_row(first) if first else None,
        rows=[lane_row(view) for view in rest],
        older=older,
        watches=site.watches.watched(named, name) if site.watches else [],
        webhooks=_webhooks(request, named, name),
    )


def _webhooks(request: web.Request, named: Repository, name: str) -> list[tuple[WebhookTrigger, str, LastCall | None]]:
    """Each with its address, and what its newest call came to."""
    webhooks = request.app[SITE].webhooks
    found = [each for each in webhooks.addresses(named) if each.home.pipeline.name == name] if webhooks else []
    return [(each.webhook, url_of(request, each), webhooks.last_call(each) if webhooks else None) for each in found]


async def lane(request: web.Request) -> web.StreamResponse:
    """The page; with `?events` what keeps it live (a ref's name may end in anything, so that no path below it is free)."""
    if "events" in request.query:
        return await _events(request)
    site = request.app[SITE]
    key = await named_lane(site.store, request)
    view = await _find(site, key)
    shown = request.query.get("show", "")
    shown = shown if shown in SHOWN else "executions"
    before = request.query.get("before", "")
    return render(
        request,
        "lane.html",
        lane=_drawn(site, view),
        shown=shown,
        kinds=SHOWN,
        before=before,
        **await _history(site, key, shown, before),
        version=version_of(view),
    )


async def _events(request: web.Request) -> web.StreamResponse:
    """The lane's page again, whenever anything changed in it."""
    site = request.app[SITE]
    key = await named_lane(site.store, request)
    await _find(site, key)

    async def parts() -> tuple[str, Mapping[str, str]]:
        view = await _find(site, key)
        drawn = _drawn(site, view)
        return version_of(view), {
            "lane-head": fragment(request, "_lane_head.html", lane=drawn),
            "lane-map": fragment(request, "_lane_map.html", lane=drawn),
        }

    async with request.app[STREAMS].to(request) as stream:
        with site.changes.listen(key.id) as listener:
            await keep_telling(stream, listener, parts, last_seen(request))
    return stream.response


async def _find(site: Site, key: LaneKey) -> LaneView:
    view = await lane_view(site.store, key)
    if view is None:
        raise web.HTTPNotFound(
            text="Nothing has run there yet, or what ran has been removed with other old executions."
        )
    return view


def _drawn(site: Site, view: LaneView) -> LaneDrawn:
    provider = site.providers.get(view.lane.repository.provider)
    return draw_lane(view, provider.limits.command_prefix if provider else "/")


async def _history(site: Site, key: LaneKey, shown: str, before: str) -> dict[str, Any]:
    """A page of what the lane's executions, their actions or their rules came to."""
    which = ExecutionFilter.of_lane(key)
    if shown == "actions":
        actions = await page_of_records(site.store, which, action_records, PAGE, before)
        return {"records": action_rows(actions.found), "older": actions.next}
    if shown == "rules":
        rules = await page_of_records(site.store, which, rule_records, PAGE, before)
        return {"records": rule_rows(rules.found), "older": rules.next}
    found = await site.store.executions(which, PAGE + 1, before)
    older = found[PAGE - 1].id if len(found) > PAGE else ""
    return {"listing": Listing(tuple(map(row, found[:PAGE])), older), "older": older}


async def _pipelines(site: Site, named: Repository, branch: str) -> Mapping[str, list[LaneRow]]:
    """By pipeline its lanes, that of the default branch first, else that with the newest execution."""
    home = await site.store.lanes(named, Ref(RefKind.BRANCH, branch)) if branch else []
    rows: dict[str, list[LaneRow]] = {}
    for view in [await lane_view(site.store, key) for key in home]:
        if view is not None:
            rows[view.lane.pipeline] = [lane_row(view)]
    for view in await recent_views(site.store, named, "", RECENT):
        if view.lane not in home:
            rows.setdefault(view.lane.pipeline, []).append(lane_row(view))
    return dict(sorted(rows.items()))


async def _on(site: Site, named: Repository, name: str, branch: str) -> LaneView | None:
    return await lane_view(site.store, LaneKey(named, name, Ref(RefKind.BRANCH, branch))) if branch else None
