"""Logs: lines and their numbers, pages of huge ones, the raw bytes, and lines as they come."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.logs.files import LogFiles
from bot.model.execution import Execution
from bot.web.log_view import BLOCK, PAGE_LINES, LogView, Position
from tests.web.begun import failed
from tests.web.conftest import Client, Serve
from tests.web.scene import Scene
from tests.web.test_web_executions import page, told
from tests.world.patience import PATIENCE


@pytest.fixture
async def execution(scene: Scene) -> Execution:
    return await failed(scene)


def url(execution: Execution) -> str:
    return f"/executions/{execution.id}/logs/build/unit/1"


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-n="(\d+)"', text)]


def code(text: str, line: int) -> str:
    found = re.search(rf'data-n="{line}"[^>]*></a><code>(.*?)</code>', text)
    assert found is not None, f"no line {line}"
    return found[1]


async def write(scene: Scene, execution: Execution, data: bytes, *, complete: bool = True) -> str:
    """Put another log in the place of the action's."""
    key = f"{execution.id}/build/unit/1"
    scene.logs.data[key] = data
    scene.logs.complete.discard(key)
    if complete:
        scene.logs.complete.add(key)
    return key


async def test_each_line_has_its_number_a_link_and_its_colours(client: Client, execution: Execution) -> None:
    text = await page(client, url(execution))
    assert numbers(text) == list(range(1, 29))
    assert f'<div class="row" id="L12"><a class="n" href="{url(execution)}?line=12#L12"' in text
    assert '<span class="f2">211 passed</span>' in code(text, 27)
    assert '<span class="f6">collecting</span> 211 items' in code(text, 3)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize(
    ("data", "total"),
    [(b"", 0), (b"one", 1), (b"one\n", 1), (b"one\ntwo", 2), (b"\n\n", 2), (b"one\r\ntwo\r\n", 2)],
)
async def test_lines_are_counted_as_people_count_them(
    client: Client, scene: Scene, execution: Execution, data: bytes, total: int
) -> None:
    await write(scene, execution, data)
    text = await page(client, url(execution))
    assert numbers(text) == list(range(1, total + 1))
    assert ("It printed nothing" in text) == (not total)


async def test_a_huge_log_shows_its_end_first_and_every_line_by_its_number(
    client: Client, scene: Scene, execution: Execution
) -> None:
    total = 100_000
    await write(scene, execution, b"".join(b"line %d\n" % n for n in range(1, total + 1)))
    text = await page(client, url(execution))
    assert numbers(text) == list(range(total - PAGE_LINES + 1, total + 1))
    assert f'href="{url(execution)}?from={total - 2 * PAGE_LINES + 1}"' in text
    for first in (1, 2, 1000, 7000, 7001, 43_210, total - 3, total):
        text = await page(client, f"{url(execution)}?from={first}")
        shown = numbers(text)
        assert shown[0] == first
        assert len(shown) == min(PAGE_LINES, total - first + 1)
        assert code(text, first) == f"line {first}"
        assert code(text, shown[-1]) == f"line {shown[-1]}"
        assert ("Later lines" in text) == (shown[-1] < total)
    text = await page(client, f"{url(execution)}?line=50000")
    assert 50_000 in numbers(text)
    assert 49_999 in numbers(text)


@pytest.mark.parametrize(
    "query", ["from=0", "from=999999999", "from=-1", "from=x", "line=99999999999999999999", "lines=0"]
)
async def test_nonsense_in_the_address_shows_something_sensible(
    client: Client, execution: Execution, query: str
) -> None:
    assert numbers(await page(client, f"{url(execution)}?{query}"))


async def test_pages_follow_one_another_through_lines_of_any_length(
    client: Client, scene: Scene, execution: Execution
) -> None:
    lengths = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5, 3 * BLOCK, 700_000, 2, 10_000_000, 3]
    await write(scene, execution, b"\n".join(b"%d" % n + b"x" * n for n in lengths) + b"\n")
    seen: list[int] = []
    path = f"{url(execution)}?from=1"
    while path:
        text = await page(client, path)
        seen += numbers(text)
        for line in numbers(text):
            assert code(text, line).startswith(f"{lengths[line - 1]}")
        assert len(text) < 2_000_000
        found = re.search(r'<a href="([^"]+)">Later lines', text)
        path = found[1] if found else ""
    assert seen == list(range(1, len(lengths) + 1))


