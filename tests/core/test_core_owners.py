"""Approvals by code owners (APR-8): whose approval is needed is told once, and each group has to give its own."""

from typing import Any

import pytest

from bot.core.effects import FindOwners
from bot.core.events import OwnersFound
from bot.core.owners import FIRST_LOOK, LONGEST_LOOK
from bot.core.refusal import RefusalReason
from bot.model.approval import Verdict
from bot.model.owners import OwnerGroup, Owners
from bot.model.people import Person, Role
from tests.core.lane import ADA, BEN, Lane, approve, pipeline, run, stage

CLEO = Person("cleo", "3")
ADAS = OwnerGroup(("user:ada",), ("src/",))
CORES = OwnerGroup(("team:acme/core", "user:ben"), ("docs/",))


def waiting(by: tuple[str, ...] = ("codeowners",), **how: Any) -> Lane:
    lane = Lane(pipeline(stage("prod", approve("go", by=by, **how), run("deploy", 2))))
    lane.start()
    return lane


def tell(lane: Lane, owners: Owners, attempt: int = 1) -> None:
    event = OwnersFound(lane._id(), lane.now, "e1", "prod", "go", attempt, owners)
    lane.tell(event)


def asked(*groups: OwnerGroup, by: tuple[str, ...] = ("codeowners",), **how: Any) -> Lane:
    lane = waiting(by, **how)
    tell(lane, Owners(groups))
    return lane


def refusal(lane: Lane) -> RefusalReason | None:
    return lane.last.refusal.reason if lane.last.refusal else None


def answers(lane: Lane, by: Person, *principals: str, role: Role = Role.NONE, **how: Any) -> RefusalReason | None:
    lane.answer(by=by, role=role, principals=principals, **how)
    return refusal(lane)


def approved(lane: Lane) -> bool:
    return lane.actions("e1")["prod/go"] == "Succeeded"


def test_until_they_are_found_nobody_may_answer() -> None:
    lane = waiting(("codeowners", "role:admin"))
    assert FindOwners("e1", "prod", "go", 1) in lane.orders
    for verdict in Verdict:
        assert answers(lane, ADA, "role:admin", role=Role.ADMIN, verdict=verdict) is RefusalReason.OWNERS_UNKNOWN


def test_what_cannot_be_found_refuses_with_its_reason_and_is_looked_for_ever_more_rarely() -> None:
    lane = waiting()
    for looks, wait in ((1, FIRST_LOOK), (2, 2 * FIRST_LOOK), (99, LONGEST_LOOK)):
        tell(lane, Owners(problem="there is no CODEOWNERS", looks=looks))
        assert lane.orders == [FindOwners("e1", "prod", "go", 1, looks + 1, lane.now + wait)]
    assert answers(lane, ADA, role=Role.ADMIN) is RefusalReason.OWNERS_UNKNOWN
    assert lane.last.refusal
    assert lane.last.refusal.details["problem"] == "there is no CODEOWNERS"
    tell(lane, Owners((ADAS,)))
    assert answers(lane, ADA, "user:ada") is None
    assert approved(lane)


def test_a_later_change_of_the_file_moves_nothing() -> None:
    lane = asked(ADAS)
    tell(lane, Owners((CORES,)))
    tell(lane, Owners(problem="gone"))
    assert lane.orders == []
    assert answers(lane, ADA, "user:ada") is None
    assert approved(lane)


def test_each_group_has_to_approve_and_one_person_may_be_of_all() -> None:
    lane = asked(ADAS, CORES)
    assert answers(lane, CLEO, role=Role.ADMIN) is RefusalReason.NOT_AN_APPROVER
    assert answers(lane, ADA, "user:ada") is None
    assert not approved(lane)
    assert answers(lane, ADA, "user:ada") is RefusalReason.ANSWERED_TWICE
    assert answers(lane, CLEO, "team:acme/core") is None
    assert approved(lane)

    lane = asked(ADAS, CORES)
    assert answers(lane, ADA, "user:ada", "team:acme/core") is None
    assert approved(lane)


def test_a_group_may_need_several_and_the_count_comes_on_top() -> None:
    lane = asked(OwnerGroup(("team:acme/core",), ("docs/",), 2))
    answers(lane, ADA, "team:acme/core")
    assert not approved(lane)
    answers(lane, BEN, "team:acme/core")
    assert approved(lane)

    lane = asked(ADAS, by=("codeowners", "role:write"), count=2)
    answers(lane, ADA, "user:ada")
    assert not approved(lane)
    answers(lane, BEN, "role:write")
    assert approved(lane)


def test_other_entries_answer_in_an_owners_place() -> None:
    lane = asked(ADAS, CORES, by=("codeowners", "role:admin"))
    assert answers(lane, BEN, "role:admin") is None
    assert approved(lane)


@pytest.mark.parametrize(("role", "reason"), [(Role.READ, RefusalReason.NOT_ALLOWED), (Role.WRITE, None)])
def test_where_nobody_owns_what_has_changed_whoever_may_write_answers(role: Role, reason: RefusalReason | None) -> None:
    lane = asked()
    assert answers(lane, CLEO, role=role) is reason
    assert approved(lane) is (reason is None)


def test_an_owners_rejection_ends_it_and_the_author_may_be_barred() -> None:
    lane = asked(ADAS, CORES, self_approval=False)
    assert answers(lane, ADA, "user:ada") is RefusalReason.OWN_CHANGE
    assert answers(lane, BEN, "user:ben", verdict=Verdict.REJECTED) is None
    assert lane.status("e1") == "Failed"


def test_a_retry_asks_the_owners_of_then() -> None:
    lane = asked(ADAS)
    answers(lane, ADA, "user:ada", verdict=Verdict.REJECTED)
    lane.retry()
    assert FindOwners("e1", "prod", "go", 2) in lane.orders
    tell(lane, Owners((ADAS,)), attempt=1)
    assert answers(lane, ADA, "user:ada") is RefusalReason.OWNERS_UNKNOWN
