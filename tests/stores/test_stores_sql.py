"""What only the SQL store does: outlive itself, share one flush among many writes, and survive what databases do."""

import asyncio
import math
import random
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.core.effects import Report, WakeAt
from bot.model.delivery import Delivery
from bot.model.intake import Intake
from bot.model.lane import LaneState
from bot.ports import ConcurrentChange, ExecutionFilter, Reported, StoreUnavailable
from bot.stores.reserve import Reserve
from bot.stores.sql import SqlStore
from bot.stores.statements import Transaction
from tests.stores.told import MAIN, REPOSITORY, Told, add, approval, commit_of, delivery, lane_key, pipeline
from tests.world.patience import PATIENCE


def file_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def count_commits(store: SqlStore) -> list[None]:
    commits: list[None] = []
    sa.event.listen(store._writer._engine, "commit", lambda _: commits.append(None))
    return commits


async def test_everything_is_there_when_it_is_opened_again(url: str) -> None:
    first = await SqlStore.open(url)
    told = Told(first)
    lane = lane_key()
    started = await told.start(lane)
    await told.finish(lane, started.id, "build")
    await add(first, delivery("1"))
    await first.set_reported({"a": Reported("1")})
    await first.record_intake(REPOSITORY, MAIN, "main", Intake("a", "push", 1.0))
    before = [await first.pending_effects(math.inf), await first.history(started.id), await first.repositories()]
    await first.close()

    again = await SqlStore.open(url)
    assert await again.load_lane(lane) == told.states[lane.id]
    assert await again.execution(started.id) == (told.states[lane.id].executions[started.id], pipeline())
    assert await again.pending_deliveries() == [delivery("1")]
    assert not await add(again, delivery("1"))
    assert await again.reported(["a"]) == {"a": Reported("1")}
    after = [await again.pending_effects(math.inf), await again.history(started.id), await again.repositories()]
    assert after == before
    assert await again.next_number(REPOSITORY, "web") == started.number + 1
    await Told(again, states={lane.id: told.states[lane.id]}, ids=iter([50, 51]), starts=iter([9])).start(lane)
    await again.close()


async def test_what_was_told_before_closing_is_written(url: str) -> None:
    first = await SqlStore.open(url)
    tasks = [asyncio.create_task(add(first, delivery(str(n)))) for n in range(500)]
    await asyncio.sleep(0)
    await first.close()
    assert all(await asyncio.gather(*tasks))
    again = await SqlStore.open(url)
    assert len(await again.pending_deliveries()) == 500
    await again.close()


async def test_a_closed_store_says_so(url: str) -> None:
    store = await SqlStore.open(url)
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await add(store, delivery("1"))
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.pending_deliveries()


async def test_writes_that_wait_share_one_transaction(store: SqlStore) -> None:
    commits = count_commits(store)
    assert all(await asyncio.gather(*(add(store, delivery(str(n))) for n in range(200))))
    assert len(commits) <= 3


async def test_a_failing_write_harms_no_other_of_its_transaction(store: SqlStore) -> None:
    began = threading.Event()

    def broken(transaction: Transaction) -> None:
        raise ValueError("not this one")

    held = asyncio.create_task(store._writer.write(lambda _: began.wait()))
    good = [asyncio.create_task(add(store, delivery(str(n)))) for n in range(5)]
    bad = asyncio.create_task(store._writer.write(broken))
    more = [asyncio.create_task(add(store, delivery(str(n)))) for n in range(4, 9)]
    await asyncio.sleep(0)
    began.set()
    assert await held
    with pytest.raises(ValueError, match="not this one"):
        await bad
    assert [await each for each in (*good, *more)] == [True] * 5 + [False] + [True] * 4
    assert len(await store.pending_deliveries()) == 9


