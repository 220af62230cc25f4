"""Reading deliveries: the documented bodies mean what they say, and no other body ever raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.delivery import Delivery
from bot.model.host_event import CommentCreated, Ignored, PullRequestChanged, Pushed
from bot.model.people import Person
from bot.model.repository import Ref, RefKind, Repository
from providers.local.events import read

COMMIT, OTHER, NONE = "a" * 40, "b" * 40, "0" * 40
REPOSITORY = {"id": 7, "full_name": "acme/web", "default_branch": "main"}
ADA = {"id": 3, "login": "ada", "bot": False}
PUSH = {
    "repository": REPOSITORY,
    "ref": "refs/heads/main",
    "before": OTHER,
    "after": COMMIT,
    "forced": True,
    "pusher": ADA,
    "head_commit": {"id": COMMIT, "message": "Fix\n\nIt", "authored_at": "2026-01-02T03:04:05+00:00"},
    "changed_paths": ["a", "b"],
}
PULL_REQUEST = {
    "kind": "updated",
    "repository": REPOSITORY,
    "pull_request": {
        "number": 4,
        "title": "Fix",
        "head": COMMIT,
        "base": OTHER,
        "source_branch": "fix",
        "target_branch": "main",
        "author": ADA,
        "open": True,
        "merged": False,
    },
    "sender": ADA,
}
COMMENT = {
    "kind": "created",
    "repository": REPOSITORY,
    "thread": {"kind": "pull_request", "name": "4"},
    "comment": {"id": 9, "author": ADA, "body": "/approve"},
    "sender": ADA,
}
BODIES: dict[str, dict[str, Any]] = {"push": PUSH, "pull_request": PULL_REQUEST, "comment": COMMENT}


def kept(event: str, body: object) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery("local", "1", {"x-penstock-event": event}, raw, 1.0)


def test_a_push_is_read_whole() -> None:
    assert read(kept("push", PUSH)) == Pushed(
        repository=Repository("local", "7", "acme/web"),
        ref=Ref(RefKind.BRANCH, "main"),
        before=OTHER,
        after=COMMIT,
        by=Person("ada", "3"),
        default_branch="main",
        forced=True,
        message="Fix\n\nIt",
        authored_at="2026-01-02T03:04:05+00:00",
        changed_paths=("a", "b"),
    )


def test_whole_bodies_are_read() -> None:
    assert isinstance(read(kept("pull_request", PULL_REQUEST)), PullRequestChanged)
    assert isinstance(read(kept("comment", COMMENT)), CommentCreated)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ref": "refs/notes/commits"}, "neither a branch nor a tag"),
        ({"ref": "refs/heads/"}, "neither a branch nor a tag"),
        ({"head_commit": None}, "does not name a commit"),
        ({"after": "a; rm -rf"}, "after"),
        ({"after": "A" * 40}, "after"),
        ({"repository": REPOSITORY | {"full_name": "../../etc"}}, "full_name"),
        ({"repository": REPOSITORY | {"id": "7"}}, "repository.id"),
        ({"repository": REPOSITORY | {"id": -1}}, "repository.id"),
        ({"ref": "refs/heads/a\nb"}, "ref"),
        ({"pusher": ADA | {"login": ""}}, "pusher.login"),
    ],
)
def test_a_push_that_is_not_as_documented_is_ignored_with_the_reason(change: dict[str, Any], reason: str) -> None:
    event = read(kept("push", PUSH | change))
    assert isinstance(event, Ignored)
    assert reason in event.reason


def test_a_reason_does_not_repeat_the_body() -> None:
    event = read(kept("push", PUSH | {"after": "secret " * 1000}))
    assert isinstance(event, Ignored)
    assert "secret" not in event.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(event=st.sampled_from([*BODIES, "ping", "star", ""]), body=JSON | st.binary())
def test_no_body_ever_raises(event: str, body: object) -> None:
    read(kept(event, body))


@given(data=st.data(), event=st.sampled_from(sorted(BODIES)), value=JSON)
def test_no_body_that_is_wrong_in_one_place_ever_raises(data: st.DataObject, event: str, value: object) -> None:
    body = json.loads(json.dumps(BODIES[event]))
    place = body
    while isinstance(place, dict):
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    read(kept(event, body))
