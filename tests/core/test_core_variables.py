"""References in the core: resolved when their action begins, and fixed from then on. Rule ids: codepipeline reference, section 6."""

import pytest

from bot.core.variables import RESOLVED_LIMIT, source_variables
from bot.model.error import ErrorCode
from bot.model.pipeline import Action, Approve, Deploy, RetryMode, Run
from bot.model.repository import Ref, RefKind
from bot.model.revision import Revision
from tests.core.lane import Lane, pipeline, run, stage


def lane_using(*actions: Action, retry: RetryMode | None = None) -> Lane:
    producer = Action("make", Run(("true",)), namespace="pkg")
    return Lane(pipeline(stage("build", producer), stage("prod", *actions, retry=retry)))


def test_var_5_values_are_those_of_the_moment_before_the_action_begins() -> None:
    lane = lane_using(Action("ship", Deploy({"app": {"file": "#{pkg.FILE}"}}), env={"V": "#{pkg.V}#{pkg.V}"}))
    lane.start()
    lane.finish("e1", "make", outputs={"FILE": "a.zip", "V": "1", "UNUSED": "x"})
    assert lane["e1"].current.action("ship").resolved == {"#{pkg.FILE}": "a.zip", "#{pkg.V}": "1"}
    assert lane.started == ["e1/prod/ship/1"]


def test_var_6_a_value_is_not_looked_through_again() -> None:
    lane = lane_using(Action("ship", Run(("echo #{pkg.V}",))))
    lane.start()
    lane.finish("e1", "make", outputs={"V": "#{variables.NONE}"})
    assert lane["e1"].current.action("ship").resolved == {"#{pkg.V}": "#{variables.NONE}"}


@pytest.mark.parametrize("work", [Run(("echo #{pkg.V}",)), Approve(message="#{pkg.V}?")], ids=["run", "approval"])
def test_var_5_an_unresolvable_reference_fails_its_action_with_a_configuration_error(work: Run | Approve) -> None:
    """STG-5."""
    lane = lane_using(Action("ship", work), run("beside"))
    lane.start()
    lane.finish("e1", "make", outputs={"W": "1"})
    ship = lane["e1"].current.action("ship")
    assert (str(ship.status), ship.error) == ("Failed", ErrorCode.CONFIGURATION)
    assert ship.summary == "#{pkg.V} has no value: pkg has W"
    assert lane.started == ["e1/prod/beside/1"], "the rest of its group runs"
    lane.finish("e1", "beside")
    assert lane.status("e1") == "Failed"


def test_var_5_a_stage_of_which_nothing_can_begin_has_failed_and_is_free() -> None:
    lane = lane_using(Action("ship", Run(("#{pkg.V}",))), retry=RetryMode.FAILED_ACTIONS)
    lane.start()
    lane.finish("e1", "make")
    assert lane.status("e1") == "Failed"
    assert lane["e1"].current.action("ship").attempt == 2, "RET-11: the one automatic retry came to the same"
    lane.start()
    lane.finish("e2", "make", outputs={"V": "1"})
    assert lane.where("e2") == "in prod"


def test_var_7_the_resolved_configuration_has_a_limit() -> None:
    lane = lane_using(Action("ship", Run(("#{pkg.V}#{pkg.V}",))))
    lane.start()
    lane.finish("e1", "make", outputs={"V": "x" * (RESOLVED_LIMIT // 2 + 1)})
    assert lane["e1"].current.action("ship").error is ErrorCode.CONFIGURATION
    assert "larger than 102400 bytes" in lane["e1"].summary


def test_section_4_1_a_commit_message_is_cut_at_its_limit_and_never_inside_a_character() -> None:
    revision = Revision("c", Ref(RefKind.BRANCH, "main"), message="é" * 60_000)
    message = source_variables("acme/web", revision)["CommitMessage"]
    assert len(message.encode()) == 102_400
    assert set(message) == {"é"}
