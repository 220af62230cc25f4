"""The same as `test_core_properties`, for a pipeline whose stages have environments, of which another lane wants one, too.

A decision looks only at whom it has moved; here everything is looked at anew after each, and must come to the same.
"""

from collections.abc import Iterator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from bot.core.draft import Decision
from bot.core.effects import AnswerClaim, ClaimEnvironment, LeaveEnvironment
from bot.core.environment import decide_environment
from bot.core.events import EnvironmentAnswered, Event
from bot.model.environment import Claimant, EnvironmentKey, EnvironmentState
from bot.model.execution import Execution, LaneKey
from bot.model.pipeline import Mode, Outdated, Pipeline, Stage
from bot.model.repository import Ref, RefKind
from bot.model.waiting import WaitReason
from tests.core.lane import REPOSITORY, Lane, approve, run, stage
from tests.core.test_core_properties import AnyOrder

ENVIRONMENTS = {"test": "shared", "prod": "shared", "smoke": "own"}


def define(mode: Mode, outdated: Outdated | None) -> Pipeline:
    stages = (
        stage("build"),
        Stage("test", (run("a"), run("b")), environment="shared"),
        Stage("prod", (approve("go"), run("work", 2)), environment="shared"),
        Stage("smoke", (run("work"),), environment="own"),
    )
    return Pipeline("web", stages, digest="d1", mode=mode, outdated=outdated)


class Claiming(Lane):
    """A lane beside its environments: what it orders of them is done at once, what they answer waits to be told."""

    def __post_init__(self) -> None:
        super().__post_init__()
        keys = [EnvironmentKey(REPOSITORY, name) for name in ("shared", "own")]
        self.environments = {key: EnvironmentState(key) for key in keys}
        self.answers: dict[str, AnswerClaim] = {}

    def tell(self, event: Event) -> Decision:
        decision = super().tell(event)
        for effect in decision.effects:
            if isinstance(effect, ClaimEnvironment | LeaveEnvironment):
                self.perform(effect)
        return decision

    def perform(self, order: ClaimEnvironment | LeaveEnvironment) -> None:
        decided = decide_environment(self.environments[order.environment], order)
        self.environments[order.environment] = decided.state
        self.answers |= {answer.key: answer for answer in decided.answers if answer.lane == self.state.key}

    def hear(self, answer: AnswerClaim) -> None:
        del self.answers[answer.key]
        told = (answer.execution, answer.ticket, answer.granted, answer.holder, answer.ahead)
        self.tell(EnvironmentAnswered(self._id(), self.now, *told))


