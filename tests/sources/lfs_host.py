"""A Git LFS server beside the Git host of these tests: the batch API and the objects, behind the host's own password.

https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
"""

import hashlib
from dataclasses import dataclass, field

from aiohttp import web

from tests.sources.git_host import Host

MEDIA_TYPE = "application/vnd.git-lfs+json"
BATCH = "/web.git/info/lfs/objects/batch"
"""Of the repository that is checked out; every other one has its own."""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


def pointer(content: bytes) -> bytes:
    """What Git holds in place of the content."""
    return POINTER.format(oid=hashlib.sha256(content).hexdigest(), size=len(content)).encode()


@dataclass
class LargeFiles:
    """Answers for the LFS part of the host's addresses; the rest is the host's. `asked`: the LFS requests that were let in."""

    host: Host
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def keep(self, content: bytes) -> bytes:
        """Have the content; its pointer is the answer."""
        self.objects[hashlib.sha256(content).hexdigest()] = content
        return pointer(content)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "/info/lfs/" not in request.path:
            return await self.host.answer(request)
        self.host.note(request)
        if not self.host.lets_in(request):
            return web.json_response(
                {"message": "Credentials needed"},
                status=401,
                content_type=MEDIA_TYPE,
                headers={"WWW-Authenticate": 'Basic realm="git"', "LFS-Authenticate": 'Basic realm="git"'},
            )
        self.asked.append(f"{request.method} {request.rel_url}")
        if request.method == "POST" and request.path.endswith("/info/lfs/objects/batch"):
            return await self._batch(request)
        content = self.objects.get(request.path.rpartition("/")[2])
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def _batch(self, request: web.Request) -> web.Response:
        assert request.content_type == MEDIA_TYPE
        asked = await request.json()
        assert asked["operation"] == "download"
        place = f"{self.host.url}{request.path.removesuffix('/batch')}"
        answers = [self._object(place, one["oid"], one["size"]) for one in asked["objects"]]
        return web.json_response({"transfer": "basic", "objects": answers}, content_type=MEDIA_TYPE)

    def _object(self, place: str, oid: str, size: int) -> dict[str, object]:
        if oid not in self.objects:
            return {"oid": oid, "size": size, "error": {"code": 404, "message": "Object does not exist"}}
        return {"oid": oid, "size": size, "actions": {"download": {"href": f"{place}/{oid}"}}}
