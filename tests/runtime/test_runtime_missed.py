"""What differs between what a host has and what was heard of it, as a table; and how what is found is kept."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.model.host_event import Ignored, PullRequestChanged, Pushed
from bot.model.intake import Intake
from bot.model.people import Person
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, Repository
from bot.model.triggers import PullRequestKind
from bot.runtime.missed import found
from bot.runtime.missed.differences import Difference, Known, changed, closed, moved, not_listed, to_be_seen

WEB = Repository("github", "1", "acme/web")
A, B = "a" * 40, "b" * 40
ADA = Person("ada", "7")
PULL = PullRequest(3, B, "feature", "main", author=ADA)


def heard(commit: str, *, over: bool = False, target: str = "") -> Intake:
    return Intake(commit, "a push", 5.0, over=over, target_branch=target)


def known(heard: Mapping[str, Intake], seen: Mapping[str, str] | None = None) -> Known:
    return Known(
        WEB,
        "main",
        {Ref.parse(name): intake for name, intake in heard.items()},
        None if seen is None else {Ref.parse(name): commit for name, commit in seen.items()},
    )


@pytest.mark.parametrize(
    ("before", "seen", "now", "told"),
    [
        ({"heads/main": heard(A)}, None, {"heads/main": A}, []),
        ({"heads/main": heard(A)}, None, {"heads/main": B}, [("heads/main", A, B)]),
        ({"heads/main": heard(A)}, None, {"heads/main": A, "heads/old": B}, []),
        ({"heads/main": heard(A)}, {}, {"heads/main": A, "heads/new": B}, [("heads/new", None, B)]),
        ({}, {"heads/old": A}, {"heads/old": B}, [("heads/old", A, B)]),
        ({}, {"tags/v1": A}, {"tags/v1": A, "tags/v2": A}, [("tags/v2", None, A)]),
        ({"heads/main": heard(A)}, {"heads/main": B}, {"heads/main": A}, []),
        ({"heads/gone": heard(A)}, {}, {"heads/main": A}, [("heads/main", None, A), ("heads/gone", A, None)]),
        ({"heads/gone": heard("", over=True)}, None, {"heads/main": A}, []),
        ({"heads/back": heard("", over=True)}, None, {"heads/back": A}, [("heads/back", None, A)]),
        ({}, {}, {"heads/gh-readonly-queue/main/pr-1": A}, []),
        ({}, {"heads/gone": A}, {"heads/main": A}, [("heads/main", None, A)]),
        ({"pull/3": heard(A)}, None, {"heads/main": A}, []),
    ],
)
def test_branches_and_tags(
    before: Mapping[str, Intake],
    seen: Mapping[str, str] | None,
    now: Mapping[str, str],
    told: list[tuple[str, str | None, str | None]],
) -> None:
    news = list(moved(known(before, seen), {Ref.parse(name): commit for name, commit in now.items()}))
    events = [each.event for each in news if isinstance(each.event, Pushed)]
    assert [(str(event.ref), event.before, event.after) for event in events] == told
    assert all((event.found, event.by, event.default_branch) == (True, None, "main") for event in events)


@pytest.mark.parametrize(
    ("before", "seen", "kind", "by"),
    [
        ({}, None, None, None),
        ({}, {}, PullRequestKind.OPENED, ADA),
        ({}, {"pull/3": B}, None, None),
        ({}, {"pull/3": A}, PullRequestKind.UPDATED, None),
        ({"pull/3": heard(B, target="main")}, None, None, None),
        ({"pull/3": heard(B)}, None, None, None),
        ({"pull/3": heard(A, target="main")}, None, PullRequestKind.UPDATED, None),
        ({"pull/3": heard(B, target="old")}, None, PullRequestKind.UPDATED, None),
        ({"pull/3": heard(B, over=True)}, None, PullRequestKind.OPENED, ADA),
    ],
)
def test_pull_requests(
    before: Mapping[str, Intake], seen: Mapping[str, str] | None, kind: PullRequestKind | None, by: Person | None
) -> None:
    news = [each.event for each in changed(known(before, seen), [PULL])]
    assert news == ([] if kind is None else [PullRequestChanged(WEB, PULL, kind, by, "main", found=True)])


def test_the_beginning_of_an_id_is_the_same_commit() -> None:
    """Lists of Bitbucket Cloud tell no more."""
    assert list(changed(known({"pull/3": heard(B, target="main")}), [replace(PULL, head=B[:12])])) == []


def test_what_was_open_and_is_not_listed_is_asked_for_and_told_as_closed() -> None:
    before = known({"pull/3": heard(B), "pull/4": heard(A, over=True), "pull/5": heard(A), "heads/main": heard(A)})
    assert not_listed(before, [replace(PULL, number=5)]) == [3]
    event = closed(before, replace(PULL, open=False)).event
    assert (event.found, isinstance(event, PullRequestChanged) and event.kind) == (True, PullRequestKind.CLOSED)


def test_only_what_nobody_has_heard_of_is_remembered() -> None:
    refs = {Ref.parse("heads/main"): A, Ref.parse("tags/v1"): B}
    seen = to_be_seen(known({"heads/main": heard(A)}), refs, [PULL])
    assert {str(ref): commit for ref, commit in seen.items()} == {"tags/v1": B, "pull/3": B}


MAIN = Ref.parse("heads/main")
PUSH = Difference(Pushed(WEB, MAIN, A, B, None, "main", found=True), MAIN, heard(A))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(PUSH, event=replace(PUSH.event, repository=replace(WEB, full_name="acme/new"))), True),
        (replace(PUSH, event=replace(PUSH.event, default_branch="trunk")), True),
        (replace(PUSH, since=replace(heard(A), at=6.0)), False),
        (replace(PUSH, since=replace(heard(A), delivery="github:1")), False),
        (replace(PUSH, since=None), False),
        (replace(PUSH, event=replace(PUSH.event, repository=replace(WEB, id="2"))), False),
        (replace(PUSH, event=Pushed(WEB, MAIN, A, None, None, "main", found=True)), False),
        (replace(PUSH, ref=Ref.parse("tags/main")), False),
    ],
)
def test_finding_the_same_again_is_the_same_delivery(other: Difference, same: bool) -> None:
    assert (found.delivery(PUSH, 1.0).key == found.delivery(other, 9.0).key) is same


def test_what_was_heard_is_the_same_when_its_delivery_is_handled_once_more() -> None:
    """After a crash: or else what is found at the start would be taken for overtaken."""
    first = replace(heard(A), delivery="github:1")
    assert found.stamp(first) == found.stamp(replace(first, at=99.0))
    assert found.stamp(first) != found.stamp(replace(first, delivery="github:2"))


@pytest.mark.parametrize(
    "event", [PUSH.event, PullRequestChanged(WEB, PULL, PullRequestKind.OPENED, ADA, "", found=True)]
)
def test_what_is_found_is_read_again_as_it_was(event: Pushed | PullRequestChanged) -> None:
    delivery = found.delivery(replace(PUSH, event=event), 1.0)
    reader = found.FoundReader({"github": None})  # type: ignore[dict-item]
    assert reader.read(delivery) == (event,)
    assert isinstance(found.FoundReader({}).read(delivery)[0], Ignored), "its host is configured no longer"
    assert isinstance(reader.read(replace(delivery, body=b"{}"))[0], Ignored)
    assert isinstance(reader.read(replace(delivery, headers={}))[0], Ignored)
