"""*history*: what 100,000 finished executions add to the cost of one more event, and to the pages, against 100 of them.

The finished ones are made by deciding and committing 100; the other 99,900 are copies of their rows. Both databases take
turns, event by event and page by page, so that whatever else the machine does meets both alike. An event is measured in
processor time of all threads, system included.
"""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from bot.core.decide import decide
from bot.core.events import ActionFinished, Event, StartRequested
from bot.model.execution import ActionStatus, LaneKey, Trigger, TriggerKind
from bot.model.people import Person
from bot.model.pipeline import Action, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import Commit
from bot.stores.sql import SqlStore
from tests.bench.bot_process import BotProcess
from tests.bench.figures import Figure, middle, ms

FEW = 100
TIMES = 1000
"""How many times as many executions the long history has."""

EVENTS = 1000
PAGES = 300
WARM_UP = 20

PIPELINE = Pipeline(
    "web", tuple(Stage(name, (Action("work", Run(("true",))),)) for name in ("a", "b", "c")), digest="d"
)
MAIN = Ref(RefKind.BRANCH, "main")
LANE = LaneKey(Repository("github", "1", "acme/web"), "web", MAIN)


class Lane:
    """One lane of a store, run through by executions one after another."""

    def __init__(self, store: SqlStore, first: int) -> None:
        self._store = store
        self._next = first
        self._stage = len(PIPELINE.stages)
        self.newest = ""

    async def step(self) -> tuple[float, float]:
        """One more event: load, decide, commit. The seconds it took, and the processor's."""
        event = self._event()
        began, worked = time.perf_counter(), time.process_time()
        state = await self._store.load_lane(LANE)
        decision = decide(state, event)
        commit = Commit(LANE, event, state, decision.state, decision.effects, (), decision.retired)
        entries = await self._store.commit(commit)
        took, work = time.perf_counter() - began, time.process_time() - worked
        for entry in entries or ():  # an outbox that keeps growing would be measured, too
            await self._store.settle_effect(entry.key, entry.stamp)
        return took, work

    def _event(self) -> Event:
        at = 1_700_000_000.0 + self._next
        if self._stage == len(PIPELINE.stages):
            self._stage = 0
            self._next += 1
            self.newest = f"execution-{self._next}"
            commit = Revision(f"{self._next:040x}", MAIN, branch="main", author=Person("ada", "1"), message="Change")
            trigger = Trigger(TriggerKind.PUSH, Person("ada", "1"), "a push")
            return StartRequested(f"start-{self._next}", at, self.newest, self._next, PIPELINE, commit, trigger)
        stage = PIPELINE.stages[self._stage].name
        self._stage += 1
        name = f"end-{self._next}-{stage}"
        return ActionFinished(name, at, self.newest, stage, "work", 1, ActionStatus.SUCCEEDED, at)


async def history(folder: Path) -> Sequence[Figure]:
    few, many = folder / "few", folder / "many"
    newest = await _filled(few)
    await asyncio.to_thread(_multiplied, few, many)
    return (await _events(few, many), *await _pages(few, many, newest))


async def _filled(data: Path) -> str:
    """A database with a few finished executions; the newest one's id comes back."""
    data.mkdir()
    store = await SqlStore.open(_url(data))
    lane = Lane(store, 0)
    for _ in range(FEW * (len(PIPELINE.stages) + 1)):
        await lane.step()
    await store.close()
    return lane.newest


def _multiplied(few: Path, many: Path) -> None:
    """The same, with copies of every execution and its events: in the same lane, older than the ones they are copied from."""
    shutil.copytree(few, many)
    database = sqlite3.connect(many / "penstock.db", isolation_level=None)
    for statement in _COPIES:
        database.execute(statement)
    [(count,)] = database.execute("SELECT count(*) FROM executions").fetchall()
    if count != FEW * TIMES:
        raise RuntimeError(f"{count} executions")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    os.sync()  # the copies are not to be written while something is measured


_TURNS = f"WITH RECURSIVE turn(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM turn WHERE n < {TIMES} - 1)"
_COPIES = (
    # Copies go below: the ones that are there stay the newest.
    "UPDATE history_executions SET history = history + 100000000",
    "UPDATE history SET sequence = sequence + 100000000",
    """UPDATE executions SET sequence = sequence + 100000000, number = number + 100000000,
        body = json_set(body, '$.number', number + 100000000)""",
    "UPDATE sqlite_sequence SET seq = seq + 100000000 WHERE name IN ('history', 'executions')",
    f"""{_TURNS} INSERT INTO executions
        SELECT sequence - n * 10000, id || '-' || n, number - n * {FEW}, lane, repository, pipeline, ref,
            printf('%040x', number * 10000 + n), status, live, started_at - n * 1000,
            json_set(body, '$.id', id || '-' || n, '$.number', number - n * {FEW}), outside FROM turn, executions""",
    f"{_TURNS} INSERT INTO history SELECT sequence - n * 10000, lane, event || '-' || n, body FROM turn, history",
    f"""{_TURNS} INSERT INTO history_executions
        SELECT execution || '-' || n, history - n * 10000 FROM turn, history_executions""",
)


async def _events(few: Path, many: Path) -> Figure:
    stores = [await SqlStore.open(_url(data)) for data in (few, many)]
    lanes = [Lane(stores[0], 1000), Lane(stores[1], 200_000_000)]
    took: list[list[tuple[float, float]]] = [[], []]
    for turn in range(EVENTS + WARM_UP):
        for which in (0, 1) if turn % 2 else (1, 0):
            took[which].append(await lanes[which].step())
    for store in stores:
        await store.close()
    walls = [middle([wall for wall, _ in samples[WARM_UP:]]) for samples in took]
    works = [middle([work for _, work in samples[WARM_UP:]]) for samples in took]
    parts = {
        "with 100": ms(works[0]),
        "with 100,000": ms(works[1]),
        "flush included": f"{ms(walls[0])} and {ms(walls[1])}",
    }
    # A flush to disk writes the same either way, and takes what others leave of the disk: it would drown the rest.
    return Figure("history: an event", works[1] / works[0], "<= 1.1", parts)


async def _pages(few: Path, many: Path, newest: str) -> Sequence[Figure]:
    async with BotProcess(few.parent, DATA_DIR=str(few)) as one, BotProcess(few.parent, DATA_DIR=str(many)) as other:
        bots = one, other
        async with aiohttp.ClientSession() as client:
            figures = []
            for name, path in (("the list", "/"), ("an execution", f"/executions/{newest}")):
                took: list[list[float]] = [[], []]
                for turn in range(PAGES + WARM_UP):
                    for which in (0, 1) if turn % 2 else (1, 0):
                        took[which].append(await _get(client, bots[which].url + path))
                walls = [middle(samples[WARM_UP:]) for samples in took]
                parts = {"with 100": ms(walls[0]), "with 100,000": ms(walls[1])}
                figures.append(Figure(f"history: {name}", walls[1] / walls[0], "<= 1.3", parts))
    return figures


async def _get(client: aiohttp.ClientSession, url: str) -> float:
    began = time.perf_counter()
    async with client.get(url) as response:
        await response.read()
        if response.status != 200:
            raise RuntimeError(f"{url} answered {response.status}")
    return time.perf_counter() - began


def _url(data: Path) -> str:
    return f"sqlite:///{data / 'penstock.db'}"