async def test_what_was_left_out_is_said_where_it_was(client: Client, scene: Scene, execution: Execution) -> None:
    head = b"".join(b"head %d\n" % n for n in range(3000))
    tail = b"".join(b"tail %d\n" % n for n in range(3000))
    key = await write(scene, execution, head + b"?" * 5_000_000 + tail)
    scene.logs.gaps[key] = (len(head), len(head) + 5_000_000)
    text = await page(client, f"{url(execution)}?from=2990")
    assert "5,000,000 bytes left out" in text
    assert code(text, 3000) == "head 2999"
    assert "tail 0" in text
    text = await page(client, url(execution))
    assert code(text, numbers(text)[-1]) == "tail 2999"
    async with client.get(f"{url(execution)}/raw") as response:
        raw = await response.read()
    assert raw == head + b"\n[5000000 bytes left out]\n" + tail


async def test_the_raw_log_is_saved_as_it_is_and_never_shown(
    client: Client, scene: Scene, execution: Execution
) -> None:
    data = b"<script>alert(1)</script>\xff\x1b[31m" * 100_000
    await write(scene, execution, data)
    async with client.get(f"{url(execution)}/raw") as response:
        assert await response.read() == data
        assert response.content_type == "text/plain"
        assert response.headers["Content-Disposition"] == 'attachment; filename="web-1-build-unit-1.log"'
        assert response.headers["Content-Security-Policy"] == "sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["build/unit/2", "build/none/1", "none/unit/1", "build/unit/0", "build/unit/x", "staging/deploy/1"]
)
async def test_only_logs_of_attempts_that_there_were_are_looked_for(
    client: Client, execution: Execution, path: str
) -> None:
    await page(client, f"/executions/{execution.id}/logs/{path}", 404)


async def test_a_page_within_another_has_no_anchors_of_its_own(client: Client, execution: Execution) -> None:
    text = await page(client, f"{url(execution)}?part")
    assert "<html" not in text
    assert 'id="L' not in text
    assert "Whole log" in text


# --- live ---


async def lines_of(client: Client, path: str, **how: str) -> AsyncGenerator[tuple[list[tuple[int, str]], str]]:
    """Each event's finished rows, and the unfinished one."""
    async with client.get(path, headers=how) as response:
        async for name, _, data in told(response):
            if name == "end":
                return
            rows = re.findall(r'data-n="(\d+)"[^>]*></a><code>(.*?)</code>', data["html"])
            yield [(int(number), text) for number, text in rows], re.sub("<.*?>", "", data["partial"])


async def test_lines_come_as_they_are_written_until_the_log_is_complete(
    client: Client, scene: Scene, execution: Execution
) -> None:
    key = await write(scene, execution, b"", complete=False)
    async with asyncio.timeout(PATIENCE):
        lines = lines_of(client, f"{url(execution)}/events")
        first = asyncio.ensure_future(anext(lines))
        await scene.logs.write(key, b"one\n\x1b[31mtw")
        assert await first == ([(1, "one")], "tw")
        await scene.logs.write(key, b"o\nthree\n")
        assert await anext(lines) == ([(2, '<span class="f1">two</span>'), (3, '<span class="f1">three</span>')], "")
        await scene.logs.write(key, b"four", complete=True)
        assert await anext(lines) == ([], "four")
        assert [rest async for rest in lines] == []


async def test_a_reader_goes_on_where_the_page_or_the_last_event_ended(
    client: Client, scene: Scene, execution: Execution
) -> None:
    await write(scene, execution, b"one\ntwo\nthr")
    text = await page(client, url(execution))
    found = re.search(r'data-after="([^"]+)"', text)
    assert found is not None
    assert found[1] == "8.3"
    key = await write(scene, execution, b"one\ntwo\nthree\nfour\n")
    assert key
    async with asyncio.timeout(PATIENCE):
        for path, headers in (
            (f"{url(execution)}/events?after=8.3", {}),
            (f"{url(execution)}/events", {"Last-Event-ID": "8.3"}),
            (f"{url(execution)}/events?after=0.1", {"Last-Event-ID": "8.3"}),
        ):
            rows = [row async for finished, _ in lines_of(client, path, **headers) for row in finished]
            assert rows == [(3, "three"), (4, "four")]


