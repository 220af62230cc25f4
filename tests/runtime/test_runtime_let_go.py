"""What a deployment waits for is told to its lane, and what people say while it is at work is not lost (BGR-4). The stories are in tests/deploying."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from bot.core.effects import Effect, StartAction
from bot.core.events import ContinueRequested, StartRequested
from bot.model.continuation import Continuation
from bot.model.deployment_wait import DeploymentWait, WaitType
from bot.model.execution import ActionStatus, LaneKey, Trigger, TriggerKind
from bot.model.pipeline import Action, Deploy, Run
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from bot.ports import ActionContext, ActionOutcome, OutboxEntry, StorageUnavailable, StoreUnavailable
from bot.runtime.actions import ActionRunner
from bot.runtime.engine import Engine
from bot.runtime.failing import PATIENCE
from bot.runtime.waits import Waits
from bot.stores.memory import MemoryStore
from tests.core.lane import BEN, REPOSITORY, pipeline, stage
from tests.world.host import WoundClock

NOW, UNTIL = 1000.0, 4600.0
LANE = LaneKey(REPOSITORY, "web", Ref(RefKind.BRANCH, "main"))
RUN = Run(("true",))
WAIT = DeploymentWait(WaitType.TERMINATION, UNTIL)


class Outbox:
    """Keeps what is ordered; the test performs it."""

    def __init__(self) -> None:
        self.entries: dict[str, OutboxEntry] = {}

    def order(self, entries: Sequence[OutboxEntry]) -> None:
        self.entries |= {entry.key: entry for entry in entries}

    def doubt(self) -> None: ...


class Keeps:
    """An action that keeps something for a while, and looks at it now and then; a look takes as long as the test says."""

    def __init__(self, clock: WoundClock) -> None:
        self.clock = clock
        self.looks, self.looking, self.over = 0, asyncio.Event(), asyncio.Event()
        self.over.set()
        self.broken: Exception | None = None
        self.cleared: list[tuple[str, str]] = []

    async def perform(self, context: ActionContext) -> ActionOutcome:
        self.looking.set()
        await self.over.wait()
        if self.broken is not None:
            raise self.broken
        self.looks += 1
        now = self.clock.now()
        again = Continuation(now + 60, NOW, now, asked=self.looks)
        return ActionOutcome(ActionStatus.IN_PROGRESS, NOW, again=again, waits=WAIT)

    async def abandon(self, job: str) -> None:
        self.cleared.append(("abandon", job))

    async def forget(self, job: str) -> None:
        self.cleared.append(("forget", job))

    async def sweep(self, keep: Collection[str]) -> None: ...


class Scene:
    def __init__(self, keeps: type[Keeps] = Keeps, patience: float = PATIENCE) -> None:
        self.clock, self.store, self.outbox = WoundClock(NOW), MemoryStore(), Outbox()
        self.changed = asyncio.Event()
        self.engine = Engine(self.store, self.outbox, lambda *_: self.changed.set())
        self.keeps = keeps(self.clock)
        self.waits = Waits(self.store, self.outbox, self.clock)
        self.runner = ActionRunner(
            self.waits,
            self.engine,
            {"run": self.keeps, "deploy": self.keeps},
            asyncio.Semaphore(1),
            self.clock,
            patience=patience,
        )

    @property
    def order(self) -> OutboxEntry:
        return next(entry for entry in self.outbox.entries.values() if isinstance(entry.effect, StartAction))

    async def begin(self, work: Run | Deploy = RUN) -> None:
        await self.ordered(work)
        await self.perform()

    async def ordered(self, work: Run | Deploy) -> None:
        wanted = pipeline(stage("prod", Action("go", work)))
        revision, trigger = Revision("c" * 40, LANE.ref), Trigger(TriggerKind.PUSH, BEN)
        await self.engine.tell(LANE, StartRequested("1", NOW, "e1", 1, wanted, revision, trigger))

    async def perform(self) -> None:
        entry = self.order
        assert isinstance(entry.effect, StartAction)
        assert await self.runner.start(entry.effect, entry.key)

    async def kept(self) -> OutboxEntry:
        """The order as a later life finds it."""
        (kept,) = [e for e in await self.store.pending_effects(2 * UNTIL) if isinstance(e.effect, StartAction)]
        return kept

    async def let_go(self) -> None:
        decision = await self.engine.tell(LANE, ContinueRequested("2", self.clock.now(), BEN))
        assert decision is not None
        assert decision.refusal is None


async def test_the_lane_is_told_once_what_it_waits_for() -> None:
    scene = Scene()
    await scene.begin()
    for look in (1, 2):
        assert scene.order.due == NOW + 60 * look
        scene.clock.at = scene.order.due
        await scene.perform()
    found = await scene.engine.execution("e1")
    assert found is not None
    assert found[0].current.action("go").waits == WAIT
    assert [entry.event.kind for entry in await scene.store.history("e1")].count("action_waits") == 1


async def test_what_is_let_go_on_while_it_is_looked_at_is_looked_at_again_at_once() -> None:
    """The look had begun before, and its order to look again in a minute comes after the command's."""
    scene = Scene()
    await scene.begin()
    scene.clock.at = scene.order.due
    scene.keeps.over.clear()
    scene.keeps.looking.clear()
    at_work = asyncio.create_task(scene.perform())
    await scene.keeps.looking.wait()
    await scene.let_go()
    scene.keeps.over.set()
    await at_work
    assert scene.order.due == scene.clock.now()
    assert (await scene.kept()).due == scene.clock.now()


async def full(_effects: Sequence[Effect]) -> Sequence[OutboxEntry]:
    raise StoreUnavailable("no space left on device")


@pytest.mark.parametrize(("work", "asked"), [(Deploy("appspec.yml"), True), (RUN, False)])
async def test_a_deployment_that_an_older_version_left_waiting_can_be_let_go_on(
    work: Run | Deploy, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one told nobody what it waits for: it is gone on with at the start, and tells."""
    scene = Scene()
    await scene.ordered(work)
    order = scene.order.effect
    assert isinstance(order, StartAction)
    await scene.waits.later(replace(order, again=Continuation(UNTIL, NOW, NOW)))
    scene.clock.at = NOW + 100
    with monkeypatch.context() as disk:
        disk.setattr(scene.store, "enqueue", full)
        await Waits(scene.store, scene.outbox, scene.clock).start()  # what can't be kept keeps no bot from starting
        assert (await scene.kept()).due == UNTIL
    await Waits(scene.store, scene.outbox, scene.clock).start()
    kept = await scene.kept()
    assert kept.due == (scene.clock.at if asked else UNTIL)
    if asked:
        scene.outbox.order([kept])
        await scene.perform()
        await Waits(scene.store, scene.outbox, scene.clock).start()
        assert (await scene.kept()).due == scene.clock.at + 60, "what has told is left to its time"
        await scene.let_go()


async def test_of_a_deployment_that_is_given_up_nothing_is_left_at_work() -> None:
    """It has begun, waits, and can't be gone on with: what it has of the traffic, say, goes back."""
    scene = Scene(patience=0.0)
    await scene.begin()
    assert scene.keeps.cleared == []
    scene.keeps.broken = StorageUnavailable("away")
    await scene.perform()
    assert scene.keeps.cleared == [("abandon", "e1/prod/go/1"), ("forget", "e1/prod/go/1")]
