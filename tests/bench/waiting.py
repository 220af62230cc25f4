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
from tests.bench.pushes import PIPELINE, WAITING, Arrivals, PreparedPushes, folder_of
from tests.world.github.server import FakeGitHub

COUNT = 10_000
MEMORY = 250 << 20
READY = 3.0


async def waiting(folder: Path) -> Sequence[Figure]:
    arrivals = Arrivals()
    async with FakeGitHub(folder / "github") as github:
        prepared = await PreparedPushes.make(github, PIPELINE)
        settings = github_settings(github, github.token(github.bot))
        await _fill(folder_of(folder, "waiting") / "data" / "penstock.db", prepared)
        async with (
            BotProcess(folder / "waiting", **settings) as bot,
            BotProcess(folder_of(folder, "idle"), **settings) as other,
        ):
            having, without = await _in_turn(bot, other, prepared, arrivals)
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


async def _in_turn(
    bot: BotProcess, other: BotProcess, prepared: PreparedPushes, arrivals: Arrivals
) -> tuple[list[float], list[float]]:
    """The seconds that pushes take the one and the other, so that whatever else the machine does meets both alike."""
    having, without = [], []
    for number in range(PUSHES + WARM_UP):
        having += await one_after_another(bot, prepared, arrivals, number, 1)
        without += await one_after_another(other, prepared, arrivals, 1000 + number, 1)
    return having[WARM_UP:], without[WARM_UP:]


async def _fill(database: Path, prepared: PreparedPushes) -> None:
    database.parent.mkdir()
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
