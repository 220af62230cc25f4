"""What is said of a change from outside that has not run, or was allowed to: in full, in little room, and where it can't be had."""

from dataclasses import replace

import pytest

from bot.core.effects import ReportHeld
from bot.messages.outside import held_comment, held_marker, held_status
from bot.model.host_event import Thread, ThreadKind
from bot.model.people import Person
from bot.model.status import StatusState
from providers.features import LIMITS
from tests.core.lane import REPOSITORY

COMMIT = "c" * 40
HELD = ReportHeld(REPOSITORY, COMMIT, Thread(ThreadKind.PULL_REQUEST, "7"), "web", "it is from a fork", "fix")
URL = "https://git.acme.example/c"


@pytest.mark.parametrize("host", LIMITS)
@pytest.mark.parametrize(
    ("report", "says", "asks"),
    [
        (HELD, "has not run", True),
        (replace(HELD, readable=False), "can't be had from this repository", False),
        (replace(HELD, allowed_by=Person("ben", "2")), "was allowed to run", False),
    ],
    ids=["held", "unreadable", "allowed"],
)
def test_a_comment_says_who_can_let_it_run_and_how_where_somebody_can(
    report: ReportHeld, says: str, asks: bool, host: str
) -> None:
    told = held_comment(report, URL, LIMITS[host])
    assert told.startswith(f"{held_marker('web')}\n")
    assert says in told
    assert (f"{LIMITS[host].command_prefix}ok-to-test {COMMIT}" in told) is asks
    assert len(told) <= LIMITS[host].comment


@pytest.mark.parametrize("host", LIMITS)
def test_a_status_waits_and_names_the_command_that_fits(host: str) -> None:
    status = held_status(HELD, URL, LIMITS[host])
    assert status.state is StatusState.WAITING
    assert len(status.description) <= LIMITS[host].description
    assert "comes from outside" in status.description