async def test_a_reader_may_come_before_the_log_begins(client: Client, scene: Scene) -> None:
    execution = await scene.start()
    text = await page(client, url(execution))
    assert "The log begins when the action does" in text
    async with asyncio.timeout(PATIENCE):
        lines = lines_of(client, f"{url(execution)}/events")
        first = asyncio.ensure_future(anext(lines))
        await scene.begin(execution, "unit")
        await scene.logs.write(f"{execution.id}/build/unit/1", b"begun\n")
        assert await first == ([(1, "begun")], "")
        await lines.aclose()


async def test_a_log_that_never_was_ends_at_once(client: Client, scene: Scene) -> None:
    execution = await scene.start()
    await scene.stop(execution, abandon=True)
    async with asyncio.timeout(PATIENCE):
        assert [event async for event in lines_of(client, f"{url(execution)}/events")] == []


async def test_a_flood_is_counted_in_full_and_painted_at_its_end(
    client: Client, scene: Scene, execution: Execution
) -> None:
    total = 200_000
    await write(scene, execution, b"".join(b"line %06d\n" % n for n in range(1, total + 1)))
    painted: list[tuple[int, str]] = []
    async with asyncio.timeout(PATIENCE):
        async for finished, _ in lines_of(client, f"{url(execution)}/events"):
            painted += finished
    assert painted[-1] == (total, f"line {total:06}")
    assert all(text.endswith(f"{number:06}") for number, text in painted if "line" in text)
    assert len(painted) < total / 2


@pytest.mark.parametrize("text", ["", "x", "1", "1.", ".1", "-1.1", "1.1.1", "9" * 50 + ".1", "1 .1", "\u0663.\u0661"])
def test_a_position_that_is_none_is_the_beginning(text: str) -> None:
    assert Position.parse(text) == Position(0, 1)
    assert Position.parse(str(Position(7, 3))) == Position(7, 3)


async def test_numbers_stay_right_when_a_watched_log_is_completed_with_a_gap(scene: Scene) -> None:
    """A log watched while it grew is numbered anew once it is whole: its middle may be gone."""
    view = LogView(scene.logs)
    head, middle, tail = b"a\n" * 1000, b"b\n" * 100_000, b"c\n" * 1000
    scene.logs.data["k"] = head + middle
    first = await view.page("k", "/log")
    assert first is not None
    assert first.total == 101_000
    scene.logs.gaps["k"] = (len(head), len(head + middle))
    await scene.logs.write("k", tail, complete=True)
    last = await view.page("k", "/log")
    assert last is not None
    assert (last.total, last.complete) == (2001, True)


async def test_logs_on_disk_are_shown_and_followed_like_any(serve: Serve, scene: Scene, tmp_path: Path) -> None:
    """The real logs, their middle dropped beyond the limit, watched from before they begin until the action ends, which waits in between."""
    files = LogFiles(tmp_path)
    execution = await scene.start()
    client = await serve(site=replace(scene.site(), logs=files))
    key = await scene.begin(execution, "unit")
    async with asyncio.timeout(PATIENCE):
        lines = lines_of(client, f"{url(execution)}/events")
        first = asyncio.ensure_future(anext(lines))
        writer = files.open(key, 1 << 16)
        await asyncio.to_thread(writer.write, b"one\n\x1b[32mtwo\n")
        assert await first == ([(1, "one"), (2, '<span class="f2">two</span>')], "")
        for n in range(30):
            await asyncio.to_thread(writer.write, b"".join(b"%d line %06d\n" % (n, m) for m in range(1000)))
        await asyncio.to_thread(writer.write, b"it waits")
        await asyncio.to_thread(writer.close)
        async for _, partial in lines:
            if partial == "it waits":
                break
        writer = files.open(key, 1 << 16)
        await asyncio.to_thread(writer.write, b"\nlast")
        await asyncio.to_thread(writer.close)
        await scene.finish(execution, "unit")
        ends = [partial for _, partial in [event async for event in lines]]
    assert ends[-1] == "last"
    text = await page(client, url(execution))
    shown = numbers(text)
    assert code(text, shown[-1]) == "last"
    text = await page(client, f"{url(execution)}?from=1")
    assert code(text, 1) == "one"
    assert re.search(r"[\d,]+ bytes left out", await page(client, f"{url(execution)}?from={_break(text, shown[-1])}"))


def _break(text: str, total: int) -> int:
    """A line shortly before the middle, where the gap is."""
    return max(1, total // 2 - PAGE_LINES // 2) if total > PAGE_LINES else 1