async def test_what_was_remembered_of_writes_that_were_taken_back_is_forgotten(url: str) -> None:
    """A repository's row that is gone again, say: its lane would be nobody's."""
    store = await SqlStore.open(url, busy_timeout=0.05)
    taken, began, told, lane = threading.Event(), threading.Event(), Told(store), lane_key()

    def hold(transaction: Transaction) -> bool:
        taken.set()
        return began.wait()

    def broken(transaction: Transaction) -> None:
        raise ValueError("not this one")

    await store.load_lane(lane)
    held = asyncio.create_task(store._writer.write(hold))
    assert await asyncio.to_thread(taken.wait, PATIENCE), "alone: what comes now waits for the next transaction"
    starting = asyncio.create_task(told.start(lane))
    while store._writer._queue.qsize() < 1:  # noqa: ASYNC110  it is read first, by another thread
        await asyncio.sleep(0.01)
    bad = asyncio.create_task(store._writer.write(broken))
    await asyncio.sleep(0)
    began.set()
    assert await held
    with pytest.raises(ValueError, match="not this one"):
        await bad
    done, _ = await asyncio.wait([starting], timeout=PATIENCE)
    assert done, "it is written again"
    started = starting.result()
    await store.close()
    again = await SqlStore.open(url)
    assert [repository for repository, _ in await again.repositories()] == [REPOSITORY]
    assert await again.load_lane(lane) == told.states[lane.id]
    assert await again.execution(started.id) == (told.states[lane.id].executions[started.id], pipeline())
    await again.close()


async def test_a_cancelled_wait_leaves_the_store_whole(store: SqlStore) -> None:
    began = threading.Event()
    held = asyncio.create_task(store._writer.write(lambda _: began.wait()))
    waiting = asyncio.create_task(add(store, delivery("1")))
    await asyncio.sleep(0)
    waiting.cancel()
    began.set()
    assert await held
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not await add(store, delivery("1"))


async def test_a_page_does_not_wait_for_a_write(store: SqlStore) -> None:
    began, end = threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> bool:
        began.set()
        return end.wait()

    writing = asyncio.create_task(store._writer.write(slow))
    await asyncio.to_thread(began.wait)
    assert await store.executions(ExecutionFilter(), 10) == []
    assert not writing.done()
    end.set()
    assert await writing


async def test_another_process_that_writes_the_lane_is_noticed(url: str, store: SqlStore) -> None:
    lane = lane_key()
    ours = Told(store)
    await ours.start(lane)
    other = await SqlStore.open(url)
    theirs = Told(other, ids=iter(range(20, 30)), starts=iter(range(20, 30)))
    await theirs.start(lane)
    with pytest.raises(ConcurrentChange):
        await store.commit(commit_of(lane, ours.starting(lane), ours.states[lane.id]))
    assert await store.load_lane(lane) == theirs.states[lane.id]
    await other.close()


