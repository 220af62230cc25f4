"""Logs on disk: what is kept beyond the limit, how it is read, followed, found again, removed."""

import asyncio
import os
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.logs.files import LogFiles
from bot.logs.parts import Part, Place
from bot.ports import LogChunk

KEY = "0f-1/build/unit/1"
LIMIT = 1 << 20


@pytest.fixture
def logs(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path / "logs")


def write(logs: LogFiles, *chunks: bytes, key: str = KEY, limit: int = LIMIT) -> None:
    writer = logs.open(key, limit)
    for chunk in chunks:
        writer.write(chunk)
    writer.close()


async def whole(logs: LogFiles, key: str = KEY, limit: int = 1 << 20) -> list[LogChunk]:
    """All chunks from the beginning to the end."""
    chunks: list[LogChunk] = []
    offset = 0
    while not chunks or not chunks[-1].complete:
        chunk = await logs.read(key, offset, limit)
        assert chunk is not None
        chunks.append(chunk)
        offset = chunk.next_offset
    return chunks


async def test_what_was_written_is_read(logs: LogFiles) -> None:
    write(logs, b"one\n", b"", b"two \xff\xc3", b"\xa9\n")
    assert await logs.read(KEY) == LogChunk(b"one\ntwo \xff\xc3\xa9\n", 0, 12, complete=True)
    assert await logs.read(KEY, 4, 3) == LogChunk(b"two", 4, 7, complete=False)
    assert await logs.read(KEY, 12) == LogChunk(b"", 12, 12, complete=True)
    assert await logs.read(KEY, 999) == LogChunk(b"", 12, 12, complete=True)
    assert await logs.read(KEY, -5, 3) == LogChunk(b"one", 0, 3, complete=False)
    assert await logs.tail(KEY, 1) == "two \ufffdé"


async def test_an_unknown_log_is_none_and_an_empty_one_is_not(logs: LogFiles) -> None:
    assert await logs.read("no/such/log/1") is None
    assert await logs.tail("no/such/log/1", 5) == ""
    assert [chunk async for chunk in logs.follow("no/such/log/1")] == []
    write(logs)
    assert await logs.read(KEY) == LogChunk(b"", 0, 0, complete=True)
    assert await logs.tail(KEY, 5) == ""


async def test_a_log_is_complete_only_when_it_is_closed(logs: LogFiles) -> None:
    writer = logs.open(KEY, LIMIT)
    assert await logs.read(KEY) == LogChunk(b"", 0, 0, complete=False)
    writer.write(b"x")
    assert await logs.read(KEY) == LogChunk(b"x", 0, 1, complete=False)
    writer.close()
    assert await logs.read(KEY) == LogChunk(b"x", 0, 1, complete=True)


async def test_a_log_that_is_held_is_not_complete_between_its_writers(logs: LogFiles) -> None:
    with logs.held("a/b"):
        first = logs.open("a/b", 100)
        first.write(b"one\n")
        first.close()
        follower = logs.follow("a/b")
        assert (await anext(follower)).complete is False
        second = logs.open("a/b", 100)
        second.write(b"two\n")
        second.close()
        assert (await anext(follower)).data == b"two\n"
    assert (await anext(follower)).complete
    assert [chunk async for chunk in follower] == []


