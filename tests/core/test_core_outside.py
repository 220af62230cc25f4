"""What an execution of a change from outside never enters but passes over: a table of stages, by what is in them."""

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
    (Invoke({"function": "gate"}), True),
    (SourceWork(GitSource("acme/docs")), True),
    (Use("plug-in"), True),
]


@pytest.mark.parametrize(("work", "kept"), TABLE, ids=[work.kind for work, _ in TABLE])
def test_a_stage_is_withheld_as_a_whole_when_one_action_is_more_than_a_build(work: Work, kept: bool) -> None:
    stage = Stage("prod", (Action("first", Run(("true",))), Action("second", work, run_order=2)))
    assert bool(withheld(OUTSIDE, pipeline(stage))) is kept
    assert withheld(replace(OUTSIDE, outside=False), pipeline(stage)) == ""


def test_a_stage_with_an_environment_is_withheld_whatever_it_does() -> None:
    assert withheld(OUTSIDE, pipeline(Stage("prod", (run("run"),), environment="production")))


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
    assert bool(withheld(OUTSIDE, pipeline(stage))) is kept
    assert withheld(replace(OUTSIDE, outside=False), pipeline(stage)) == ""


def guarded(kind: Literal["check", "run"], configuration: Mapping[str, object]) -> Stage:
    rules = (Rule("asked", kind, configuration),)
    return Stage("next", (run("work"),), on_failure=Condition(ConditionResult.FAIL, rules))


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
    assert lane[outside].stage_run("prod").status == "Withheld"


SHIP = Stage("ship", (replace(run("pack"), outputs={"dist": ("**",)}, namespace="pkg"), approve("go", 2)))
AFTER: list[tuple[str, Stage, str]] = [
    ("nothing of it", Stage("next", (run("work"),)), ""),
    ("the commit", Stage("next", (replace(run("work"), inputs=("source",)),)), ""),
    (
        "an artifact",
        Stage("next", (replace(run("work"), inputs=("source", "dist")),)),
        "it takes dist of ship, which is withheld",
    ),
    (
        "a variable",
        Stage("next", (replace(run("work"), env={"V": "#{pkg.VERSION}"}),)),
        "it takes pkg of ship, which is withheld",
    ),
    (
        "another's variable, and the word",
        Stage("next", (replace(run("work"), env={"V": "pkg #{source.BranchName}"}),)),
        "",
    ),
    (
        "a rule's variable",
        guarded("run", {"commands": ["test #{pkg.VERSION}"]}),
        "it takes pkg of ship, which is withheld",
    ),
    ("a rule's word", guarded("run", {"commands": ["test pkg"]}), ""),
    ("a check", guarded("check", {"expression": "variables.N-pkg.N > 0"}), "it takes pkg of ship, which is withheld"),
    ("another check", guarded("check", {"expression": "variables.pkgs == ''"}), ""),
]


@pytest.mark.parametrize(("stage", "why"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER])
def test_what_takes_something_of_a_withheld_stage_is_withheld_with_it(stage: Stage, why: str) -> None:
    """An artifact, or an output variable. What takes nothing of it goes on."""
    lane = Lane(pipeline(SHIP, stage, Stage("last", (run("work"),))), REF)
    outside = lane.start(outside=True)
    assert lane[outside].stage_run("ship").status == "Withheld"
    assert lane[outside].stage_run("next").withheld == why
    while lane.status(outside) == "InProgress":
        lane.finish(outside)
    assert [run.status for run in lane[outside].stages] == ["Withheld", "Withheld" if why else "Succeeded", "Succeeded"]
    assert lane[outside].summary == (
        "1 of 3 stages done, 2 withheld from a change from outside: ship, next"
        if why
        else "2 of 3 stages done, 1 withheld from a change from outside: ship"
    )


def test_what_takes_of_what_takes_is_withheld_too() -> None:
    pack = Stage("pack", (replace(run("work"), inputs=("dist",), outputs={"image": ("**",)}),))
    lane = Lane(pipeline(SHIP, pack, Stage("scan", (replace(run("work"), inputs=("image",)),))), REF)
    outside = lane.start(outside=True)
    assert lane[outside].stage_run("scan").withheld == "it takes image of pack, which is withheld"
    assert (lane.status(outside), lane.started) == ("Stopped", [])
    assert lane[outside].in_part


@pytest.mark.parametrize("mode", list(Mode))
def test_a_failure_behind_what_was_passed_over_is_a_failure_and_can_be_retried(mode: Mode) -> None:
    lane = Lane(replace(pipeline(SHIP, Stage("test", (run("work"),))), mode=mode), REF)
    outside = lane.start(outside=True)
    lane.finish(outside, ok=False)
    assert lane.status(outside) == "Failed"
    lane.retry()
    lane.finish(outside)
    assert lane.status(outside) == "Stopped"
    assert lane[outside].in_part


def test_what_is_withheld_stands_in_nobodys_way() -> None:
    """Whoever comes behind it in the same lane, and may, goes on as if it had not been there."""
    lane = Lane(pipeline(Stage("build", (run("work"),)), Stage("prod", (run("work"), approve("go", 2)))), REF)
    outside = lane.start(outside=True)
    lane.finish(outside)
    assert lane.status(outside) == "Stopped"
    assert lane.state.slots.get("prod") is None
    inside = lane.start(outside=False)
    lane.finish(inside)
    assert lane.where(inside) == "in prod"


def test_a_held_stage_is_passed_over_when_it_is_withheld() -> None:
    lane = Lane(pipeline(Stage("prod", (approve("go"),)), Stage("test", (run("work"),))), REF)
    lane.hold("prod")
    outside = lane.start(outside=True)
    assert lane.where(outside) == "in test"


def test_a_rollback_to_what_came_from_outside_comes_from_outside() -> None:
    lane = Lane(pipeline(Stage("build", (run("work"),))), REF)
    outside = lane.start(outside=True)
    lane.finish(outside)
    lane.roll_back("build", outside)
    assert lane["e2"].outside
    assert not lane["e2"].may_have_secrets
