"""A CGI program behind an HTTP request: the body in, headers and body out, chunk by chunk. Knows nothing of Git.

https://www.rfc-editor.org/rfc/rfc3875
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

log = structlog.get_logger(__name__)

BUFFER = 1 << 17
CHUNK = 1 << 16
IDLE_LIMIT = 300.0
GRACE = 10.0
COMPLAINT_LIMIT = 2048
PASSED_ON = frozenset({"content-type", "cache-control", "expires", "pragma"})


class BadProgram(Exception):
    """The program ended without an answer."""


async def start(program: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int]) -> Process:
    """In a process group of its own, so that its children end with it."""
    return await asyncio.create_subprocess_exec(
        *program,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
        pass_fds=descriptors,
        start_new_session=True,
        limit=BUFFER,
    )


async def feed(request: web.Request, process: Process, limit: int | None) -> None:
    """The request's body into the program. Cut short by `limit`, or by the client, the program sees an early end."""
    assert process.stdin is not None  # noqa: S101  started with a pipe
    total = 0
    try:
        while chunk := await _next(request):
            total += len(chunk)
            if limit is not None and total > limit:
                log.warning("request body over its limit", path=request.path, limit=limit)
                terminate(process)
                return
            process.stdin.write(chunk)
            async with asyncio.timeout(IDLE_LIMIT):
                await process.stdin.drain()
    except (OSError, TimeoutError, ClientError, HttpProcessingError) as error:
        log.info("request body ended early", path=request.path, why=type(error).__name__)
    finally:
        process.stdin.close()


async def _next(request: web.Request) -> bytes:
    async with asyncio.timeout(IDLE_LIMIT):
        return await request.content.readany()


async def relay(request: web.Request, process: Process) -> web.StreamResponse:
    """The program's answer to the client; the last byte is still to be written. Raises BadProgram before the first."""
    assert process.stdout is not None  # noqa: S101  started with a pipe
    try:
        head = await process.stdout.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise BadProgram from None
    status, headers = parse_head(head)
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    while chunk := await process.stdout.read(CHUNK):
        async with asyncio.timeout(IDLE_LIMIT):
            await response.write(chunk)
    return response


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n") if line)
    fields = {name.strip().lower(): value.strip() for name, _, value in lines}
    status = fields.get("status", "200").split(" ", 1)[0]
    passed_on = {name: value for name, value in fields.items() if name in PASSED_ON}
    return (int(status) if status.isdigit() else 500), passed_on


async def listen(process: Process) -> None:
    """What the program complains of, into our log; so much of it as fits a line."""
    assert process.stderr is not None  # noqa: S101  started with a pipe
    said = b""
    while chunk := await process.stderr.read(CHUNK):
        said = (said + chunk)[:COMPLAINT_LIMIT]
    if said.strip():
        log.info("the program said", said=said.decode("utf-8", "replace").strip())


async def end(process: Process) -> None:
    """Wait a little for what is ending, then make it: SIGTERM first, on which Git removes its lock files."""
    for make in (lambda _: None, terminate, kill):
        make(process)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await process.wait()
                return


def terminate(process: Process) -> None:
    _signal(process, signal.SIGTERM)


def kill(process: Process) -> None:
    _signal(process, signal.SIGKILL)


def _signal(process: Process, number: int) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