async def test_a_log_that_begins_while_it_is_looked_for_is_not_complete(
    logs: LogFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where it has ended again before the look is over."""
    real = Place.parts

    def late(place: Place) -> list[Part]:
        monkeypatch.setattr(Place, "parts", real)
        writer = logs.open(KEY, LIMIT)
        found = real(place)
        writer.write(b"x")
        writer.close()
        return found

    monkeypatch.setattr(Place, "parts", late)
    assert await logs.read(KEY) == LogChunk(b"x", 0, 1, complete=True)


async def test_a_log_that_a_dead_process_left_is_complete_and_can_be_gone_on_with(tmp_path: Path) -> None:
    dead = LogFiles(tmp_path)
    dead.open(KEY, 96).write(b"a" * 60)
    logs = LogFiles(tmp_path)
    assert (await whole(logs))[-1].complete
    logs.open(KEY, 96).close("It died.")
    assert await logs.tail(KEY, 9) == "a" * 60 + "\nIt died."
    assert b"".join(chunk.data for chunk in await whole(logs)) == b"a" * 60 + b"\nIt died.\n"


def test_one_log_has_one_writer(logs: LogFiles) -> None:
    writer = logs.open(KEY, LIMIT)
    with pytest.raises(ValueError, match="being written already"):
        logs.open(KEY, LIMIT)
    writer.close()
    logs.open(KEY, LIMIT).close()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 400), max_size=12), st.integers(64, 700), st.integers(50, 300))
def test_beyond_the_limit_the_ends_are_kept_and_the_middle_is_counted(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int, step: int
) -> None:
    logs = LogFiles(tmp_path_factory.mktemp("logs"))
    stream = b"".join(number.to_bytes(4, "big") for number in range(sum(sizes) // 4 + 1))[: sum(sizes)]
    cuts = [sum(sizes[:n]) for n in range(len(sizes) + 1)]
    write(logs, *(stream[a:b] for a, b in pairwise(cuts)), limit=limit)
    chunks = asyncio.run(whole(logs, limit=step))
    kept = sum(len(chunk.data) for chunk in chunks)
    dropped = [chunk for chunk in chunks if chunk.dropped]
    assert all(chunk.data == stream[chunk.offset : chunk.next_offset] for chunk in chunks)
    assert kept + sum(chunk.dropped for chunk in dropped) == len(stream)
    assert chunks[-1].next_offset == len(stream)
    if len(stream) <= limit:
        assert not dropped
    else:
        assert len(dropped) == 1
        assert limit // 2 <= dropped[0].offset - dropped[0].dropped  # all of the first half
        assert limit // 32 * 15 <= len(stream) - dropped[0].offset  # of the last, all but one part of the ring at most
        assert kept <= limit


async def test_a_log_goes_on_in_its_own_next_file_whoever_opens_one_meanwhile(
    logs: LogFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of a file that has been closed is another's at once: what is written to it would go into a stranger's."""
    taken: list[int] = []
    close = os.close

    def close_and_take(file: int) -> None:
        close(file)
        taken.append(os.open("/dev/null", os.O_RDONLY))

    writer = logs.open(KEY, 64)
    monkeypatch.setattr(os, "close", close_and_take)
    for number in range(20):
        writer.write(b"%09d\n" % number)
    monkeypatch.undo()
    writer.close()
    assert taken
    for file in taken:
        close(file)
    assert (await logs.tail(KEY, 1)) == "000000019"


async def test_the_tail_tells_of_what_was_left_out(logs: LogFiles) -> None:
    write(logs, b"first\n", b"x" * 10_000, b"\nlast\n", limit=640)
    dropped = sum(chunk.dropped for chunk in await whole(logs))
    lines = (await logs.tail(KEY, 99)).split("\n")
    assert lines[0] == "first"
    assert lines[2] == f"… {dropped} bytes left out …"
    assert lines[-1] == "last"


async def test_the_tail_of_a_long_log_has_whole_lines_only(logs: LogFiles) -> None:
    write(logs, *(b"line %d of many\n" % number for number in range(20_000)))
    assert await logs.tail(KEY, 2) == "line 19998 of many\nline 19999 of many"
    many = (await logs.tail(KEY, 30_000)).split("\n")
    assert len(many) == 20_000
    assert many[0] == "line 0 of many"
    assert await logs.tail(KEY, 0) == ""


async def test_the_tail_of_one_endless_line_is_bounded(logs: LogFiles) -> None:
    write(logs, b"x" * 3_000_000, limit=1 << 22)
    assert len(await logs.tail(KEY, 5)) < 5000


async def test_followers_get_every_byte_as_it_is_written(logs: LogFiles) -> None:
    writer = logs.open(KEY, LIMIT)
    writer.write(b"begin ")
    followers = [asyncio.create_task(_followed(logs)) for _ in range(3)]
    late = asyncio.create_task(_followed(logs, 6))

    def flood() -> None:
        for number in range(2000):
            writer.write(b"%06d\n" % number)
        writer.close()

    thread = threading.Thread(target=flood)
    thread.start()
    expected = b"begin " + b"".join(b"%06d\n" % number for number in range(2000))
    for follower in followers:
        data, dropped = await follower
        assert (data, dropped) == (expected, 0)
    assert await late == (expected[6:], 0)
    thread.join()
    assert not logs._followers


async def test_a_follower_is_woken_by_each_write_and_by_the_end(logs: LogFiles) -> None:
    writer = logs.open(KEY, LIMIT)
    following = logs.follow(KEY)
    for text in (b"one", b"two"):
        next_chunk = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0)
        writer.write(text)
        assert (await next_chunk).data == text
    end = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    writer.close()
    assert (await end).complete
    assert [chunk async for chunk in following] == []


