"""What `penstock status` and other programs read: executions as JSON, in the model's own words. People read the pages."""

from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

from bot.core.sources import revisions
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline
from bot.model.source import SourceRevision
from bot.web.listing import Wanted
from bot.web.site import SITE

_EXECUTION = TypeAdapter(Execution)
_PIPELINE = TypeAdapter(Pipeline)
_REVISION = TypeAdapter(SourceRevision)

MOST = 100


async def executions(request: web.Request) -> web.Response:
    """`GET /api/executions`: newest first. `repository`, `pipeline`, `ref` filter, `limit` at most 100, `before` is the last id of the page before.

    `succeededInStage`, beside `repository` and `pipeline`, leaves those that have succeeded in that stage (section 18).
    """
    wanted = Wanted.of(request.query)
    if wanted.succeeded_in and not (wanted.repository and wanted.pipeline):
        error = "A stage belongs to a pipeline: say which with repository and pipeline."
        return web.json_response({"error": error}, status=400)
    limit = limit_of(request)
    found = await request.app[SITE].store.executions(wanted.filter, limit, wanted.before)
    return web.json_response({"executions": [plain(request, execution) for execution in found]})


async def execution(request: web.Request) -> web.Response:
    """`GET /api/executions/<id>`: one execution whole, with the `pipeline` that it runs: as written, before values are filled in."""
    found = await request.app[SITE].store.execution(request.match_info["execution"])
    if found is None:
        return web.json_response({"error": "There is no such execution."}, status=404)
    pipeline = _PIPELINE.dump_python(replace(found[1], secrets={}), mode="json")
    return web.json_response({**plain(request, found[0]), "pipeline": pipeline})


def plain(request: web.Request, execution: Execution) -> dict[str, Any]:
    found: dict[str, Any] = _EXECUTION.dump_python(execution, mode="json")
    found["revisions"] = [{"action": name, **_REVISION.dump_python(one)} for name, one in revisions(execution)]
    return {**found, "url": str(request.url.origin().with_path(f"/executions/{execution.id}"))}


def limit_of(request: web.Request) -> int:
    """How many are asked for at most."""
    return min(MOST, max(1, _number(request.query.get("limit", ""), 20)))


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else default
