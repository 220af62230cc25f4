"""Executions in every state that people see, by what they are: the messages' tests look at each."""

from dataclasses import replace
from typing import Any

from bot.model.approval import Answer, Verdict
from bot.model.execution import ExecutionStatus, StageStatus
from bot.model.pipeline import Approve
from tests.world.builders import ADA, NOW, Built, built, entering

BY_RELEASE = Approve(
    by=("team:acme/release", "user:ada"),
    count=2,
    message="Release #{variables.VERSION} of #{source.BranchName}?",
    link="https://staging.example.org/?v=#{source.CommitId}",
)

PLAIN = "build: unit=ok, package=ok; staging: deploy=ok; production: "


def _with_current(one: Built, **fields: Any) -> Built:
    """The same with its current stage changed."""
    execution = one.execution
    run = replace(execution.current, **fields)
    return one.changed(stages=tuple(run if stage is execution.current else stage for stage in execution.stages))


CASES: dict[str, Built] = {
    "queued at its first stage": built("build: unit; production: roll-out"),
    "running": built("build: unit=ok, package=running, lint=queued > publish; production: roll-out"),
    "running beside a failure": built("build: unit=failed, package=running > publish; production: roll-out"),
    "waiting to enter a stage": entering("build: unit=ok; production: roll-out", "production"),
    "waiting for its traffic": built(PLAIN + "roll-out=ready"),
    "keeping the originals": built(PLAIN + "roll-out=kept"),
    "waiting for anybody": built(PLAIN + "go-live=waiting > roll-out"),
    "waiting for two, one has answered": built(
        PLAIN + "go-live=waiting > roll-out",
        approve=BY_RELEASE,
        answers=(Answer(ADA, Verdict.APPROVED, NOW, "tested by hand"),),
        variables={"VERSION": "1.2"},
    ),
    "waiting for two approvals at once": built("build: unit=ok; production: legal=waiting, security=waiting > out"),
    "approved and running": built(PLAIN + "go-live=approved > roll-out=running"),
    "succeeded": built(PLAIN + "go-live=approved > roll-out=ok"),
    "failed": built("build: unit=failed, lint=failed, package=ok > publish; production: roll-out"),
    "failed again": _with_current(built("build: unit=failed; production: roll-out"), attempts=2),
    "failed in a stage called all": built("all: unit=failed"),
    "rejected": built(PLAIN + "go-live=rejected > roll-out"),
    "expired": built(PLAIN + "go-live=expired > roll-out"),
    "stopping": _with_current(built("build: unit=running; production: roll-out"), status=StageStatus.STOPPING).changed(
        status=ExecutionStatus.STOPPING, summary="stopped by ben: wrong branch"
    ),
    "stopped": built(
        "build: unit=abandoned, lint=ok > publish; production: roll-out", summary="stopped by ben: wrong branch"
    ),
    "stopped before a stage": entering("build: unit=ok; production: roll-out", "production").changed(
        status=ExecutionStatus.STOPPED, ended_at=NOW, summary="stopped by ben"
    ),
    "superseded": entering("build: unit=ok; production: roll-out", "production").changed(
        status=ExecutionStatus.SUPERSEDED, ended_at=NOW, summary="superseded by execution 13", superseded_by="web-13"
    ),
    "cancelled": entering("build: unit=ok; production: roll-out", "production").changed(
        status=ExecutionStatus.CANCELLED, ended_at=NOW
    ),
    "of many stages": built("; ".join(f"s{n}: a=ok" for n in range(30)) + "; last: b=running, c=failed; then: d"),
    "of many actions": built("build: " + ", ".join(f"a{n}=ok" for n in range(20)) + ", bad=failed, on=running"),
}

TAILS = {
    "web-12/build/unit/1": "collected 3 items\ntests/test_web.py::test_title FAILED\n\nmake: *** [Makefile:4: test] Error 2\n",
    "web-12/build/lint/1": "E501 line too long",
}
