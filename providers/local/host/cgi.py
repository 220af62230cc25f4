"""A CGI program behind an HTTP request: the body in, headers and body out, chunk by chunk. Knows nothing of Git.

https://www.rfc-editor.org/rfc/rfc3875
"""

import asyncio

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from providers.local.host.processes import Program

log = structlog.get_logger(__name__)

CHUNK = 1 << 16
IDLE_LIMIT = 300.0
COMPLAINT_LIMIT = 2048
PASSED_ON = frozenset({"content-type", "cache-control", "expires", "pragma"})


class BadProgram(Exception):
    """The program ended without an answer."""


async def feed(request: web.Request, program: Program, limit: int | None) -> None:
    """The request's body into the program. Cut short by `limit`, or by the client, the program sees an early end."""
    total = 0
    try:
        while chunk := await _next(request):
            total += len(chunk)
            if limit is not None and total > limit:
                log.warning("request body over its limit", path=request.path, limit=limit)
                program.terminate()
                return
            program.stdin.write(chunk)
            async with asyncio.timeout(IDLE_LIMIT):
                await program.stdin.drain()
    except (OSError, TimeoutError, ClientError, HttpProcessingError) as error:
        log.info("request body ended early", path=request.path, why=type(error).__name__)
    finally:
        program.stdin.close()


async def _next(request: web.Request) -> bytes:
    async with asyncio.timeout(IDLE_LIMIT):
        return await request.content.readany()


async def relay(request: web.Request, program: Program) -> web.StreamResponse:
    """The program's answer to the client; the last byte is still to be written. Raises BadProgram before the first."""
    try:
        head = await program.stdout.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise BadProgram from None
    status, headers = parse_head(head)
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    while chunk := await program.stdout.read(CHUNK):
        async with asyncio.timeout(IDLE_LIMIT):
            await response.write(chunk)
    return response


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n") if line)
    fields = {name.strip().lower(): value.strip() for name, _, value in lines}
    status = fields.get("status", "200").split(" ", 1)[0]
    passed_on = {name: value for name, value in fields.items() if name in PASSED_ON}
    return (int(status) if status.isdigit() else 500), passed_on


async def listen(program: Program) -> None:
    """What the program complains of, into our log; so much of it as fits a line."""
    said = b""
    while chunk := await program.stderr.read(CHUNK):
        said = (said + chunk)[:COMPLAINT_LIMIT]
    if said.strip():
        log.info("the program said", said=said.decode("utf-8", "replace").strip())
