"""What an execution of a change from outside never enters: a table of stages, by what is in them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import pytest

from bot.core.draft import Decision
from bot.core.effects import ClaimEnvironment
from bot.core.outside import withheld
from bot.model.condition import ConditionKind
from bot.model.execution import Execution, LaneKey, Trigger, TriggerKind
from bot.model.pipeline import (
    Action,
    Approve,
    Build,
    Condition,
    ConditionResult,
    Deploy,
    Invoke,
    Mode,
    RetryMode,
    Rule,
    Run,
    SourceWork,
    Stage,
    Use,
    Work,
)
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from bot.model.source import GitSource
from tests.core.lane import REPOSITORY, Lane, approve, pipeline, run

REF = Ref(RefKind.PULL_REQUEST, "1")
OUTSIDE = Execution(
    "e1",
    1,
    LaneKey(REPOSITORY, "web", REF),
    "d1",
    Revision("c" * 40, REF),
    Trigger(TriggerKind.PULL_REQUEST),
    (),
    0.0,
    outside=True,
)

TABLE: list[tuple[Work, bool]] = [
    (Run(("true",)), False),
    (Build("build", "buildspec.yml"), False),
    (Build("test", "buildspec.yml"), False),
    (Deploy("appspec.yml"), True),
    (Approve(), True),
    (Invoke("gate"), True),
    (SourceWork(GitSource("acme/docs")), True),
    (Use("plug-in"), True),
]


@pytest.mark.parametrize(("work", "kept"), TABLE, ids=[work.kind for work, _ in TABLE])
def test_a_stage_is_withheld_as_a_whole_when_one_action_is_more_than_a_build(work: Work, kept: bool) -> None:
    stage = Stage("prod", (Action("first", Run(("true",))), Action("second", work, run_order=2)))
    assert bool(withheld(OUTSIDE, stage)) is kept
    assert withheld(replace(OUTSIDE, outside=False), stage) == ""


def test_a_stage_with_an_environment_is_withheld_whatever_it_does() -> None:
    assert withheld(OUTSIDE, Stage("prod", (Action("run", Run(("true",))),), environment="production"))


GUARDED: Mapping[ConditionKind, Callable[[Stage, Condition], Stage]] = {
    ConditionKind.BEFORE_ENTRY: lambda stage, condition: replace(stage, before_entry=condition),
    ConditionKind.ON_SUCCESS: lambda stage, condition: replace(stage, on_success=condition),
    ConditionKind.ON_FAILURE: lambda stage, condition: replace(stage, on_failure=condition),
}


@pytest.mark.parametrize("when", list(ConditionKind))
@pytest.mark.parametrize(
    ("kind", "kept"), [("window", False), ("check", False), ("run", False), ("invoke", True), ("metric", True)]
)
def test_a_stage_is_withheld_where_a_rule_of_any_of_its_conditions_asks_somebody_else(
    kind: Literal["window", "check", "run", "invoke", "metric"], kept: bool, when: ConditionKind
) -> None:
    """Endpoints and metrics are asked in the operator's name, about what a stranger has made."""
    rules = (Rule("hours", "window", {}), Rule("asked", kind, {}))
    stage = GUARDED[when](Stage("build", (Action("run", Run(("true",))),)), Condition(ConditionResult.FAIL, rules))
    assert bool(withheld(OUTSIDE, stage)) is kept
    assert withheld(replace(OUTSIDE, outside=False), stage) == ""


BUILD_AND_PROD = pipeline(Stage("build", (run("work"),)), Stage("prod", (run("ship"),), environment="production"))


@pytest.mark.parametrize("mode", list(Mode))
def test_no_order_of_a_persons_gets_it_past_what_is_withheld(mode: Mode) -> None:
    lane = Lane(replace(BUILD_AND_PROD, mode=mode), REF)
    outside = lane.start(outside=True)
    lane.finish(outside)
    assert lane.status(outside) == "Stopped"
    orders: list[Callable[[], Decision]] = [
        lambda: lane.retry(RetryMode.ALL_ACTIONS, stage="prod"),
        lambda: lane.retry(execution=outside),
        lambda: lane.override("prod", execution=outside),
        lambda: lane.hold("prod"),
        lambda: lane.release("prod"),
        lambda: lane.roll_back("prod", outside),
    ]
    for order in orders:
        order()
        assert lane.started == []
        assert not [effect for effect in lane.orders if isinstance(effect, ClaimEnvironment)]
    assert lane.status(outside) == "Stopped"
    assert lane[outside].stage_run("prod").status == "NotStarted"


def test_what_is_withheld_stands_in_nobodys_way() -> None:
    """Whoever comes behind it in the same lane, and may, goes on as if it had not been there."""
    lane = Lane(pipeline(Stage("build", (run("work"),)), Stage("prod", (run("work"), approve("go", 2)))), REF)
    outside = lane.start(outside=True)
    lane.finish(outside)
    assert lane.status(outside) == "Stopped"
    inside = lane.start(outside=False)
    lane.finish(inside)
    assert lane.where(inside) == "in prod"


def test_a_rollback_to_what_came_from_outside_comes_from_outside() -> None:
    lane = Lane(pipeline(Stage("build", (run("work"),))), REF)
    outside = lane.start(outside=True)
    lane.finish(outside)
    lane.roll_back("build", outside)
    assert lane["e2"].outside
    assert not lane["e2"].trusted
