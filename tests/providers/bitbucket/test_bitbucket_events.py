"""Recorded payloads of both Bitbuckets, file by file, to the events beside them; and whatever else a body may hold, to an answer, never an error."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.host_event import HostEvent, Ignored, PullRequestChanged, Pushed
from providers.bitbucket.cloud import events as cloud
from providers.bitbucket.data_center import events as data_center

Read = Callable[[str, bytes, str], Sequence[HostEvent]]

REPLAYS = Path(__file__).parents[2] / "replays"
READERS: dict[str, Read] = {"bitbucket": cloud.read_events, "bitbucket-dc": data_center.read_events}
URLS = {"bitbucket": "https://bitbucket.org", "bitbucket-dc": "https://git.acme.example"}
PAYLOADS = sorted(
    path for host in READERS for path in (REPLAYS / host).glob("*.json") if not path.stem.endswith(".expected")
)
KINDS = sorted({*cloud.READERS, *data_center.READERS, "repo:imported"})


def kind_of(path: Path) -> str:
    """A file's name has dashes where an event's key has colons."""
    return path.name.partition(".")[0].replace("-", ":")


def read(path: Path, body: bytes) -> Sequence[HostEvent]:
    host = path.parent.name
    return READERS[host](kind_of(path), body, URLS[host])


def told(event: HostEvent) -> Any:
    """The event as its expectation is written: its class and its fields."""
    return json.loads(json.dumps({"type": type(event).__name__, **asdict(event)}))


def changed(name: str, change: Callable[[dict[str, Any]], None]) -> HostEvent:
    """What a recorded payload is read as once it has been changed."""
    path = REPLAYS / name
    body = json.loads(path.read_text())
    change(body)
    [event] = read(path, json.dumps(body).encode())
    return event


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_payload_is_read_as_the_events_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert [told(event) for event in read(path, path.read_bytes())] == expected


def test_every_kind_that_is_read_or_known_to_be_no_affair_of_ours_is_recorded() -> None:
    recorded = {host: {kind_of(path) for path in PAYLOADS if path.parent.name == host} for host in READERS}
    assert set(cloud.READERS) <= recorded["bitbucket"]
    assert set(data_center.READERS) <= recorded["bitbucket-dc"]


@pytest.mark.parametrize(
    "page",
    ["https://bitbucket.org.evil.example/acme/web", "https://evil.example/bitbucket.org", "", "http://[", "//"],
)
def test_a_payload_about_another_host_is_ignored(page: str) -> None:
    def move(body: dict[str, Any]) -> None:
        body["repository"]["links"]["html"]["href"] = page

    def move_away(body: dict[str, Any]) -> None:
        body["repository"]["links"]["self"][0]["href"] = page

    assert isinstance(changed("bitbucket/repo-push.branch.json", move), Ignored)
    assert isinstance(changed("bitbucket-dc/repo-refs_changed.branch.json", move_away), Ignored)


@pytest.mark.parametrize("name", ["../../etc", "acme/..", "acme", "acme/web?x", "a b/c", "acme/web\n", "", "{}/web"])
def test_a_name_that_is_none_is_ignored(name: str) -> None:
    def rename(body: dict[str, Any]) -> None:
        body["repository"]["full_name"] = name

    assert isinstance(changed("bitbucket/repo-push.branch.json", rename), Ignored)


@pytest.mark.parametrize(
    ("key", "slug"), [("..", "web"), ("ACME", ".."), ("", "web"), ("~", "x/y"), ("A B", "web"), ("ACME", "web\n")]
)
def test_a_project_or_a_slug_that_is_none_is_ignored(key: str, slug: str) -> None:
    def rename(body: dict[str, Any]) -> None:
        body["repository"] |= {"slug": slug, "project": {"key": key}}

    assert isinstance(changed("bitbucket-dc/repo-refs_changed.branch.json", rename), Ignored)


@pytest.mark.parametrize("sha", ["--upload-pack=x", "A" * 40, "a" * 6, "a" * 65, "", 7, None])
def test_what_is_no_commit_is_ignored(sha: object) -> None:
    def replace(body: dict[str, Any]) -> None:
        body["push"]["changes"][0]["new"]["target"]["hash"] = sha

    def replace_to(body: dict[str, Any]) -> None:
        body["changes"][0]["toHash"] = sha

    assert isinstance(changed("bitbucket/repo-push.branch.json", replace), Ignored)
    assert isinstance(changed("bitbucket-dc/repo-refs_changed.branch.json", replace_to), Ignored)


def test_people_are_named_by_what_is_theirs_alone_and_not_by_a_nickname() -> None:
    """Anybody may take any nickname on Cloud, and so must not become whom a pipeline file names."""
    event = changed("bitbucket/repo-push.branch.json", lambda body: None)
    assert isinstance(event, Pushed)
    assert event.by is not None
    assert event.by.login == "ada"
    assert not event.by.is_called("ada")
    assert event.by.is_called("712020:00000001-aaaa-4bbb-8ccc-ddddeeeeffff")
    assert event.by.is_called(event.by.id)


def test_a_change_from_another_repository_is_told_as_such() -> None:
    for name in ("bitbucket/pullrequest-created.from_a_fork", "bitbucket-dc/pr-opened.from_a_fork"):
        event = changed(f"{name}.json", lambda body: None)
        assert isinstance(event, PullRequestChanged)
        assert not event.pull_request.same_repository


def test_a_reason_says_what_could_not_be_read() -> None:
    def break_it(body: dict[str, Any]) -> None:
        body["push"] = 7

    assert changed("bitbucket/repo-push.branch.json", break_it) == Ignored(
        "the repo:push payload cannot be read: push: Input should be an object"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: object, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(*prefix, key), *places(value[key], (*prefix, key))]]  # type: ignore[index]


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a machine that is busy with something else
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
    assert all(isinstance(event, HostEvent) for event in read(path, json.dumps(body).encode()))


@given(st.sampled_from(sorted(READERS)), st.sampled_from(KINDS), json_values)
def test_any_json_is_read_or_ignored(host: str, kind: str, value: object) -> None:
    assert all(isinstance(event, HostEvent) for event in READERS[host](kind, json.dumps(value).encode(), URLS[host]))


@given(st.sampled_from(sorted(READERS)), st.sampled_from(KINDS), st.binary())
def test_any_bytes_are_read_or_ignored(host: str, kind: str, body: bytes) -> None:
    [event] = READERS[host](kind, body, URLS[host])
    assert isinstance(event, Ignored)


@pytest.mark.parametrize("end", ["old", "new"])
@pytest.mark.parametrize("commit", ["a" * 39, "a" * 12, "a" * 41, "A" * 40, ""])
def test_a_push_of_what_is_no_whole_commit_is_ignored(end: str, commit: str) -> None:
    """In a pull request the beginning of an id will do, since the API is asked for the rest."""
    path = REPLAYS / "bitbucket/repo-push.branch.json"
    body = json.loads(path.read_text())
    body["push"]["changes"][0][end]["target"]["hash"] = commit
    [event] = read(path, json.dumps(body).encode())
    assert isinstance(event, Ignored)