async def test_a_follower_slower_than_the_flood_is_told_what_it_missed(logs: LogFiles) -> None:
    writer = logs.open(KEY, 4096)
    writer.write(b"begin")
    following = logs.follow(KEY)
    first = await anext(following)
    for _ in range(100):
        writer.write(b"x" * 1000)
    writer.write(b"end")
    writer.close()
    rest = [chunk async for chunk in following]
    assert first.data == b"begin"
    assert rest[-1].data.endswith(b"end")
    assert sum(len(c.data) + c.dropped for c in rest) + len(first.data) == 5 + 100_000 + 3
    assert max(chunk.dropped for chunk in rest) > 90_000


async def test_a_follower_that_leaves_is_forgotten(logs: LogFiles) -> None:
    writer = logs.open(KEY, LIMIT)
    following = logs.follow(KEY)
    writer.write(b"x")
    await anext(following)
    assert logs._followers
    follower = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    follower.cancel()
    await asyncio.wait([follower])
    assert not logs._followers
    writer.close()


def test_writing_outlives_the_loop_of_a_follower(logs: LogFiles) -> None:
    writer = logs.open(KEY, LIMIT)

    async def look() -> None:
        following = logs.follow(KEY)
        writer.write(b"x")
        await anext(following)
        logs._followers[Place.of(logs._root, KEY)] *= 2  # as if one were left behind by a loop that is gone

    asyncio.run(look())
    writer.write(b"y")
    writer.close()


async def test_a_disk_that_takes_nothing_stops_nobody(logs: LogFiles, tmp_path: Path) -> None:
    place = Place.of(tmp_path / "logs", KEY)
    place.folder.mkdir(parents=True)
    place.part(0).symlink_to("/dev/full")
    write(logs, b"x" * 10_000, b"y")
    found = await logs.read(KEY)
    assert found is not None
    assert found.complete


async def test_a_root_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    logs = LogFiles(tmp_path / "file")
    write(logs, b"x")
    assert await logs.read(KEY) is None


FULL_DISK = """
import resource, sys
from pathlib import Path
from bot.logs.files import LogFiles
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
writer = LogFiles(Path(sys.argv[1])).open(sys.argv[2], 1 << 20)
for _ in range(9):
    writer.write(b"some output" * 100)
writer.close()
"""


async def test_a_disk_that_fills_up_leaves_a_last_line_that_says_so(logs: LogFiles, tmp_path: Path) -> None:
    """A limit on file sizes stands for the disk: the system answers a write beyond it in the same way."""
    arguments = ("-c", FULL_DISK, tmp_path / "logs", KEY)
    full = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=Path(__file__).parents[2])
    assert await full.wait() == 0
    found = await logs.read(KEY)
    assert found is not None
    assert len(found.data) <= 5000
    assert found.data.startswith(b"some output" * 300)
    assert await logs.tail(KEY, 1) == "The log ends here: 4900 bytes could not be written (File too large)."


async def _followed(logs: LogFiles, offset: int = 0) -> tuple[bytes, int]:
    chunks = [chunk async for chunk in logs.follow(KEY, offset)]
    assert [chunk.complete for chunk in chunks].count(True) == 1
    return b"".join(chunk.data for chunk in chunks), sum(chunk.dropped for chunk in chunks)
