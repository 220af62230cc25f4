"""Recorded deliveries of the embedded host, file by file, to the events beside them. GitHub's are read in tests/providers/github."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.model.delivery import Delivery
from bot.model.host_event import Ignored
from providers.local import events
from providers.local.webhooks import EVENT_KEY, PROVIDER

REPLAYS = Path(__file__).parent / "local"
PAYLOADS = sorted(path for path in REPLAYS.glob("*.json") if not path.stem.endswith(".expected"))


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_recorded_delivery_is_read_as_the_event_beside_it(path: Path) -> None:
    kind = path.name.partition(".")[0]
    event = events.read(Delivery(PROVIDER, "1", {EVENT_KEY: kind}, path.read_bytes(), 0.0))
    told = json.loads(json.dumps({"type": type(event).__name__, **asdict(event)}))

    assert told == json.loads(path.with_suffix(".expected.json").read_text())


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("push.branch", {"ref": "refs/heads/a..b"}),
        ("push.branch", {"before": "0" * 40, "after": "0" * 40, "head_commit": None}),
        ("comment.on_a_commit", {"thread": {"kind": "commit", "name": "7"}}),
        ("comment.on_a_commit", {"thread": {"kind": "pull_request", "name": "f" * 40}}),
    ],
)
def test_what_can_not_be_is_ignored_with_its_reason(name: str, changed: dict[str, object]) -> None:
    body = json.dumps(json.loads((REPLAYS / f"{name}.json").read_text()) | changed).encode()
    event = events.read(Delivery(PROVIDER, "1", {EVENT_KEY: name.partition(".")[0]}, body, 0.0))
    assert isinstance(event, Ignored)
    assert event.reason


def test_every_kind_of_delivery_is_there() -> None:
    assert {path.name.partition(".")[0] for path in PAYLOADS} == set(events.READERS)
