"""Which notifications a decision orders (section 19.2): by event, for each target once, and not of everybody's executions."""

import pytest

from bot.core.effects import Notify
from bot.core.events import OwnersFound
from bot.model.approval import Verdict
from bot.model.notification import USUAL, NotificationRule
from bot.model.notification import NotificationEvent as Event
from bot.model.owners import Owners
from bot.model.pipeline import Mode, RetryMode
from bot.model.repository import Ref, RefKind
from tests.core.lane import Lane, approve, pipeline, run, stage

EVERYTHING = NotificationRule(("all",), tuple(Event))
PULL_REQUEST = Ref(RefKind.PULL_REQUEST, "7")


def lane(*stages: object, rules: tuple[NotificationRule, ...] = (EVERYTHING,), **how: object) -> Lane:
    ref = how.pop("ref", Ref(RefKind.BRANCH, "main"))
    return Lane(pipeline(*stages, notify=rules, **how), ref=ref)  # type: ignore[arg-type]


def told(of: Lane) -> list[str]:
    """What the last decision tells whom, short."""
    return [
        f"{each.target}: {each.event} {each.stage}/{each.action}/{each.attempt}"
        for each in of.last.effects
        if isinstance(each, Notify)
    ]


def events(of: Lane) -> list[str]:
    return [each.event.value for each in of.last.effects if isinstance(each, Notify)]


def test_evt_2_a_run_tells_its_events_in_order() -> None:
    one = lane(stage("build"), stage("prod"))
    one.start()
    assert told(one) == [
        "all: pipeline-execution-started //1",
        "all: stage-execution-started build//1",
        "all: action-execution-started build/work/1",
    ]
    one.finish("e1")
    assert events(one) == [
        "action-execution-succeeded",
        "stage-execution-succeeded",
        "stage-execution-started",
        "action-execution-started",
    ]
    one.finish("e1")
    assert events(one) == [
        "action-execution-succeeded",
        "stage-execution-succeeded",
        "pipeline-execution-succeeded",
        "pipeline-execution-recovered",
    ], "whether it has recovered is for whoever knows the past to see"


def test_ret_8_a_failure_and_its_retry() -> None:
    one = lane(stage("build"))
    one.start()
    one.finish("e1", ok=False)
    assert events(one) == ["action-execution-failed", "stage-execution-failed", "pipeline-execution-failed"]
    one.retry(RetryMode.FAILED_ACTIONS, stage="build")
    assert told(one) == [
        "all: pipeline-execution-resumed //2",
        "all: stage-execution-resumed build//2",
        "all: action-execution-started build/work/2",
    ]


@pytest.mark.parametrize(
    ("verdict", "event"),
    [(Verdict.APPROVED, Event.APPROVAL_SUCCEEDED), (Verdict.REJECTED, Event.APPROVAL_FAILED)],
)
def test_an_approval_asks_and_is_answered(verdict: Verdict, event: Event) -> None:
    one = lane(stage("prod", approve("go")))
    one.start()
    assert events(one)[-2:] == ["action-execution-started", "manual-approval-needed"]
    one.answer(verdict, execution="e1", stage="prod", action="go")
    assert event.value in events(one)


def test_ended_by_others() -> None:
    one = lane(stage("build"), stage("prod"))
    one.start()
    one.finish("e1")
    one.start()
    one.finish("e2")
    one.start()
    one.finish("e3")
    assert [one for one in told(one) if "superseded" in one] == ["all: pipeline-execution-superseded //1"]
    one.stop(execution="e1", abandon=True)
    assert [each for each in events(one) if each.endswith("canceled")] == [
        "action-execution-canceled",
        "stage-execution-canceled",
        "pipeline-execution-canceled",
    ]


def test_each_target_is_told_once_of_what_its_rules_name() -> None:
    rules = (
        NotificationRule(("team", "ops"), (Event.FAILED,)),
        NotificationRule(("team",), (Event.FAILED, Event.STARTED)),
    )
    one = lane(stage("build"), rules=rules, mode=Mode.QUEUED)
    one.start()
    assert told(one) == ["team: pipeline-execution-started //1"]
    one.finish("e1", ok=False)
    assert told(one) == ["team: pipeline-execution-failed //1", "ops: pipeline-execution-failed //1"]
    keys = [each.key for each in one.last.effects if isinstance(each, Notify)]
    assert len(set(keys)) == len(keys)


def test_a_rule_without_events_is_about_what_asks_for_somebody() -> None:
    one = lane(stage("build", run("a"), approve("go", 2)), rules=(NotificationRule(("team",), USUAL),))
    one.start()
    assert events(one) == []
    one.finish("e1", "a")
    assert events(one) == ["manual-approval-needed"]


def test_pull_requests_are_told_of_only_where_the_rule_says_so() -> None:
    quiet = lane(stage("build"), ref=PULL_REQUEST)
    quiet.start()
    assert events(quiet) == []
    loud = lane(stage("build"), ref=PULL_REQUEST, rules=(NotificationRule(("team",), (Event.STARTED,), True),))
    loud.start()
    assert events(loud) == ["pipeline-execution-started"]


def test_of_a_change_from_outside_nobody_is_told() -> None:
    rules = (NotificationRule(("team",), tuple(Event), pull_requests=True),)
    one = lane(stage("build"), ref=PULL_REQUEST, rules=rules)
    one.start(outside=True)
    assert events(one) == []


def test_apr_9_code_owners_are_told_of_when_they_are_known_once() -> None:
    one = lane(stage("prod", approve("go", by=("codeowners",))))
    one.start()
    assert "manual-approval-needed" not in events(one)
    for owners in (Owners(problem="there is no CODEOWNERS"), Owners(looks=2)):
        one.tell(OwnersFound(f"found {owners.looks}", one.now, "e1", "prod", "go", 1, owners))
        assert events(one) == (["manual-approval-needed"] if owners.problem else [])
