"""Artifacts to be saved: one of an execution as a tar file. What is shown of them is part of the execution's page."""

import re

from aiohttp import web

from bot.core.artifacts import produced
from bot.ports import ArtifactError, StorageUnavailable
from bot.web.site import SITE


async def download(request: web.Request) -> web.StreamResponse:
    """`GET /executions/<id>/artifacts/<name>`: as the newest attempt has made it. A page is never made of what is in it."""
    site, name = request.app[SITE], request.match_info["artifact"]
    found = await site.store.execution(request.match_info["execution"])
    artifact = produced(found[0]).get(name) if found else None
    if found is None or artifact is None or site.artifacts is None:
        raise web.HTTPNotFound(text="There is no such artifact.")
    if artifact.reference is not None:
        raise web.HTTPNotFound(text=f"The artifact {name} is a reference to a commit: get it from its repository.")
    chunks = site.artifacts.tar(artifact.space, artifact.id)
    try:
        first = await anext(aiter(chunks), b"")
    except ArtifactError as error:
        raise web.HTTPGone(text=f"The artifact {name} can't be had: {error}.") from error
    except StorageUnavailable as error:
        raise web.HTTPServiceUnavailable(text="The artifacts' storage does not answer. Try again later.") from error
    file = re.sub(r"[^A-Za-z0-9.@_-]", "_", f"{found[0].lane.pipeline}-{found[0].number}-{name}")
    response = web.StreamResponse(
        headers={
            "Content-Disposition": f'attachment; filename="{file}.tar.gz"',
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
    )
    response.content_type = "application/gzip"
    await response.prepare(request)
    await response.write(first)
    # What goes wrong from here on cuts the answer off, and the file with it: no archiver takes it for whole.
    async for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response
