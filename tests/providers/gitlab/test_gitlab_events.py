"""Recorded payloads, file by file, to the events beside them; and whatever else a body may hold, to an answer, never an error."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.host_event import CommentCreated, HostEvent, Ignored, PullRequestChanged, Pushed
from providers.gitlab import events
from providers.gitlab.events import _READERS, read_event

REPLAYS = Path(__file__).parents[2] / "replays/gitlab"
PAYLOADS = sorted(path for path in REPLAYS.glob("*.json") if not path.stem.endswith(".expected"))
URL = "https://gitlab.com"

KINDS = (*_READERS, "pipeline", "star")


def told(event: HostEvent) -> Any:
    """The event as its expectation is written: its class and its fields."""
    return json.loads(json.dumps({"type": type(event).__name__, **asdict(event)}))


def kind_of(path: Path) -> str:
    return path.name.partition(".")[0]


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_recorded_payload_is_read_as_the_event_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert told(read_event(kind_of(path), path.read_bytes(), URL)) == expected


def test_no_expectation_lacks_its_payload() -> None:
    expected = {path.name.removesuffix(".expected.json") for path in REPLAYS.glob("*.expected.json")}
    assert expected == {path.stem for path in PAYLOADS}


def test_every_kind_that_is_read_or_known_to_be_no_affair_of_ours_is_recorded() -> None:
    assert {*events._READERS, *events.NOT_FOR_US} <= {kind_of(path) for path in PAYLOADS}


def payload(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((REPLAYS / f"{name}.json").read_text())
    return loaded


def read(name: str, **changes: object) -> HostEvent:
    return read_event(name.partition(".")[0], json.dumps(payload(name) | changes).encode(), URL)


@pytest.mark.parametrize("name", ["push.branch", "merge_request.open", "note.on_a_merge_request"])
@pytest.mark.parametrize(
    "page", ["https://gitlab.com.evil.example/acme/web", "https://evil.example/gitlab.com", "", "http://[", "//"]
)
def test_a_payload_about_another_host_is_ignored(name: str, page: str) -> None:
    assert isinstance(read(name, project=payload(name)["project"] | {"web_url": page}), Ignored)


def test_a_server_below_a_path_is_the_host_too() -> None:
    page = "https://git.example.org/gitlab/acme/web"
    body = json.dumps(payload("push.branch") | {"project": payload("push.branch")["project"] | {"web_url": page}})
    assert isinstance(read_event("push", body.encode(), "https://git.example.org/gitlab"), Pushed)


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "../..", "acme/..", "acme/web/../..", "acme", "acme/web?x", "a b/c", "acme/web\n", ""]
)
def test_a_path_that_is_none_is_ignored(path: str) -> None:
    project = payload("push.branch")["project"] | {"path_with_namespace": path}
    assert isinstance(read("push.branch", project=project), Ignored)


@pytest.mark.parametrize("sha", ["--upload-pack=x", "A" * 40, "a" * 39, "a" * 41, "", 7, None])
def test_what_is_no_commit_is_ignored(sha: object) -> None:
    assert isinstance(read("push.branch", after=sha), Ignored)


def note(**attributes: object) -> HostEvent:
    name = "note.on_a_merge_request"
    return read(name, object_attributes=payload(name)["object_attributes"] | attributes)


@pytest.mark.parametrize("action", ["update", "delete", "", "created"])
def test_a_note_is_new_only_where_gitlab_says_so(action: str) -> None:
    assert isinstance(note(action="create"), CommentCreated)
    assert isinstance(note(action=action), Ignored)


@pytest.mark.parametrize(
    "attributes", [{"system": True}, {"internal": True}, {"author_id": None}, {"type": "DiffNote"}]
)
def test_a_note_that_is_no_persons_open_word_is_ignored(attributes: dict[str, object]) -> None:
    assert isinstance(note(**attributes), Ignored)


def test_a_merge_request_is_updated_only_by_new_commits() -> None:
    attributes = payload("merge_request.new_commits")["object_attributes"]
    updated = read("merge_request.new_commits")
    assert isinstance(updated, PullRequestChanged)
    assert updated.kind == "updated"
    del attributes["oldrev"]
    assert isinstance(read("merge_request.new_commits", object_attributes=attributes), Ignored)


def test_an_invented_kind_of_action_stays_out_of_the_reason() -> None:
    attributes = payload("merge_request.open")["object_attributes"] | {"action": "<script>alert(1)</script>"}
    assert read("merge_request.open", object_attributes=attributes) == Ignored(
        "nothing follows from a merge request's scriptalertscript"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: object, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    if isinstance(value, dict):
        return [place for key in value for place in [(*prefix, key), *places(value[key], (*prefix, key))]]
    if isinstance(value, list):
        return [place for key in range(len(value)) for place in [(*prefix, key), *places(value[key], (*prefix, key))]]
    return []


PLACES = {path: places(json.loads(path.read_text())) for path in PAYLOADS}


@given(st.data())
def test_a_payload_changed_anywhere_is_read_or_ignored(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PAYLOADS))
    body = json.loads(path.read_text())
    place = data.draw(st.sampled_from(PLACES[path]))
    inside = body
    for key in place[:-1]:
        inside = inside[key]
    if data.draw(st.booleans()):
        inside[place[-1]] = data.draw(json_values)
    else:
        del inside[place[-1]]
    assert isinstance(read_event(kind_of(path), json.dumps(body).encode(), URL), HostEvent)


@given(st.sampled_from(KINDS), json_values)
def test_any_json_is_read_or_ignored(kind: str, value: object) -> None:
    assert isinstance(read_event(kind, json.dumps(value).encode(), URL), HostEvent)


@given(st.sampled_from(KINDS), st.binary())
def test_any_bytes_are_read_or_ignored(kind: str, body: bytes) -> None:
    assert isinstance(read_event(kind, body, URL), Ignored)