async def test_a_locked_database_is_reported_and_then_written_again(url: str, store: SqlStore) -> None:
    await add(store, delivery("before"))
    other = sqlite3.connect(file_of(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(*(add(store, delivery(str(n))) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * 3
    assert "locked" in str(results[0])
    assert [each.id for each in await store.pending_deliveries()] == ["before"]
    other.execute("ROLLBACK")
    other.close()
    assert await add(store, delivery("0"))


async def test_a_full_disk_is_reported_and_nothing_of_it_is_half_there(store: SqlStore) -> None:
    told = Told(store)
    lane = lane_key()
    await told.start(lane)

    def limit(transaction: Transaction, pages: int) -> Any:
        cursor = transaction._cursor
        if not pages:
            pages = cursor.execute("PRAGMA page_count").fetchone()[0] + 2
        return cursor.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    await store._writer.write(lambda transaction: limit(transaction, 0))
    small, big = delivery("small"), Delivery("github", "big", {}, random.Random(1).randbytes(1_000_000), 1.0)
    outcome = await asyncio.gather(add(store, small), add(store, big), return_exceptions=True)
    assert outcome[0] is True
    assert isinstance(outcome[1], StoreUnavailable)
    assert "full" in str(outcome[1])
    assert [each.id for each in await store.pending_deliveries()] == ["small"]

    await store._writer.write(lambda transaction: limit(transaction, 1 << 30))
    assert await add(store, big)
    await told.start(lane)
    assert await store.load_lane(lane) == told.states[lane.id]


async def test_what_a_full_device_refuses_is_written_into_the_room_that_was_kept(url: str) -> None:
    file = Path(f"{file_of(url)}-reserve")
    store = await SqlStore.open(url, reserve=1 << 16)
    assert file.stat().st_size == 1 << 16
    await store._writer.write(lambda transaction: transaction._cursor.execute("PRAGMA max_page_count = 1").fetchone())
    given = Reserve.give_back

    def give_back(reserve: Reserve) -> bool:
        connection: Any = store._writer._connection
        connection.connection.driver_connection.execute(f"PRAGMA max_page_count = {1 << 30}").close()
        return given(reserve)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Reserve, "give_back", give_back)
        big = Delivery("github", "big", {}, random.Random(1).randbytes(1_000_000), 1.0)
        assert await add(store, big)
    assert not file.exists()
    assert await add(store, delivery("later"))
    assert file.exists()
    await store.close()


def refuse_next_commit(store: SqlStore) -> None:
    failures = iter([sqlite3.OperationalError("disk I/O error")])

    def fail_once(_: sa.Connection) -> None:
        for failure in failures:
            raise failure

    sa.event.listen(store._writer._engine, "commit", fail_once)


async def test_a_commit_that_the_disk_refuses_leaves_nothing_behind(store: SqlStore) -> None:
    """Neither on disk nor in what the store remembers of rows that it wrote: all of them are new here."""
    told = Told(store)
    lane = lane_key()
    event = told.starting(lane)
    refuse_next_commit(store)
    with pytest.raises(StoreUnavailable, match="disk I/O error"):
        await told.tell(lane, event)
    assert await store.load_lane(lane) == LaneState(lane)
    assert await store.repositories() == []

    await told.tell(lane, event)
    await store.close()
    again = await SqlStore.open(str(store._writer._engine.url))
    assert await again.load_lane(lane) == told.states[lane.id]
    await again.close()


async def test_a_lost_commit_is_not_taken_for_another_process_s(url: str, store: SqlStore) -> None:
    lane = lane_key()
    ours = Told(store)
    await ours.start(lane)
    refuse_next_commit(store)
    with pytest.raises(StoreUnavailable):
        await ours.start(lane)
    other = await SqlStore.open(url)
    await Told(other, ids=iter(range(20, 30)), starts=iter(range(20, 30))).start(lane)
    await other.close()
    assert await store.commit(commit_of(lane, ours.starting(lane), await store.load_lane(lane))) is not None


async def test_a_transaction_that_the_database_ended_is_not_gone_on_with(store: SqlStore) -> None:
    """SQLite ends it by itself on some errors; what ran on would be written though all of it is run again."""
    began = threading.Event()

    def ended(transaction: Transaction) -> None:
        transaction._cursor.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    held = asyncio.create_task(store._writer.write(lambda _: began.wait()))
    broken = asyncio.create_task(store._writer.write(ended))
    after = asyncio.create_task(add(store, delivery("1")))
    await asyncio.sleep(0)
    began.set()
    assert await held
    with pytest.raises(StoreUnavailable):
        await broken
    assert await after


async def test_two_processes_that_write_wait_for_each_other(url: str, store: SqlStore) -> None:
    """As `penstock db upgrade` beside a running bot does, or the second bot of a restart."""
    first, second = await SqlStore.open(url), await SqlStore.open(url)
    starts = []
    for place, opened in enumerate((first, second)):
        told = Told(opened, ids=iter(range(1000 * place, 9999)), starts=iter(range(1000 * place + 1, 9999)))
        starts += [told.start(lane_key(name=f"web{place}-{n}")) for n in range(40)]
    assert len(await asyncio.gather(*starts)) == 80
    await first.close()
    await second.close()


async def test_an_error_never_tells_what_was_to_be_written(store: SqlStore) -> None:
    told = Told(store)
    await told.start(lane_key(), number=1)
    event = told.starting(lane_key(name="web", ref=MAIN), approval(), revision="5ecre7", number=1)
    with pytest.raises(StoreUnavailable) as caught:
        await store.commit(commit_of(lane_key(), event, told.states[lane_key().id]))
    assert "5ecre7" not in str(caught.value)


@pytest.mark.parametrize("broken", ["\udcff", "a\ud83d", "\x00"])
async def test_text_that_is_no_unicode_is_kept_readably(store: SqlStore, broken: str) -> None:
    assert await add(store, Delivery("github", broken, {"x-github-event": broken}, b"", 1.0))
    assert not await add(store, Delivery("github", broken, {}, b"", 1.0))
    told = Told(store)
    lane = lane_key(name=f"web{broken}")
    started = await told.start(lane, revision=broken)
    await told.finish(lane, started.id, "build")
    assert list((await store.load_lane(lane)).executions) == [started.id]
    assert await store.teller(REPOSITORY, lane.pipeline, broken) == started.id
    assert [e.id for e in await store.executions(ExecutionFilter(pipeline=lane.pipeline), 5)] == [started.id]


async def test_far_off_wakes_are_not_read_until_they_are_near(store: SqlStore) -> None:
    await store.enqueue([WakeAt(f"x{n}", "prod", "ask", 1, 1000.0 + n) for n in range(2000)])
    await store.enqueue([Report("x1")])
    assert [entry.due for entry in await store.pending_effects(1002.0)] == [1000.0, 1001.0, 0.0]
