"""Lanes whose stages have conditions, as the tests of these begin."""

from typing import Any

from bot.model.condition import ConditionKind
from bot.model.pipeline import Condition, ConditionResult, Rule, Stage
from tests.core.lane import Lane, pipeline, run, stage

ENTRY, SUCCESS, FAILURE = ConditionKind.BEFORE_ENTRY, ConditionKind.ON_SUCCESS, ConditionKind.ON_FAILURE


def asks(result: str, *rules: str, **how: Any) -> Condition:
    made = tuple(Rule(name, "check", {"expression": "true"}, **how) for name in rules or ("good",))
    return Condition(ConditionResult(result), made)


def guarded(result: str = "fail", *rules: str, **conditions: Any) -> Lane:
    """`build -> prod`, in which prod has an entry condition unless others are given."""
    conditions = conditions or {"before_entry": asks(result, *rules)}
    return Lane(pipeline(stage("build"), Stage("prod", (run("work"),), **conditions)))


def at_the_door(lane: Lane) -> Lane:
    lane.start()
    lane.finish("e1")
    return lane


def with_a_success(**conditions: Any) -> Lane:
    """e1 has succeeded in prod, e2 is in it."""
    lane = guarded(**conditions)
    for name in ("e1", "e2"):
        lane.start()
        lane.finish(name)
        if name == "e1":
            lane.finish(name)
            if "on_success" in conditions:
                lane.judge(name, "good")
    assert (lane.status("e1"), lane.where("e2")) == ("Succeeded", "in prod")
    return lane
