"""An action's log: its page, a part for inside other pages, the raw bytes, and the live stream. Lines are made in `log_view`."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import suppress

from aiohttp import web
from markupsafe import Markup

from bot.core.effects import batch_job_id
from bot.model.execution import ActionStatus, Execution
from bot.ports import LogChunk
from bot.web.attempts import log_path
from bot.web.batches import BUILD
from bot.web.drawn import job_of
from bot.web.executions import LOG_VIEW
from bot.web.log_view import PAGE_LINES, LineSplitter, Position, Rows
from bot.web.pages import render
from bot.web.site import SITE
from bot.web.states import of_action
from bot.web.streams import STREAMS, Stream, last_seen

LINES_BEFORE = 20
"""Lines shown before the one that a link names."""

FLOOD = 256 * 1024
"""Bytes that are painted of one chunk of a live log; of a larger one only the end is."""

AT_ONCE = 16 * 1024
"""Bytes painted into one event."""

LOOK_AGAIN = 0.5
"""Seconds after which a log that has not begun is looked for again, as long as somebody waits for it."""

PAUSE = 0.1
"""Seconds between two parts of a flood, so that a browser can follow."""


async def page(request: web.Request) -> web.Response:
    execution, key, url = await _wanted(request)
    part = "part" in request.query
    first = _first_line(request)
    found = await request.app[LOG_VIEW].page(key, url, first, _lines(request, part=part), anchors=not part)
    (stage, action, attempt), build = _names(request), _build(request)
    run = execution.stage_run(stage).action(action)
    return render(
        request,
        "_log.html" if part else "log.html",
        execution=execution,
        stage=stage,
        action=action,
        attempt=attempt,
        build=build,
        attempts=() if build else range(1, run.attempt + 1),
        look=of_action(execution, run) if attempt == run.attempt and not build else None,
        url=url,
        log=found,
        page_lines=PAGE_LINES,
    )


async def raw(request: web.Request) -> web.StreamResponse:
    """The bytes as they are kept, to be saved: never shown by a browser as anything but text. `follow`: and what comes yet."""
    execution, key, _ = await _wanted(request)
    logs = request.app[SITE].logs
    chunk = await logs.read(key)
    if chunk is None:
        raise web.HTTPNotFound(text="This log is not there.")
    name = "-".join(
        [execution.lane.pipeline, str(execution.number), *map(str, _names(request)), *filter(None, [_build(request)])]
    )
    response = web.StreamResponse(
        headers={
            "Content-Disposition": f'attachment; filename="{re.sub(r"[^A-Za-z0-9.@_-]", "_", name)}.log"',
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
    )
    response.content_type, response.charset = "text/plain", "utf-8"
    await response.prepare(request)
    if "follow" in request.query:
        async for chunk in _written(request, key):
            await response.write(_raw(chunk))
        return response
    while chunk is not None and (chunk.data or chunk.dropped):
        await response.write(_raw(chunk))
        chunk = await logs.read(key, chunk.next_offset)
    return response


def _raw(chunk: LogChunk) -> bytes:
    note = f"\n[{chunk.dropped} bytes left out]\n".encode() if chunk.dropped else b""
    return note + chunk.data


async def events(request: web.Request) -> web.StreamResponse:
    """Lines as they come, from where the page ended, until the log is complete."""
    _, key, url = await _wanted(request)
    position = Position.parse(last_seen(request))
    async with request.app[STREAMS].to(request) as stream:
        if await _await_log(request, stream, key):
            rows = Rows(position.line, url, anchors="part" not in request.query)
            chunks = _written(request, key, position.offset)
            try:
                await _follow(stream, chunks, LineSplitter(position), rows)
            finally:
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()
        await stream.send("end", {})
    return stream.response


async def _written(request: web.Request, key: str, offset: int = 0) -> AsyncIterator[LogChunk]:
    """Chunks until the log is complete, and its action has ended: one that waits has closed its log, and goes on with it later."""
    site = request.app[SITE]
    with site.changes.listen(request.match_info["execution"]) as listener:
        while True:
            over = bool(_build(request)) or not await _goes_on(request)
            async for chunk in site.logs.follow(key, offset):
                offset = chunk.next_offset
                yield chunk
            if over:
                return
            with suppress(TimeoutError):  # a log is gone on with without anybody being told
                await asyncio.wait_for(listener.changed(), LOOK_AGAIN)


async def _follow(stream: Stream, chunks: AsyncIterator[LogChunk], splitter: LineSplitter, rows: Rows) -> None:
    while (chunk := await stream.until(_next(chunks))) is not None:
        flooded = len(chunk.data) > FLOOD
        note = _skip(chunk, splitter, rows) if flooded else Markup()
        for piece in _pieces(chunk, FLOOD, AT_ONCE):
            html = note + await asyncio.to_thread(rows.html, splitter.feed(piece))
            partial = rows.row(splitter.rest) if splitter.rest else ""
            await stream.send("lines", {"html": html, "partial": partial}, id=str(splitter.position))
            note = Markup()
        if flooded:
            await asyncio.sleep(PAUSE)


def _pieces(chunk: LogChunk, last: int, size: int) -> Iterator[LogChunk]:
    """The last bytes of a chunk in pieces. What was left out before it is told with the first one, unless that is skipped."""
    first = max(0, len(chunk.data) - last)
    for start in range(first, len(chunk.data), size):
        data = chunk.data[start : start + size]
        offset = chunk.offset + start
        dropped = chunk.dropped if start == 0 else 0
        yield LogChunk(data, offset, offset + len(data), chunk.complete, dropped)


def _skip(chunk: LogChunk, splitter: LineSplitter, rows: Rows) -> Markup:
    """Count what comes before the end of a flood, and say how much it is."""
    cut = len(chunk.data) - FLOOD
    first = LogChunk(chunk.data[:cut], chunk.offset, chunk.offset + cut, complete=False, dropped=chunk.dropped)
    lines = sum(isinstance(line, bytes) for line in splitter.feed(first))
    rows.number += lines
    return Markup('<p class="gap">{:,} lines came too fast to be shown here</p>').format(lines)


async def _next(chunks: AsyncIterator[LogChunk]) -> LogChunk | None:
    return await anext(chunks, None)


async def _await_log(request: web.Request, stream: Stream, key: str) -> bool:
    """Wait until the log begins. False when the action has ended without one."""
    site = request.app[SITE]
    with site.changes.listen(request.match_info["execution"]) as listener:
        while await site.logs.read(key, 0, 1) is None:
            if not await _goes_on(request):
                return False
            with suppress(TimeoutError):  # a log begins without anybody being told
                await stream.until(asyncio.wait_for(listener.changed(), LOOK_AGAIN))
    return True


async def _goes_on(request: web.Request) -> bool:
    """Whether the attempt whose log is wanted is still in progress."""
    execution, _, _ = await _wanted(request)
    stage, action, attempt = _names(request)
    run = execution.stage_run(stage).action(action)
    return run.attempt == attempt and run.status is ActionStatus.IN_PROGRESS


async def _wanted(request: web.Request) -> tuple[Execution, str, str]:
    """The execution, the log's key and the address of its page; only of attempts that there have been."""
    found = await request.app[SITE].store.execution(request.match_info["execution"])
    stage, action, attempt = _names(request)
    key = job_of(found[0], stage, action, attempt) if found else ""
    if found is not None and key and _build(request):
        key = await _of_build(request, key)
    if found is None or not key:
        raise web.HTTPNotFound(text="There is no such log.")
    return found[0], key, log_path(found[0].id, stage, request.match_info["action"], attempt)


