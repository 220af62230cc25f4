"""*waiting*: 10,000 executions that wait for approval: memory, start to ready, and what they add to *overhead*.

They are put into the database as the bot itself would put them, decision by decision, before it starts.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.clock import SystemClock
from bot.core.decide import decide
from bot.core.events import StartRequested
from bot.definition import read_definitions
from bot.model.execution import LaneKey, Trigger, TriggerKind
from bot.model.lane import LaneState
from bot.model.people import Person
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import Commit
from bot.stores.sql import SqlStore
from tests.bench.bot_process import BotProcess
from tests.bench.figures import Figure, middle, ms
from tests.bench.overhead import COUNT as PUSHES
from tests.bench.overhead import WARM_UP, github_settings, one_after_another
from tests.bench.pushes import PIPELINE, WAITING, Arrivals, PreparedPushes
from tests.world.github.server import FakeGitHub

COUNT = 10_000
MEMORY = 250 << 20
READY = 3.0


async def waiting(folder: Path) -> Sequence[Figure]:
    arrivals = Arrivals()
    async with FakeGitHub(folder / "github") as github:
        prepared = await PreparedPushes.make(github, PIPELINE)
        settings = github_settings(github, github.token(github.bot))
        async with BotProcess(folder, **settings) as bot:
            without = await _pushes(bot, prepared, arrivals, 0)
        await _fill(folder / "data" / "penstock.db", prepared)
        async with BotProcess(folder, **settings) as bot:
            having = await _pushes(bot, prepared, arrivals, 1000)
            memory, ready = bot.peak_memory, bot.start_seconds
    return (
        Figure(
            "waiting: memory",
            memory / MEMORY,
            "<= 1.0",
            {"peak": f"{memory >> 20} MiB", "limit": f"{MEMORY >> 20} MiB"},
        ),
        Figure("waiting: start to ready", ready / READY, "<= 1.0", {"ready after": ms(ready), "limit": ms(READY)}),
        Figure(
            "waiting: overhead",
            middle(having) / middle(without),
            "<= 1.2",
            {"with": ms(middle(having)), "without": ms(middle(without))},
        ),
    )


async def _pushes(bot: BotProcess, prepared: PreparedPushes, arrivals: Arrivals, first: int) -> list[float]:
    return (await one_after_another(bot, prepared, arrivals, first, PUSHES + WARM_UP))[WARM_UP:]


async def _fill(database: Path, prepared: PreparedPushes) -> None:
    store = await SqlStore.open(f"sqlite:///{database}")
    repository = Repository("github", str(prepared.repository.id), "acme/web")
    [pipeline] = read_definitions({".pipeline.yml": WAITING.encode()}, "web").pipelines
    now = SystemClock().now()

    async def one(number: int) -> None:
        ref = Ref(RefKind.BRANCH, f"waiting-{number}")
        lane = LaneKey(repository, pipeline.name, ref)
        state = LaneState(lane)
        event = StartRequested(
            id=f"fill:{number}",
            at=now,
            execution=f"waiting-{number}",
            number=1_000_000 + number,
            pipeline=pipeline,
            revision=Revision(
                f"{number:040x}", ref, branch=ref.name, author=Person("ada", "1"), message=f"Change {number}"
            ),
            trigger=Trigger(TriggerKind.PUSH, Person("ada", "1"), "a push"),
        )
        decision = decide(state, event)
        # Their reports are long sent; the deadlines stay.
        effects = tuple(effect for effect in decision.effects if effect.kind == "wake_at")
        await store.commit(Commit(lane, event, state, decision.state, effects, (), decision.retired))

    for first in range(0, COUNT, 500):
        await asyncio.gather(*(one(number) for number in range(first, first + 500)))
    await store.close()
