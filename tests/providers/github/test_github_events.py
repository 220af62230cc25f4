"""Recorded payloads, file by file, to the events beside them; and whatever else a body may hold, to an answer, never an error."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.host_event import HostEvent, Ignored, Pushed
from providers.github import events
from providers.github.events import FILES_OF_A_COMMIT, read_event

REPLAYS = Path(__file__).parents[2] / "replays/github"
PAYLOADS = sorted(path for path in REPLAYS.glob("*.json") if not path.stem.endswith(".expected"))
URL = "https://github.com"

KINDS = ("push", "pull_request", "issue_comment", "commit_comment", "ping", "star")


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


def pushed(**changes: object) -> HostEvent:
    return read_event("push", json.dumps(payload("push.branch") | changes).encode(), URL)


@pytest.mark.parametrize("url", ["https://GITHUB.com", "https://github.com"])
def test_the_hosts_name_is_compared_whatever_its_case(url: str) -> None:
    assert isinstance(read_event("push", (REPLAYS / "push.branch.json").read_bytes(), url), Pushed)


@pytest.mark.parametrize(
    "page", ["https://github.com.evil.example/acme/web", "https://evil.example/github.com", "", "http://[", "//"]
)
def test_a_payload_about_another_host_is_ignored(page: str) -> None:
    repository = payload("push.branch")["repository"] | {"html_url": page}
    assert isinstance(pushed(repository=repository), Ignored)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "../..", "acme/..", "acme/web/../..", "acme", "acme/web?x", "a b/c", "acme/web\n", ""]
)
def test_a_name_that_is_none_is_ignored(name: str) -> None:
    repository = payload("push.branch")["repository"] | {"full_name": name}
    assert isinstance(pushed(repository=repository), Ignored)


@pytest.mark.parametrize("sha", ["--upload-pack=x", "A" * 40, "a" * 39, "a" * 41, "", 7, None])
def test_what_is_no_commit_is_ignored(sha: object) -> None:
    assert isinstance(pushed(after=sha), Ignored)


@pytest.mark.parametrize("count", [0, FILES_OF_A_COMMIT, FILES_OF_A_COMMIT + 1])
def test_paths_that_may_be_incomplete_are_not_told(count: int) -> None:
    commit = payload("push.branch")["commits"][0]
    commit |= {"added": [f"f{number}" for number in range(count)], "removed": [], "modified": []}
    event = pushed(commits=[commit])
    assert isinstance(event, Pushed)
    assert event.changed_paths is None


def test_a_reason_says_what_could_not_be_read() -> None:
    body = json.dumps(payload("push.branch") | {"before": 7}).encode()
    assert read_event("push", body, URL) == Ignored(
        "the push payload cannot be read: before: Input should be a valid string"
    )


def test_an_invented_kind_of_action_stays_out_of_the_reason() -> None:
    body = json.dumps(payload("pull_request.opened") | {"action": "<script>alert(1)</script>"}).encode()
    assert read_event("pull_request", body, URL) == Ignored(
        "nothing follows from a pull request being scriptalertscript"
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


@given(st.data())
def test_a_payload_changed_anywhere_is_read_or_ignored(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PAYLOADS))
    body = json.loads(path.read_text())
    place = data.draw(st.sampled_from(places(body)))
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
