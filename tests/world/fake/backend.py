"""git's own programs behind the smart HTTP of every fake host, whose rules say who may fetch and push.

They are asked as `git http-backend` asks them, without the two processes in between, since a suite fetches thousands of times.
https://git-scm.com/docs/http-protocol, https://git-scm.com/docs/git-http-backend
"""

import asyncio
import base64
import binascii

from aiohttp import web

from tests.world.fake.git import ENVIRONMENT, BareRepository

SERVICES = ("git-upload-pack", "git-receive-pack")


def service_of(request: web.Request) -> str:
    """Which of git's services is asked for; "" for none."""
    service = request.match_info.get("service") or request.query.get("service", "")
    return service if service in SERVICES else ""


def credentials(request: web.Request) -> tuple[str, str] | None:
    """User name and password; None when there are none to be read."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


async def backend(request: web.Request, git: BareRepository, user: str) -> web.Response:
    """Let git answer."""
    service, protocol = service_of(request), request.headers.get("Git-Protocol", "")
    environment = ENVIRONMENT | {
        "GIT_PROTOCOL": protocol,
        "GIT_COMMITTER_NAME": user or "anonymous",
        "GIT_COMMITTER_EMAIL": f"{user or 'anonymous'}@http.127.0.0.1",
    }
    if request.method == "POST":
        body = await _said(git, environment, await request.read(), service, "--stateless-rpc")
        return web.Response(body=body, headers=NOT_KEPT, content_type=f"application/x-{service}-result")
    if (service, protocol) == ("git-upload-pack", "version=2"):
        body = await _capabilities(git, environment)
    else:
        heading = f"# service={service}\n"
        refs = await _said(git, environment, b"", service, "--http-backend-info-refs")
        body = f"{len(heading) + 4:04x}{heading}0000".encode() + refs
    return web.Response(body=body, headers=NOT_KEPT, content_type=f"application/x-{service}-advertisement")


NOT_KEPT = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Pragma": "no-cache"}

_known: dict[str, bytes] = {}


async def _capabilities(git: BareRepository, environment: dict[str, str]) -> bytes:
    """What git can do, which in the second version is all that it says of itself; a repository's configuration alone changes it."""
    configuration = (git.path / "config").read_text()
    if configuration not in _known:
        _known[configuration] = await _said(git, environment, b"", "git-upload-pack", "--http-backend-info-refs")
    return _known[configuration]


async def _said(git: BareRepository, environment: dict[str, str], given: bytes, service: str, how: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "git",
        service.removeprefix("git-"),
        how,
        str(git.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    out, _ = await process.communicate(given)
    return out