class EnvironmentsInAnyOrder(AnyOrder):
    """Random facts in random order, with answers of environments among them."""

    lane: Claiming
    other: Claimant | None = None

    @initialize(
        mode=st.sampled_from(Mode),
        outdated=st.sampled_from((None, Outdated.STOP, Outdated.FINISH)),
        kind=st.sampled_from(RefKind),
    )
    def begin(self, mode: Mode, outdated: Outdated | None, kind: RefKind) -> None:
        self.lane = Claiming(define(mode, outdated), Ref(kind, "1"))

    @rule(pick=st.integers(0, 1000))
    @precondition(lambda self: hasattr(self, "lane") and self.lane.answers)
    def hear(self, pick: int) -> None:
        answers = list(self.lane.answers.values())
        self.lane.hear(answers[pick % len(answers)])

    @rule()
    def another_lane_comes_or_goes(self) -> None:
        key = EnvironmentKey(REPOSITORY, "shared")
        if self.other is None:
            lane = LaneKey(REPOSITORY, "other", Ref(RefKind.BRANCH, "side"))
            self.other = Claimant("other/1", lane, "other", 1)
            self.lane.perform(ClaimEnvironment(key, self.other))
        else:
            self.lane.perform(LeaveEnvironment(key, self.other.ticket))
            self.other = None

    # --- what is true at any time ---

    @invariant()
    def whoever_waits_stands_in_exactly_one_line_for_a_reason(self) -> None:
        if not hasattr(self, "lane"):
            return
        for name, slot in self.lane.state.slots.items():
            first = self.lane[slot.inbound[0]] if slot.inbound else None
            assert not first or slot.hold or slot.occupant or first.claim, f"they wait for {name} without a reason"
        lines = [(name, waiting) for name, slot in self.lane.state.slots.items() for waiting in slot.inbound]
        assert sorted(lines) == sorted((e.current.name, e.id) for e in self.live() if e.waiting)

    @invariant()
    def in_superseded_mode_at_most_one_waits_and_it_is_the_newest_to_come(self) -> None:
        """Beside whoever goes on in a stage that it was in, and waits for its environment again."""
        if hasattr(self, "lane") and self.lane.pipeline.mode is Mode.SUPERSEDED:
            for slot in self.lane.state.slots.values():
                assert len([name for name in slot.inbound if self.lane[name].resuming is None]) <= 1

    @invariant()
    def who_needs_an_environment_has_claimed_it_and_nobody_else_has(self) -> None:
        claimed = {e.id: (e.claim.environment, e.claim.stage) for e in self.live() if e.claim is not None}
        needed = {e.id: (ENVIRONMENTS[e.current.name], e.current.name) for e in self.needing()}
        assert claimed == needed
        mine = [c.ticket for state in self.environments() for c in state.line if c != self.other]
        assert sorted(mine) == sorted(e.claim.ticket for e in self.live() if e.claim is not None)

    @invariant()
    def whoever_is_inside_was_granted_its_environment(self) -> None:
        for execution in self.live():
            if not execution.waiting and execution.current.name in ENVIRONMENTS:
                assert execution.claim is not None
                assert execution.claim.granted
        for state in self.environments():
            inside = [e for e in self.live() if not e.waiting and ENVIRONMENTS.get(e.current.name) == state.key.name]
            assert len(inside) <= 1
            assert not inside or state.line[0].execution == inside[0].id

    @invariant()
    def everybody_knows_what_it_waits_for(self) -> None:
        for slot in self.lane.state.slots.values() if hasattr(self, "lane") else ():
            for place, name in enumerate(slot.inbound):
                execution = self.lane[name]
                wait, claim = execution.wait, execution.claim
                assert wait is not None
                if slot.hold is not None and execution.resuming is None:
                    assert (wait.reason, wait.hold) == (WaitReason.HELD, slot.hold)
                elif claim is not None:
                    told = (wait.environment, wait.holder, wait.ahead)
                    assert told == (claim.environment, claim.holder, claim.ahead)
                else:
                    occupant = self.lane[slot.occupant].number if slot.occupant else 0
                    assert (wait.reason, wait.occupant, wait.ahead) == (WaitReason.LINE, occupant, place)

    def outside(self) -> None:
        if self.other is not None:
            self.another_lane_comes_or_goes()
        for answer in list(self.lane.answers.values()):
            if answer.key in self.lane.answers:
                self.lane.hear(self.lane.answers[answer.key])

    def environments(self) -> list[EnvironmentState]:
        return list(self.lane.environments.values()) if hasattr(self, "lane") else []

    def needing(self) -> Iterator[Execution]:
        """Whoever is inside a stage with an environment, and whoever would be let in by the lane."""
        parallel = hasattr(self, "lane") and self.lane.pipeline.mode is Mode.PARALLEL
        for execution in self.live():
            stage_name = execution.current.name
            slot = self.lane.state.slots[stage_name]
            first = not slot.occupant and slot.inbound[:1] == (execution.id,)
            let_in = execution.waiting and not slot.hold and (parallel or first)
            # Whoever goes on in a stage that it was in goes first, held or not.
            resumed = execution.waiting and execution.resuming is not None and (parallel or first)
            if stage_name in ENVIRONMENTS and (not execution.waiting or let_in or resumed):
                yield execution


EnvironmentsInAnyOrder.TestCase.settings = settings(stateful_step_count=40, deadline=None)
TestEnvironmentsInAnyOrder = EnvironmentsInAnyOrder.TestCase
