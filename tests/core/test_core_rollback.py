"""Rolling back (section 15), by hand and by itself. Rule ids are the codepipeline reference's."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.effects import StartRollback
from bot.core.events import Candidate
from bot.core.refusal import RefusalReason
from bot.core.variables import namespaces
from bot.model.artifact import Artifact
from bot.model.execution import StageStatus, TriggerKind
from bot.model.pipeline import Condition, ConditionResult, Mode, Outdated, Rule, Stage, Variable
from bot.model.rollback import ExecutionType
from tests.core.lane import BEN, Lane, approve, pipeline, run, stage

BACK = Condition(ConditionResult.ROLLBACK)
NEVER = Condition(ConditionResult.FAIL, (Rule("never", "check", {"expression": "false"}),))


def three(on_failure: Condition | None = BACK, **how: Any) -> Lane:
    build = Stage("build", (replace(run("work"), namespace="pkg"),))
    prod = Stage("prod", (run("work"),), on_failure=on_failure)
    return Lane(pipeline(build, prod, stage("end"), variables={"REGION": Variable("here")}, **how))


def succeed(lane: Lane, **how: Any) -> str:
    """A whole execution, whose build tells a version."""
    name = lane.start(**how)
    lane.finish(name, outputs={"VERSION": name}, artifacts={"dist": Artifact("space", "dist", 1, 1, 1)})
    lane.finish(name, artifacts={"receipt": Artifact("space", "receipt", 1, 1, 1)})
    lane.finish(name)
    assert lane.status(name) == "Succeeded"
    return name


def reach_prod(lane: Lane) -> str:
    name = lane.start()
    lane.finish(name)
    return name


def test_rbk_1_rbk_2_by_hand_it_runs_only_that_stage_with_what_the_target_had() -> None:
    """VAR-14: with its variables, too."""
    lane = three()
    succeed(lane, variables={"REGION": "there"}, may_have_secrets=True, may_keep_cache=True)
    succeed(lane)
    lane.roll_back("prod", "e1")
    rollback = lane["e3"]
    assert (rollback.type, rollback.trigger.kind, rollback.trigger.by) == (
        ExecutionType.ROLLBACK,
        TriggerKind.MANUAL_ROLLBACK,
        BEN,
    )
    assert rollback.rollback is not None
    assert (rollback.rollback.target, rollback.rollback.target_number) == ("e1", 1)
    assert rollback.revision == lane["e1"].revision
    assert (rollback.may_have_secrets, rollback.may_keep_cache) == (True, True)
    assert rollback.variables == {"REGION": "there"}
    assert namespaces(lane.pipeline, rollback)["pkg"] == {"VERSION": "e1"}
    assert list(rollback.rollback.artifacts) == ["dist"], "what its own stage has made is made anew"
    assert lane.started == ["e3/prod/work/1"]
    lane.finish("e3")
    assert lane.status("e3") == "Succeeded"
    assert lane.stages("e3") == [StageStatus.NOT_STARTED, StageStatus.SUCCEEDED, StageStatus.NOT_STARTED]
    assert lane.state.slots["prod"].last_success == "e2", "RBK-3: a rollback is nothing to roll back to"


def test_rbk_5_rbk_6_by_itself_after_a_failure() -> None:
    lane = three()
    succeed(lane)
    failing = reach_prod(lane)
    waiting = reach_prod(lane)
    lane.finish(failing, ok=False)
    assert lane.where(waiting) == "waits for prod", "the stage is kept for the rollback"
    lane.roll_back_as_ordered("e1")
    assert lane["e4"].type is ExecutionType.ROLLBACK
    assert lane["e4"].rollback is not None
    assert (lane["e4"].rollback.cause, lane["e4"].rollback.cause_number) == ("e2", 2)
    assert (lane["e2"].rolled_back_by, lane["e2"].rolled_back_by_number) == ("e4", 4)
    assert (lane.status(failing), lane.where(waiting), lane.where("e4")) == ("Failed", "waits for prod", "in prod")
    lane.finish("e4")
    assert (lane.status("e4"), lane.where(waiting)) == ("Succeeded", "in prod")


def test_rbk_5_when_the_store_knows_no_target_the_failure_stands_and_the_next_enters() -> None:
    lane = three()
    succeed(lane)
    failing, waiting = reach_prod(lane), reach_prod(lane)
    lane.finish(failing, ok=False)
    lane.roll_back_as_ordered()
    assert (lane.status(failing), lane.where(waiting)) == ("Failed", "in prod")
    assert not lane.state.slots["prod"].rolling_back


def test_par_3_in_parallel_mode_nothing_is_rolled_back_by_itself() -> None:
    """Nobody could say what is there: the file is refused, but its mode may have changed since it began."""
    lane = three(mode=Mode.PARALLEL)
    succeed(lane)
    lane.finish(reach_prod(lane), ok=False)
    assert lane.status("e2") == "Failed"
    assert not [effect for effect in lane.orders if isinstance(effect, StartRollback)]


def test_rbk_7_it_takes_the_stage_also_when_it_is_held() -> None:
    lane = three()
    succeed(lane)
    lane.hold("prod")
    waiting = reach_prod(lane)
    lane.roll_back("prod", "e1")
    assert (lane.where(waiting), lane.where("e3")) == ("waits for prod", "in prod")
    assert lane.state.slots["prod"].occupant == "e3"
    lane.finish("e3")
    assert lane.where(waiting) == "waits for prod"
    lane.release("prod")
    assert lane.where(waiting) == "in prod"


def test_rbk_8_c12_its_failure_rolls_nothing_back_and_no_condition_is_judged() -> None:
    prod = Stage("prod", (run("work"),), before_entry=NEVER, on_success=NEVER, on_failure=BACK)
    lane = Lane(pipeline(stage("build"), prod))
    lane.start()
    lane.finish("e1")
    lane.override("prod")
    lane.finish("e1")
    lane.override("prod")
    assert lane.status("e1") == "Succeeded"
    lane.roll_back("prod", "e1")
    assert (lane.evaluated, lane.started) == ([], ["e2/prod/work/1"])
    lane.finish("e2", ok=False)
    assert (lane.status("e2"), lane.orders) == ("Failed", [])


def test_rbk_9_a_failed_rollback_can_be_retried() -> None:
    lane = three()
    succeed(lane)
    lane.roll_back("prod", "e1")
    lane.finish("e2", ok=False)
    lane.retry()
    assert lane.started == ["e2/prod/work/2"]
    lane.finish("e2")
    assert lane.status("e2") == "Succeeded"


def test_rbk_10_the_next_execution_runs_as_ever() -> None:
    lane = three()
    succeed(lane)
    lane.roll_back("prod", "e1")
    lane.finish("e2")
    succeed(lane)
    assert lane.state.slots["prod"].last_success == "e3"


def test_the_execution_that_it_replaces_cannot_be_retried_any_more() -> None:
    lane = three()
    succeed(lane)
    reach_prod(lane)
    lane.finish("e2", ok=False)
    lane.roll_back_as_ordered("e1")
    lane.retry(execution="e2")
    assert lane.last.refusal is not None


def test_a_retry_is_refused_while_the_rollback_is_on_its_way() -> None:
    lane = three()
    succeed(lane)
    reach_prod(lane)
    lane.finish("e2", ok=False)
    lane.retry()
    assert lane.last.refusal is not None
    assert lane.last.refusal.reason is RefusalReason.ROLLING_BACK


def test_a_rollback_that_was_told_twice_begins_once() -> None:
    lane = three()
    succeed(lane)
    lane.roll_back("prod", "e1")
    before = lane.state
    lane.tell(lane.events[-1])
    assert lane.state.executions == before.executions
    assert lane.last.refusal is None


def test_an_approval_of_a_rollback_is_not_bound_to_the_newest_commit() -> None:
    lane = Lane(pipeline(stage("build"), stage("prod", approve("go"), run("work", 2))))
    lane.start()
    lane.finish("e1")
    lane.answer()
    lane.finish("e1")
    lane.roll_back("prod", "e1")
    lane.answer(head="f" * 40)
    assert lane.last.refusal is None
    assert lane.started == ["e2/prod/work/1"]


def test_a_newer_revision_does_not_stop_a_rollback() -> None:
    lane = three(on_failure=None, outdated=Outdated.STOP)
    succeed(lane)
    lane.roll_back("prod", "e1")
    lane.start()
    lane.start()
    assert [lane.where(e) for e in ("e2", "e3", "e4")] == ["in prod", "Superseded", "in build"]


class TestRefused:
    """RBK-3, RBK-4: with the candidates in words."""

    def reason(self, lane: Lane) -> RefusalReason:
        assert lane.last.refusal is not None
        assert lane.last.refusal.details["stage"] == "prod"
        return lane.last.refusal.reason

    def test_stage_is_running(self) -> None:
        lane = three()
        succeed(lane)
        reach_prod(lane)
        lane.roll_back("prod", "e1")
        assert self.reason(lane) is RefusalReason.STAGE_RUNNING

    def test_no_such_execution(self) -> None:
        lane = three()
        succeed(lane)
        lane.roll_back("prod", asked="77", candidates=(Candidate(1, "a" * 40),))
        assert self.reason(lane) is RefusalReason.ROLLBACK_UNKNOWN
        assert lane.last.refusal is not None
        assert lane.last.refusal.details["candidates"] == "1 (aaaaaaa)"

    def test_nothing_has_succeeded(self) -> None:
        lane = three()
        lane.roll_back("prod")
        assert self.reason(lane) is RefusalReason.ROLLBACK_NOWHERE

    def test_it_is_a_rollback_itself(self) -> None:
        lane = three()
        succeed(lane)
        lane.roll_back("prod", "e1")
        lane.finish("e2")
        lane.roll_back("prod", "e2")
        assert self.reason(lane) is RefusalReason.ROLLBACK_TO_ROLLBACK

    def test_it_ran_an_older_definition(self) -> None:
        lane = three()
        succeed(lane)
        lane.roll_back("prod", "e1", current="d2")
        assert self.reason(lane) is RefusalReason.ROLLBACK_OUTDATED

    def test_the_stage_was_skipped(self) -> None:
        prod = Stage("prod", (run("work"),), before_entry=replace(NEVER, result=ConditionResult.SKIP))
        lane = Lane(pipeline(stage("build"), prod))
        lane.start()
        lane.finish("e1")
        lane.judge("e1", "never", ok=False)
        lane.roll_back("prod", "e1")
        assert self.reason(lane) is RefusalReason.ROLLBACK_SKIPPED

    def test_the_stage_failed(self) -> None:
        lane = three()
        reach_prod(lane)
        lane.finish("e1", ok=False)
        lane.roll_back("prod", "e1")
        assert self.reason(lane) is RefusalReason.ROLLBACK_UNSUCCESSFUL

    @pytest.mark.parametrize("mode", [Mode.PARALLEL])
    def test_par_3_in_parallel_mode(self, mode: Mode) -> None:
        lane = three(on_failure=None, mode=mode)
        succeed(lane)
        lane.roll_back("prod", "e1")
        assert self.reason(lane) is RefusalReason.ROLLBACK_PARALLEL
