"""What no retention may remove (ART-10)."""

from bot.core.events import RefEnded
from bot.core.retention import indispensable
from bot.core.rollback import default_target, succeeded
from bot.model.execution import Execution
from bot.model.rollback import ExecutionType
from tests.core.lane import Lane, pipeline
from tests.core.test_core_rollback import reach_prod, succeed, three


def kept(lane: Lane, *, over: bool = False) -> list[str]:
    known: dict[str, Execution] = {**lane.ended, **lane.state.executions}
    newest = sorted(known.values(), key=lambda each: each.number, reverse=True)
    targets = {each.rollback.target for each in newest if each.rollback is not None}
    for stage, slot in () if over else lane.state.slots.items():  # as the store finds them
        standard = [each for each in newest if each.type is ExecutionType.STANDARD and succeeded(each, stage)]
        latest = known.get(slot.latest)
        targets |= {each.id for each in (*standard[:1], default_target(latest, standard, stage)) if each is not None}
    return sorted(indispensable(lane.state, newest, targets, over=over))


def test_art_10_what_a_rollback_would_go_to_is_indispensable() -> None:
    """The last success; and, for a rollback by hand, the one before it."""
    lane = three(on_failure=None)
    for _ in range(4):
        succeed(lane)
    assert kept(lane) == ["e3", "e4"]


def test_what_failed_and_may_be_retried_stays_with_what_is_in_force_elsewhere() -> None:
    lane = three(on_failure=None)
    for _ in range(3):
        succeed(lane)
    lane.finish(reach_prod(lane), ok=False)
    assert lane.status("e4") == "Failed"
    assert kept(lane) == ["e2", "e3", "e4"], "build would go back to the one before, prod to the last success"


def test_what_a_rollback_brought_back_stays_with_it() -> None:
    lane = three(on_failure=None)
    for _ in range(4):
        succeed(lane)
    lane.roll_back("prod", "e1")
    lane.finish("e5")
    assert lane.status("e5") == "Succeeded"
    assert kept(lane) == ["e1", "e3", "e4", "e5"]


def test_the_newest_stays_whatever_became_of_it_since_numbers_go_on_from_it() -> None:
    lane = Lane(pipeline(*three().pipeline.stages))
    name = lane.start()
    lane.stop(execution=name, abandon=True)
    assert lane.status(name) in ("Stopped", "Stopping")
    assert name in kept(lane)


def test_a_lane_without_executions_keeps_nothing() -> None:
    assert kept(Lane(pipeline(*three().pipeline.stages))) == []


def test_where_the_ref_is_no_more_only_what_is_live_or_was_brought_back_stays() -> None:
    lane = three(on_failure=None)
    for _ in range(4):
        succeed(lane)
    lane.roll_back("prod", "e1")
    lane.finish("e5")
    lane.finish(reach_prod(lane), ok=False)
    running = lane.start()
    assert kept(lane, over=True) == ["e1", "e6", running]

    lane.tell(RefEnded(lane._id(), lane.now))
    assert kept(lane, over=True) == ["e1", running], "what failed is retried no more, what runs goes on"
    assert lane.status("e6") == "Failed"