async def _of_build(request: web.Request, job: str) -> str:
    """The log key of one build of a batch; "" when there has been none."""
    names, build = _names(request), _build(request)
    for batch in await request.app[SITE].store.batches(request.match_info["execution"]):
        builds = [each.identifier for each in batch.builds]
        if (batch.stage, batch.action, batch.attempt) == names and build in builds:
            return batch_job_id(job, builds.index(build))
    return ""


def _names(request: web.Request) -> tuple[str, str, int]:
    match = request.match_info
    return match["stage"], match["action"].partition(BUILD)[0], int(match["attempt"])


def _build(request: web.Request) -> str:
    """The identifier of the build of a batch that is meant, "" for the action itself."""
    return request.match_info["action"].partition(BUILD)[2]


def _first_line(request: web.Request) -> int | None:
    """The first line to show: `from` as it is, `line` with some lines before it; None for the end of the log."""
    line, first = (_number(request.query.get(name, "")) for name in ("line", "from"))
    if first is not None:
        return first
    return max(1, line - LINES_BEFORE) if line is not None else None


def _lines(request: web.Request, *, part: bool) -> int:
    wanted = _number(request.query.get("lines", "")) or (PAGE_LINES // 5 if part else PAGE_LINES)
    return min(wanted, PAGE_LINES)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None
