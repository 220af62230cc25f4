"""Answers to `/status` and `/why`."""

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.commands.parse import parse
from bot.messages.answers import status_answer, why_answer
from bot.model.intake import Intake, Judgement
from bot.ports import HostLimits
from tests.messages.cases import CASES
from tests.world.builders import COMMIT, NOW, Built
from tests.world.hosts_eyes import GITHUB, GITLAB, URL

NO_FILE = "there is no pipeline file (.pipeline.yml or .pipelines/*.yml) at this commit"
INTAKES = {
    "nothing ever": None,
    "no pipeline file": Intake(COMMIT, "a push to main", NOW, problem=NO_FILE),
    "a deletion": Intake("", "heads/main was deleted", NOW),
    "judged": Intake(
        COMMIT,
        "pull request 3 opened",
        NOW,
        (
            Judgement("web", started=True, reason="pull request 3 opened"),
            Judgement("docs", started=False, reason="the paths match none of docs/**"),
        ),
    ),
    "errors in one of two": Intake(
        COMMIT, "a push to main", NOW, (Judgement("web", started=True, reason="a push to main"),), "`x.yml` has errors"
    ),
    "no pipeline in it": Intake(COMMIT, "a push to <b>@main", NOW),
}


def status(*shown: Built, intake: Intake | None = None, limits: HostLimits = GITHUB) -> str:
    return status_answer([(one.execution, one.pipeline) for one in shown], (), intake, URL, NOW, limits)


@pytest.mark.parametrize("case", INTAKES)
def test_why_tells_what_the_last_event_came_to(case: str, snapshot: SnapshotAssertion) -> None:
    assert why_answer(INTAKES[case], NOW, GITHUB) == snapshot


@pytest.mark.parametrize("case", INTAKES)
def test_status_explains_that_nothing_runs(case: str, snapshot: SnapshotAssertion) -> None:
    assert status(intake=INTAKES[case]) == snapshot


def test_status_tells_what_runs_what_waits_and_what_came_last(snapshot: SnapshotAssertion) -> None:
    shown = [CASES[case] for case in ("running", "waiting for two, one has answered", "failed", "succeeded")]
    assert status(*shown, intake=INTAKES["no pipeline file"]) == snapshot


def test_an_answer_is_no_command() -> None:
    for limits in (GITHUB, GITLAB):
        assert parse(status(*CASES.values(), limits=limits)) == ()


def test_an_answer_fits_whole_lines_into_the_host() -> None:
    whole = status(*CASES.values())
    cut = status(*CASES.values(), limits=HostLimits(140, 1_000, reactions=True, folding=True))
    assert len(cut) <= 1_000
    assert whole.startswith(cut + "\n")
