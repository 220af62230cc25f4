"""A delivery of long ago that is sent again, under an id that nobody knows: it is believed no longer than deliveries are remembered."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.model.delivery import Delivery
from bot.model.host_event import Dated, HostEvent
from bot.runtime.retention import DAY, Kept
from bot.runtime.too_old import REDELIVERED, SKEW, recent_only
from providers.base.payloads import moment
from tests.providers.test_odd_texts import COMMENTS, OPENED, PUSHES, READ

REPLAYS = Path(__file__).parents[1] / "replays"

TOLD = [
    *((host, name) for host, (name, _) in COMMENTS.items() if host != "local"),
    *((host, name) for host, (name, _) in OPENED.items() if host != "local"),
    *((host, name) for host, name in PUSHES.items() if host in ("github", "bitbucket-dc")),
]
"""Whatever a host's payloads tell the time of."""


def read(host: str, name: str, body: bytes = b"") -> Sequence[HostEvent]:
    kind = name.partition(".")[0]
    kind = kind.replace("-", ":") if host.startswith("bitbucket") else kind
    return READ[host](kind, body or (REPLAYS / host / f"{name}.json").read_bytes())


async def judged(event: HostEvent, kept: Kept, age: float, happened: float) -> str:
    async def never(*_: object) -> str:
        return ""

    delivery = Delivery("github", "new-1", {}, b"", happened + age)
    return await recent_only(kept, never)(delivery, event)


@pytest.mark.parametrize(("host", "name"), TOLD)
async def test_what_a_host_says_the_time_of_is_refused_once_it_is_older_than_what_is_remembered(
    host: str, name: str
) -> None:
    [event] = read(host, name)
    assert isinstance(event, Dated)
    assert event.at is not None
    for days, believed in ((30, 30 * DAY - SKEW), (365, 365 * DAY - SKEW), (1, REDELIVERED)):
        kept = Kept(deliveries=days)
        assert await judged(event, kept, believed, event.at) == ""
        with capture_logs() as logged:
            assert "longer ago than deliveries are remembered" in await judged(event, kept, believed + 1, event.at)
        assert [entry["delivery"] for entry in logged] == ["github:new-1"]


@pytest.mark.parametrize(("host", "name"), [("gitlab", PUSHES["gitlab"]), ("bitbucket", PUSHES["bitbucket"])])
async def test_what_does_not_say_when_it_happened_is_judged_otherwise(host: str, name: str) -> None:
    async def doubts(*_: object) -> str:
        return "for another reason"

    [event] = read(host, name)
    delivery = Delivery(host, "new-1", {}, b"", 1e12)
    assert await recent_only(Kept(), doubts)(delivery, event) == "for another reason"
    assert await judged(event, Kept(), 1e12, 0.0) == ""


async def test_the_future_is_no_past() -> None:
    [event] = read("github", PUSHES["github"])
    assert isinstance(event, Dated)
    assert await judged(replace(event, at=2e12), Kept(), 0.0, 1e12) == ""


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (1_500_000_000, 1.5e9),
        (1_500_000_000.5, 1_500_000_000.5),
        ("2017-07-14T02:40:00Z", 1.5e9),
        ("2017-07-14T12:40:00+1000", 1.5e9),
        ("2017-07-14T02:40:00.000000+00:00", 1.5e9),
        ("2017-07-14 02:40:00 UTC", 1.5e9),
        ("2017-07-14 02:40:00", 1.5e9),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("2017-13-45", None),
        (True, None),
        ([1.5e9], None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9" * 5000, None),
    ],
)
def test_times_are_read_as_hosts_write_them_and_nothing_else_is_one(told: object, at: float | None) -> None:
    assert moment(told) == at
