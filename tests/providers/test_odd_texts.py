"""Text as people and hostile people write it, in the names of branches, in titles and in comments: kept to the letter, or not read at all."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.model.delivery import Delivery
from bot.model.host_event import CommentCreated, HostEvent, Ignored, PullRequestChanged, Pushed
from providers.bitbucket.cloud import events as cloud
from providers.bitbucket.data_center import events as data_center
from providers.github import events as github
from providers.gitlab import events as gitlab
from providers.local import events as local
from providers.local.webhooks import EVENT_KEY, PROVIDER

REPLAYS = Path(__file__).parents[1] / "replays"

Body = dict[str, Any]
Read = Callable[[str, bytes], Sequence[HostEvent]]

READ: dict[str, Read] = {
    "github": lambda kind, body: (github.read_event(kind, body, "https://github.com"),),
    "gitlab": lambda kind, body: (gitlab.read_event(kind, body, "https://gitlab.com"),),
    "bitbucket": lambda kind, body: cloud.read_events(kind, body, "https://bitbucket.org"),
    "bitbucket-dc": lambda kind, body: data_center.read_events(kind, body, "https://git.acme.example"),
    "local": lambda kind, body: (local.read(Delivery(PROVIDER, "1", {EVENT_KEY: kind}, body, 0.0)),),
}

PUSHES = {
    "github": "push.branch",
    "gitlab": "push.branch",
    "bitbucket": "repo-push.branch",
    "bitbucket-dc": "repo-refs_changed.branch",
    "local": "push.branch",
}
OPENED = {
    "github": ("pull_request.opened", ("pull_request", "title")),
    "gitlab": ("merge_request.open", ("object_attributes", "title")),
    "bitbucket": ("pullrequest-created.branch", ("pullrequest", "title")),
    "bitbucket-dc": ("pr-opened.branch", ("pullRequest", "title")),
    "local": ("pull_request.opened", ("pull_request", "title")),
}
COMMENTS = {
    "github": ("issue_comment.created", ("comment", "body")),
    "gitlab": ("note.on_a_merge_request", ("object_attributes", "note")),
    "bitbucket": ("pullrequest-comment_created.command", ("comment", "content", "raw")),
    "bitbucket-dc": ("pr-comment-added.command", ("comment", "text")),
    "local": ("comment.on_a_pull_request", ("comment", "body")),
}

NFC, NFD = "caf\u00e9", "cafe\u0301"
KEPT = {
    "composed": NFC,
    "decomposed": NFD,
    "emoji": "fix/\U0001f680-\U0001f469\u200d\U0001f680",
    "right to left": "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "an override": "a\u202egnp.exe",
    "a byte order mark": "a\ufeffb",
    "a quote": "a'b\"c",
    "a shell's": "$(rm$IFS-rf$IFS$HOME)`x`;&|",
    "an option": "-u",
    "percent signs": "%2e%2e%2f%00",
}
REFUSED = {
    "NUL": "a\0b",
    "a line's end": "a\nb",
    "a space": "a b",
    "a tab": "a\tb",
    "a bell": "a\x07",
    "delete": "a\x7f",
    "two dots": "a..b",
    "half a surrogate": "a\ud800",
    "a lock": "a.lock",
    "nothing": "",
    "a slash": "/",
    "too much": "x" * 5000,
}

TEXTS = {**KEPT, "NUL": "a\0b", "a separator": "a\u2028b", "a long one": "x" * 100_000}


def read(host: str, name: str, edit: Callable[[Body], None]) -> HostEvent:
    body: Body = json.loads((REPLAYS / host / f"{name}.json").read_text())
    edit(body)
    kind = name.partition(".")[0]
    kind = kind.replace("-", ":") if host.startswith("bitbucket") else kind
    return READ[host](kind, json.dumps(body).encode())[0]


def pushed(host: str, branch: str) -> HostEvent:
    def name(body: Body) -> None:
        match host:
            case "bitbucket":
                for end in ("old", "new"):
                    body["push"]["changes"][0][end]["name"] = branch
            case "bitbucket-dc":
                body["changes"][0]["ref"] |= {"id": f"refs/heads/{branch}", "displayId": branch}
            case _:
                body["ref"] = f"refs/heads/{branch}"

    return read(host, PUSHES[host], name)


def written(host: str, where: tuple[str, tuple[str, ...]], text: str) -> HostEvent:
    name, path = where

    def write(body: Body) -> None:
        for part in path[:-1]:
            body = body[part]
        body[path[-1]] = text

    return read(host, name, write)


@pytest.mark.parametrize("host", READ)
@pytest.mark.parametrize("name", KEPT.values(), ids=KEPT)
def test_a_branch_is_called_exactly_as_it_is_called(host: str, name: str) -> None:
    """Two spellings of what looks alike are two branches, as they are to Git."""
    event = pushed(host, name)
    assert isinstance(event, Pushed)
    assert event.ref.name == name


@pytest.mark.parametrize("host", READ)
@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_what_git_can_call_no_branch_is_no_push(host: str, name: str) -> None:
    event = pushed(host, name)
    assert isinstance(event, Ignored)
    assert event.reason


@pytest.mark.parametrize("host", READ)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_titles_and_comments_are_kept_to_the_letter(host: str, text: str) -> None:
    opened, said = written(host, OPENED[host], text), written(host, COMMENTS[host], text)
    assert isinstance(opened, PullRequestChanged)
    assert opened.pull_request.title == text
    assert isinstance(said, CommentCreated)
    assert said.body == text
