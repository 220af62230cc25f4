"""What people and programs look at: a lane stage by stage, and what actions and rules came to, attempt by attempt (section 19.5)."""

from typing import Any

from bot.core.events import StartRequested
from bot.core.lane_view import LaneView, mentioned, view
from bot.core.records import action_records, rule_records
from bot.model.pipeline import Condition, ConditionResult, Mode, Rule, Stage
from tests.core.lane import Lane, approve, pipeline, run, stage


def two_stages(**how: Any) -> Lane:
    return Lane(pipeline(stage("build"), stage("prod"), **how))


def seen(lane: Lane) -> LaneView:
    """The lane's view, as the store would find what it mentions."""
    everybody = {**lane.ended, **lane.state.executions}
    pipelines = {event.pipeline.digest: event.pipeline for event in lane.events if isinstance(event, StartRequested)}
    known = {name: (each, pipelines[each.definition]) for name, each in everybody.items()}
    assert mentioned(lane.state) <= set(known)
    newest = max(known.values(), key=lambda one: one[0].number)
    return view(lane.state, newest, known)


def stages(lane: Lane) -> dict[str, tuple[str, list[str]]]:
    """By stage: the execution that entered last, and who waits."""
    return {
        state.stage.name: (state.latest.id if state.latest else "", [each.id for each in state.inbound])
        for state in seen(lane).stages
    }


def test_each_stage_shows_the_execution_that_entered_it_last_also_when_it_has_ended() -> None:
    lane = two_stages()
    lane.start()
    lane.finish("e1")
    lane.finish("e1")
    lane.start()
    assert stages(lane) == {"build": ("e2", []), "prod": ("e1", [])}
    assert [state.run and state.run.status for state in seen(lane).stages] == ["InProgress", "Succeeded"]


def test_inb_2_que_2_whoever_waits_is_in_the_view_in_the_order_of_entering() -> None:
    lane = two_stages(mode=Mode.QUEUED)
    for name in ("e1", "e2", "e3"):
        lane.start()
        lane.finish(name)
    assert stages(lane) == {"build": ("e3", []), "prod": ("e1", ["e2", "e3"])}
    assert [each.id for each in seen(lane).live] == ["e3", "e2", "e1"]


def test_trn_2_a_held_transition_says_who_when_and_why() -> None:
    lane = two_stages()
    lane.start()
    lane.hold("prod", "Friday")
    lane.finish("e1")
    (_, prod) = seen(lane).stages
    assert prod.hold is not None
    assert (prod.hold.by.login, prod.hold.reason, [each.id for each in prod.inbound]) == ("ben", "Friday", ["e1"])
    lane.release("prod")
    (_, prod) = seen(lane).stages
    assert (prod.hold, prod.inbound) == (None, ())


def test_par_2_in_parallel_mode_stages_have_no_state() -> None:
    lane = two_stages(mode=Mode.PARALLEL)
    lane.start()
    lane.start()
    assert seen(lane).stateless
    assert stages(lane) == {"build": ("", []), "prod": ("", [])}
    assert [each.id for each in seen(lane).live] == ["e2", "e1"]


def test_ver_6_what_ran_in_parallel_mode_left_no_state_behind() -> None:
    lane = two_stages(mode=Mode.PARALLEL)
    lane.start()
    lane.finish("e1")
    lane.finish("e1")
    lane.start(pipeline=pipeline(stage("build"), stage("prod"), digest="d2"))
    assert not seen(lane).stateless
    assert stages(lane) == {"build": ("e2", []), "prod": ("", [])}


def test_a_stage_that_a_newer_definition_has_not_is_not_shown() -> None:
    lane = two_stages()
    lane.start()
    lane.finish("e1")
    lane.finish("e1")
    lane.start(pipeline=pipeline(stage("prod"), stage("after"), digest="d2"))
    assert stages(lane) == {"prod": ("e2", []), "after": ("", [])}


def test_ret_1_every_attempt_at_every_action_is_listed_newest_first() -> None:
    lane = Lane(pipeline(stage("build", run("a"), run("b", 2)), stage("prod", approve("go"))))
    lane.start()
    lane.finish("e1", "a", ok=False, summary="exit status 1")
    lane.retry()
    lane.finish("e1", "a")
    found = action_records(lane["e1"])
    assert [(one.key, str(one.run.status), one.latest) for one in found] == [
        ("e1/build/b/1", "InProgress", True),
        ("e1/build/a/2", "Succeeded", True),
        ("e1/build/a/1", "Failed", False),
    ]


def test_rul_8_every_evaluation_of_every_rule_is_listed_newest_first() -> None:
    entry = Condition(ConditionResult.FAIL, (Rule("fresh", "check", {"expression": "true"}),))
    lane = Lane(pipeline(Stage("prod", (run("work"),), before_entry=entry)))
    lane.start()
    lane.judge("e1", "fresh", ok=False, summary="too old")
    lane.retry()
    found = rule_records(lane["e1"])
    assert [(one.key, str(one.run.status), one.run.summary, one.latest) for one in found] == [
        ("e1/prod/before_entry:fresh/2", "InProgress", "", True),
        ("e1/prod/before_entry:fresh/1", "Failed", "too old", False),
    ]
