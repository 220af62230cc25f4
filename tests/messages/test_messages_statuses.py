"""Commit statuses: what they say in every state, that they fit, and how few they are."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.messages.statuses import statuses
from bot.messages.words import when
from bot.model.deployment import (
    Bundle,
    Creator,
    Deployment,
    DeploymentStatus,
    TargetRun,
    TargetStatus,
)
from bot.model.execution import ExecutionStatus
from bot.model.status import CommitStatus, StatusState
from bot.model.traffic import Color, Phase, TrafficShift
from bot.ports import HostLimits
from tests.messages.cases import CASES
from tests.world.builders import COMMIT, NOW, REPOSITORY, Built, built
from tests.world.hosts_eyes import GITHUB, URL


def told(one: Built, limits: HostLimits = GITHUB, now: float = NOW) -> tuple[CommitStatus, ...]:
    return statuses(one.execution, one.pipeline, URL, now, limits)


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("of many")])
def test_statuses_say_what_goes_on(case: str, snapshot: SnapshotAssertion) -> None:
    assert [f"{s.context} {s.state}: {s.description}" for s in told(CASES[case])] == snapshot


def test_a_status_leads_to_its_stage_on_the_executions_page() -> None:
    first, second = told(built("build now: unit=ok"))
    assert first == CommitStatus(
        REPOSITORY,
        COMMIT,
        "penstock/web",
        StatusState.SUCCEEDED,
        first.description,
        f"{URL}/executions/web-12",
        first.ref,
        first.branch,
    )
    assert first.ref is not None
    assert first.branch
    assert second.context == "penstock/web/build now"
    assert second.url == f"{URL}/executions/web-12#stage-build%20now"


def test_a_stage_that_was_not_entered_has_no_context() -> None:
    for case in ("failed", "superseded", "waiting to enter a stage"):
        assert [s.context for s in told(CASES[case])] == ["penstock/web", "penstock/web/build"]


def test_what_an_older_execution_said_of_a_stage_does_not_stand() -> None:
    """A rerun that fails early must not leave the first run's success at production beside its failure."""
    carried = {"penstock/web/production", "penstock/web/gone"}
    states = {}
    for case in ("running", "failed"):
        one = CASES[case]
        *_, last = statuses(one.execution, one.pipeline, URL, NOW, GITHUB, carried)
        assert last.context == "penstock/web/production"
        assert last.description == "not reached by execution 12"
        states[case] = last.state
    assert states == {"running": StatusState.QUEUED, "failed": StatusState.STOPPED}


def test_a_push_through_three_stages_costs_at_most_twelve_requests() -> None:
    """Every state on the way, as it would be told if nothing were coalesced."""
    way = [
        "a: x, y > z; b: x; c: x, y",
        "a: x=queued, y=queued > z; b: x; c: x, y",
        "a: x=running, y=queued > z; b: x; c: x, y",
        "a: x=ok, y=running > z; b: x; c: x, y",
        "a: x=ok, y=ok > z=running; b: x; c: x, y",
        "a: x=ok, y=ok > z=ok; b: x=queued; c: x, y",
        "a: x=ok, y=ok > z=ok; b: x=running; c: x, y",
        "a: x=ok, y=ok > z=ok; b: x=ok; c: x=queued, y=queued",
        "a: x=ok, y=ok > z=ok; b: x=ok; c: x=ok, y=running",
        "a: x=ok, y=ok > z=ok; b: x=ok; c: x=ok, y=ok",
    ]
    sent = {(s.context, s.state, s.description) for step in way for s in told(built(step, waiting=False))}
    assert len(sent) <= 12


def test_time_passing_changes_no_status() -> None:
    for one in CASES.values():
        assert told(one, now=NOW + 86_400) == told(one)


@given(st.text(max_size=400), st.integers(min_value=1, max_value=255), st.sampled_from(list(ExecutionStatus)))
def test_descriptions_always_fit_and_stand_on_one_line(summary: str, limit: int, status: ExecutionStatus) -> None:
    one = built("build: unit=failed; production: x", summaries={"unit": summary}).changed(
        status=status, summary=summary
    )
    for told_ in told(one, HostLimits(limit, 65_536, reactions=True, folding=True)):
        assert len(told_.description) <= limit
        assert len(told_.description.splitlines()) <= 1
        assert not re.search(r"[\x00-\x1f\u202e\u200b]", told_.description)


def test_the_most_useful_words_come_first() -> None:
    narrow = HostLimits(60, 65_536, reactions=True, folding=True)
    waiting, failed = CASES["waiting for two, one has answered"], CASES["failed"]
    assert told(waiting, narrow)[0].description == "2 of 3 stages · waiting for approval: production/go-live"
    assert told(failed, narrow)[0].description.startswith("failed: build/unit (and 1 more): exit status 2")


@pytest.mark.parametrize(
    ("statuses_", "creator", "words"),
    [
        (
            [TargetStatus.SUCCEEDED, TargetStatus.IN_PROGRESS, TargetStatus.PENDING],
            Creator.USER,
            "deploying: 1 of 3 targets",
        ),
        (
            [TargetStatus.FAILED, TargetStatus.UNKNOWN, TargetStatus.PENDING],
            Creator.USER,
            "deploying: 0 of 3 targets, 2 failed",
        ),
        ([TargetStatus.IN_PROGRESS], Creator.ROLLBACK, "rolling back: 0 of 1 target"),
    ],
)
def test_a_stage_tells_how_far_its_deployment_is(statuses_: list[TargetStatus], creator: Creator, words: str) -> None:
    one = built("prod: go=running, other=running")
    runs = tuple(TargetRun(str(number), status) for number, status in enumerate(statuses_))
    going_on = Deployment(
        "d-1", "g", "e", "prod", "go", 1, Bundle("c", ""), NOW, creator, DeploymentStatus.IN_PROGRESS, targets=runs
    )
    ended = replace(going_on, status=DeploymentStatus.FAILED)
    *_, last = statuses(one.execution, one.pipeline, URL, NOW, GITHUB, (), (ended, going_on))
    assert last.description == f"{words} · running 2 actions"


@pytest.mark.parametrize(
    ("shift", "status", "words"),
    [
        ({}, DeploymentStatus.IN_PROGRESS, "deploying: 0 of 0 targets"),
        (
            {"phase": Phase.READY, "until": NOW + 60},
            DeploymentStatus.READY,
            "0 % of the traffic goes to blue, it is ready, and waits until {}",
        ),
        (
            {"phase": Phase.SHIFT, "share": 10, "until": NOW + 60},
            DeploymentStatus.IN_PROGRESS,
            "10 % of the traffic goes to blue, the next step comes {}",
        ),
        (
            {"phase": Phase.KEEP, "share": 100, "until": NOW + 60},
            DeploymentStatus.BAKING,
            "100 % of the traffic goes to blue, the originals are kept until {}",
        ),
    ],
)
def test_a_stage_tells_how_far_its_traffic_is(shift: Mapping[str, Any], status: DeploymentStatus, words: str) -> None:
    one = built("prod: go=running")
    traffic = TrafficShift("front", Color.BLUE, ("g",), ("b",), (10, 100), **shift)
    bundle = Bundle("c", "")
    going_on = Deployment("d-1", "g", "e", "prod", "go", 1, bundle, NOW, status=status, traffic=traffic)
    *_, last = statuses(one.execution, one.pipeline, URL, NOW, GITHUB, (), (going_on,))
    assert last.description == words.format(when(NOW + 60))
