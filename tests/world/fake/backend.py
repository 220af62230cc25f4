"""git's own `http-backend`: the smart HTTP of every fake host, behind its own rules of who may fetch and push.

https://git-scm.com/docs/git-http-backend, https://git-scm.com/docs/http-protocol
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
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(request, git, user),
    )
    out, _ = await process.communicate(await request.read())
    head, _, body = out.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return web.Response(status=status, headers=headers, body=body)


def _environment(request: web.Request, git: BareRepository, user: str) -> dict[str, str]:
    tail = request.path.partition(".git/")[2]
    return ENVIRONMENT | {
        "GIT_PROJECT_ROOT": str(git.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{tail}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": user,
        "REMOTE_ADDR": "127.0.0.1",
    }
