"""The state view and the histories of actions and rules for programs, as JSON. Times are seconds since 1970; `next` asks for the next page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

from bot.core.lane_view import LaneView, StageState
from bot.core.records import ActionRecord, RuleRecord, action_records, rule_records
from bot.model.condition import ConditionRun, RuleRun
from bot.model.execution import ActionRun, Execution
from bot.model.pipeline import Stage
from bot.model.repository import Ref, Repository
from bot.model.waiting import Wait
from bot.runtime.lane_views import lane_view, recent_views
from bot.runtime.records import R, page_of_records, records_of
from bot.web.api import limit_of
from bot.web.listing import Wanted
from bot.web.places import lane_path
from bot.web.site import SITE, Site

_ACTION = TypeAdapter(ActionRun)
_RULE = TypeAdapter(RuleRun)
_CONDITIONS = TypeAdapter(tuple[ConditionRun, ...])
_WAIT = TypeAdapter(Wait)

Json = dict[str, Any]


async def lanes(request: web.Request) -> web.Response:
    """`GET /api/lanes`: each lane's stages as they stand, that with the newest execution first within its repository.

    `repository`, `pipeline`, `ref` filter, `limit` at most 100, `before` is the `next` of the page before.
    """
    wanted, limit = Wanted.of(request.query), limit_of(request)
    found, following = await _views(request.app[SITE], wanted, limit)
    return web.json_response({"lanes": [_lane(request, view) for view in found], "next": following})


async def actions(request: web.Request) -> web.Response:
    """`GET /api/actions`: every attempt at every action, newest first. Filters and pages as for lanes; `execution` names one."""
    return await _records(request, "actions", action_records, _action_record)


async def rules(request: web.Request) -> web.Response:
    """`GET /api/rules`: every evaluation of every rule (RUL-8), as for actions."""
    return await _records(request, "rules", rule_records, _rule_record)


async def _records(
    request: web.Request, name: str, of: Callable[[Execution], Sequence[R]], plain: Callable[[R], Json]
) -> web.Response:
    store, wanted, limit = request.app[SITE].store, Wanted.of(request.query), limit_of(request)
    if execution := request.query.get("execution", "").strip():
        page = await records_of(store, execution, of, limit, wanted.before)
    else:
        page = await page_of_records(store, wanted.filter, of, limit, wanted.before)
    return web.json_response({name: [plain(record) for record in page.found], "next": page.next})


async def _views(site: Site, wanted: Wanted, limit: int) -> tuple[list[LaneView], str]:
    """A page of lanes, repository by repository, and where the next one begins."""
    found: list[LaneView] = []
    for repository in await _repositories(site, wanted):
        if wanted.filter.ref:
            found += await _of_ref(site, repository, wanted)
        else:
            before = wanted.before if wanted.before.startswith(f"{repository.provider}:{repository.id}:") else ""
            found += await recent_views(site.store, repository, wanted.pipeline, limit + 1 - len(found), before)
        if len(found) > limit:
            break
    return found[:limit], found[limit - 1].lane.id if len(found) > limit else ""


async def _of_ref(site: Site, repository: Repository, wanted: Wanted) -> list[LaneView]:
    known = await site.store.lanes(repository, Ref.parse(wanted.filter.ref))
    known = [lane for lane in known if wanted.pipeline in ("", lane.pipeline)]
    ids = [lane.id for lane in known]
    rest = known[ids.index(wanted.before) + 1 :] if wanted.before in ids else known
    return [view for view in [await lane_view(site.store, lane) for lane in rest] if view]


async def _repositories(site: Site, wanted: Wanted) -> list[Repository]:
    """Those that are asked for, by name, from the one of the page before on."""
    known = [repository for repository, _ in await site.store.repositories()]
    known = [repository for repository in known if wanted.repository in ("", repository.full_name)]
    if not wanted.before:
        return known
    place = [wanted.before.startswith(f"{one.provider}:{one.id}:") for one in known]
    return known[place.index(True) :] if any(place) else []


# --- as JSON ---


def _lane(request: web.Request, view: LaneView) -> Json:
    lane = view.lane
    return {
        "id": lane.id,
        "provider": lane.repository.provider,
        "repository": lane.repository.full_name,
        "pipeline": lane.pipeline,
        "ref": str(lane.ref),
        "url": str(request.url.origin()) + lane_path(lane),
        "mode": view.pipeline.mode,
        "definition": view.newest.definition,
        "version": view.newest.pipeline_version,
        "newest": _brief(view.newest),
        "live": [_brief(execution) for execution in view.live],
        "stages": [_stage(state) for state in view.stages],
    }


def _brief(execution: Execution) -> Json:
    revision = execution.revision
    return {
        "id": execution.id,
        "number": execution.number,
        "status": execution.status,
        "type": execution.type,
        "revision": {
            "commit": revision.commit,
            "summary": revision.summary,
            "author": revision.author.login if revision.author else "",
        },
        "started_at": execution.started_at,
        "ended_at": execution.ended_at,
    }


def _stage(state: StageState) -> Json:
    run, hold = state.run, state.hold
    return {
        "name": state.stage.name,
        "environment": state.stage.environment,
        "transition": {
            "enabled": hold is None,
            "changed_by": hold.by.login if hold else "",
            "changed_at": hold.at if hold else None,
            "reason": hold.reason if hold else "",
        },
        "inbound": [
            {**_brief(each), "wait": _WAIT.dump_python(each.wait, mode="json") if each.wait else None}
            for each in state.inbound
        ],
        "latest": _brief(state.latest) if state.latest else None,
        "status": run.status if run else None,
        "started_at": run.started_at if run else None,
        "ended_at": run.ended_at if run else None,
        "retries": {"automatic": run.auto_retries, "manual": run.manual_retries} if run else None,
        "conditions": _CONDITIONS.dump_python(run.conditions, mode="json") if run else [],
        "actions": [_action(state.stage, each) for each in run.actions] if run else [],
    }


def _action(stage: Stage, run: ActionRun) -> Json:
    kinds: Mapping[str, str] = {action.name: action.work.kind for action in stage.actions}
    return {**_ACTION.dump_python(run, mode="json"), "kind": kinds.get(run.name, "")}


def _action_record(record: ActionRecord) -> Json:
    return {**_whose(record), "latest": record.latest, **_ACTION.dump_python(record.run, mode="json")}


def _rule_record(record: RuleRecord) -> Json:
    return {
        **_whose(record),
        "latest": record.latest,
        "condition": record.kind,
        "attempt": record.attempt,
        **_RULE.dump_python(record.run, mode="json"),
    }


def _whose(record: ActionRecord | RuleRecord) -> Json:
    lane = record.execution.lane
    return {
        "id": record.key,
        "execution": record.execution.id,
        "number": record.execution.number,
        "provider": lane.repository.provider,
        "repository": lane.repository.full_name,
        "pipeline": lane.pipeline,
        "ref": str(lane.ref),
        "stage": record.stage,
    }
