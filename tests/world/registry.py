"""A real registry of images (Debian's `docker-registry`) beside a test, and pushes to it as a client makes them."""

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.world.patience import PATIENCE

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}", secret: tests}}
"""


class Registry:
    def __init__(self, url: str) -> None:
        self.url = url

    async def push(self, name: str, tag: str, text: str) -> str:
        """An image whose only layer is that text; its digest."""
        async with aiohttp.ClientSession() as client:
            config = await self._blob(client, name, json.dumps({"architecture": "amd64", "made": text}).encode())
            layer = await self._blob(client, name, text.encode())
            manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
            body, url = json.dumps(manifest).encode(), f"{self.url}/v2/{name}/manifests/{tag}"
            async with client.put(url, data=body, headers={"Content-Type": MANIFEST}) as answer:
                assert answer.status == 201, await answer.text()
        return f"sha256:{hashlib.sha256(body).hexdigest()}"

    async def _blob(self, client: aiohttp.ClientSession, name: str, data: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        async with client.post(f"{self.url}/v2/{name}/blobs/uploads/") as begun:
            assert begun.status == 202, await begun.text()
            place = begun.headers["Location"]
        async with client.put(place, params={"digest": digest}, data=data) as answer:
            assert answer.status == 201, await answer.text()
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(data)}


@asynccontextmanager
async def registry(folder: Path) -> AsyncIterator[Registry]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "registry.yml"
    config.write_text(_CONFIG.format(folder=folder / "registry", port=port))
    process = await asyncio.create_subprocess_exec(
        "docker-registry", "serve", str(config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(PATIENCE):
            await _answers(url)
        yield Registry(url)
    finally:
        process.kill()
        await process.wait()


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(f"{url}/v2/"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
