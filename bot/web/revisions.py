"""`POST /api/revisions`: a source has a new revision, told by whoever operates the bot (PutActionRevision, section 7.6)."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.runtime.told_revisions import ToldRevision
from bot.web.access import operates
from bot.web.orders import error
from bot.web.site import SITE

_NEEDED = (
    'Send JSON such as {"repository": "acme/web", "pipeline": "web", "action": "docs", "revision": "4f2c1e9…", '
    '"change": "build 12"}; `provider` and `stage` where there are several.'
)

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Optional = Annotated[str, Field(max_length=100)]


class _Told(BaseModel):
    """Section 1.1's lengths. When it was made, AWS asks too; nothing depends on it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    repository: _Name
    pipeline: _Name
    action: _Name
    revision: Annotated[str, Field(min_length=1, max_length=1500)]
    change: _Optional = ""
    provider: _Optional = ""
    stage: _Optional = ""
    created: Any = None


async def put(request: web.Request) -> web.Response:
    """`new_revision` is true once; told again, the execution's id is the same."""
    site = request.app[SITE]
    if not operates(request):
        return error(401, "Telling a revision needs the bot's token: Authorization: Bearer <token>.")
    if site.revisions is None:
        return error(404, "This bot takes no revisions.")
    try:
        told = _Told.model_validate_json(await request.read())
    except ValidationError:
        return error(400, _NEEDED)
    fields = told.model_dump(exclude={"created"})
    taken = await site.revisions.take(ToldRevision(**fields))
    if taken.problem:
        return error(409 if taken.known else 404, taken.problem)
    url = str(request.url.origin().with_path(f"/executions/{taken.execution}"))
    return web.json_response({"new_revision": taken.new, "execution": taken.execution, "url": url})
