"""Style sheet, script and icon: read once, named by their content, so that browsers keep them for ever."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """`url` names an asset in a page, `serve` answers for it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._urls: dict[str, str] = {}
        self._contents: dict[str, tuple[str, bytes, bytes]] = {}
        for path in sorted(folder.iterdir()):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            name = f"{path.stem}.{digest}{path.suffix}"
            self._urls[path.name] = f"/static/{name}"
            self._contents[name] = (_TYPES[path.suffix], content, _packed(content))

    def url(self, name: str) -> str:
        return self._urls[name]

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._contents:
            raise web.HTTPNotFound
        kind, content, packed = self._contents[name]
        headers = {"Cache-Control": _FOR_EVER, "ETag": f'"{name}"', "Vary": "Accept-Encoding"}
        if any(tag.value in (name, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(
                body=packed, content_type=kind, charset="utf-8", headers=headers | {"Content-Encoding": "gzip"}
            )
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=headers)


@cache
def _packed(content: bytes) -> bytes:
    """Once in a process, however many sites it has: the suite's has hundreds."""
    return gzip.compress(content, mtime=0)
