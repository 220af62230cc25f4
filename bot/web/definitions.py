"""`GET /api/definitions`: what a pipeline was in one of its versions (VER-8)."""

from dataclasses import replace

from aiohttp import web
from pydantic import TypeAdapter

from bot.model.pipeline import Pipeline
from bot.web.site import SITE

_PIPELINE = TypeAdapter(Pipeline)
_DIGITS = 9


async def definition(request: web.Request) -> web.Response:
    """`repository`, in full, and `pipeline` name it; `provider` beside them where several hosts have the repository. 404 for an unknown version."""
    store, query = request.app[SITE].store, request.query
    name, pipeline, version = query.get("repository", ""), query.get("pipeline", ""), query.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) <= _DIGITS):
        return web.json_response({"error": "Say which version: a number."}, status=400)
    known = [each for each, _ in await store.repositories()]
    for repository in known:
        if repository.full_name == name and query.get("provider", "") in ("", repository.provider):
            found = await store.definition_version(repository, pipeline, int(version))
            if found is not None:
                plain = _PIPELINE.dump_python(replace(found, secrets={}), mode="json")
                return web.json_response({"version": int(version), "pipeline": plain})
    return web.json_response({"error": f"{pipeline} of {name} has no version {version}."}, status=404)
