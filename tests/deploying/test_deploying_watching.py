"""When the checks of a shift of traffic are asked: now and then while a step lasts, and at its end; and what becomes of those that are not decided."""

from dataclasses import dataclass, field

import pytest

from bot.actions.deploying.blue_green.checks import Checks
from bot.actions.deploying.blue_green.watching import Failed, Watching
from bot.actions.deploying.told import Told
from bot.actions.deploying.turns import Stop
from bot.model.deployment import Bundle, Deployment
from bot.model.error import ErrorCode
from bot.model.pipeline import Action, Deploy, Pipeline, Rule, Stage
from bot.model.traffic import BlueGreen, Chosen, Color, TrafficShift
from bot.ports import ActionContext, RuleContext, RuleOutcome
from bot.stores.memory import MemoryStore
from tests.world.builders import built
from tests.world.host import WoundClock

NOW = 1000.0


@dataclass
class Asked:
    """A kind of rule that answers as it is told to, and remembers when it was asked, since when and in which look."""

    clock: WoundClock
    answers: list[RuleOutcome] = field(default_factory=list)
    looks: list[tuple[float, float, str]] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    works: bool = False

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        assert context.run.started_at is not None
        self.looks.append((self.clock.at - NOW, context.run.started_at - NOW, context.rule.name))
        return self.answers.pop(0) if self.answers else RuleOutcome(True)

    async def abandon(self, job: str) -> None:
        self.abandoned.append(job.rpartition(":")[2].removesuffix("/1"))

    async def forget(self, job: str) -> None:
        """There is nothing kept."""


class Step:
    """The first of two steps, which lasts for three minutes and a half."""

    def __init__(self, *answers: RuleOutcome, checks: int = 1) -> None:
        self.clock = WoundClock(NOW)
        self.rule = Asked(self.clock, list(answers))
        one = built("prod: go=running")
        work = Deploy("appspec.yml", checks=tuple(Rule("up", "check", {}) for _ in range(checks)))
        stage = Stage("prod", (Action("go", work),))
        context = ActionContext(one.execution, Pipeline("web", (stage,), digest="d1"), stage, stage.actions[0], 1)
        shift = TrafficShift("front", Color.BLUE, ("g",), ("b",), (20, 100), share=20, done=1, until=NOW + 210)
        deployment = Deployment("d", "g", one.execution.id, "prod", "go", 1, Bundle("c", ""), NOW, traffic=shift)
        self.told = Told(deployment, MemoryStore(), lambda _line: None, lambda: None)
        plan = BlueGreen(Chosen(), Chosen())
        checks_ = Checks({"check": self.rule}, self.clock)
        self.watching = Watching(context, plan, self.clock, self.told, Stop(), checks_)

    async def seen_through(self) -> list[float]:
        """Goes on whenever it has asked to; the times at which it did."""
        asked = []
        while (at := await self.watching.go_on()) is not None:
            asked.append(at - NOW)
            self.clock.at = max(at, self.clock.at)
        return asked


async def test_checks_are_asked_every_minute_and_once_more_at_the_end() -> None:
    step = Step()
    assert await step.seen_through() == [60, 120, 180, 210]
    assert step.rule.looks == [
        (60, 60, "go-1-0-up"),
        (120, 120, "go-1-1-up"),
        (180, 180, "go-1-2-up"),
        (210, 210, "go-1-up"),
    ]


async def test_a_step_without_checks_is_not_looked_at_before_its_end() -> None:
    assert await Step(checks=0).seen_through() == [210]


async def test_the_first_that_does_not_hold_ends_it_at_once() -> None:
    step = Step(RuleOutcome(True), RuleOutcome(False, "5 is not below 1"))
    with pytest.raises(Failed, match="the check up does not hold: 5 is not below 1 at 20 % of the traffic"):
        await step.seen_through()
    assert step.clock.at == NOW + 120


async def test_all_checks_are_asked_and_one_that_cannot_be_judged_is_no_better_than_one_that_does_not_hold() -> None:
    step = Step(RuleOutcome(True), RuleOutcome(False, "no answer", ErrorCode.SYSTEM_UNAVAILABLE), checks=2)
    with pytest.raises(Failed, match="the check up can't be judged: no answer at 20 % of the traffic"):
        await step.seen_through()
    assert step.clock.at == NOW + 60


async def test_what_is_not_decided_is_asked_again_in_the_same_look() -> None:
    """As it says, and by the time at which the look has begun; the minute until the next counts from its end."""
    step = Step(RuleOutcome(None, until=NOW + 75), RuleOutcome(None, until=NOW + 90))
    assert await step.seen_through() == [60, 75, 90, 150, 210]
    assert [look[1:] for look in step.rule.looks] == [
        *[(60, "go-1-0-up")] * 3,
        (150, "go-1-1-up"),
        (210, "go-1-up"),
    ]


async def test_a_look_that_is_not_decided_when_the_step_is_over_gives_way_to_the_last_one() -> None:
    step = Step(RuleOutcome(True), RuleOutcome(True), RuleOutcome(None, until=NOW + 900))
    assert await step.seen_through() == [60, 120, 180, 210]
    assert step.rule.abandoned == ["go-1-2-up"]
    assert step.rule.looks[-1] == (210, 210, "go-1-up")
