"""Executions and pipelines written as one line: `build: unit=ok, package=running > push; prod: go-live=waiting`.

Stages are separated by `;`, actions by `,`, groups of one run order by `>`. An action is `name=state`; without a state it
has not begun. What a stage and the execution are follows from the actions. Times are made up, always the same ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any

from bot.core.effects import job_id
from bot.model.approval import Answer, Verdict
from bot.model.deployment_wait import DeploymentWait, Merge, WaitType
from bot.model.error import ErrorCode
from bot.model.execution import (
    ActionRun,
    ActionStatus,
    Execution,
    ExecutionStatus,
    LaneKey,
    StageRun,
    StageStatus,
    Trigger,
    TriggerKind,
)
from bot.model.people import Person
from bot.model.pipeline import Action, Approve, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision

ADA = Person("ada", "1")
BEN = Person("ben", "2")
REPOSITORY = Repository("local", "7", "acme/web")
COMMIT = "4f2c1e9" + "0" * 33
START = 1_795_449_000.0  # Mon 23 Nov 2026, 15:50 UTC
NOW = START + 3600

_APPROVALS = ("waiting", "approved", "rejected", "expired")
_WAITS = {"ready": WaitType.READY, "kept": WaitType.TERMINATION}
_TOOK = (41.0, 18.0, 12.0, 2.5, 64.0)


@dataclass(frozen=True)
class Built:
    """An execution with the pipeline that it runs."""

    execution: Execution
    pipeline: Pipeline

    def changed(self, **fields: Any) -> "Built":
        return replace(self, execution=replace(self.execution, **fields))


@dataclass
class _Clock:
    now: float = START
    lengths: Iterator[float] = field(default_factory=lambda: cycle(_TOOK))


def built(
    text: str,
    *,
    name: str = "web",
    number: int = 12,
    approve: Approve | None = None,
    answers: tuple[Answer, ...] = (),
    summaries: Mapping[str, str] | None = None,
    **fields: Any,
) -> Built:
    """`summaries` are what actions said at their end, by name; further fields replace the execution's."""
    pull_request = fields.pop("pull_request", 3)
    message = fields.pop("message", "Fix the typo\n\nIt said teh.")
    plans = [_stage(part, approve or Approve()) for part in text.split(";")]
    pipeline = Pipeline(name, tuple(stage for stage, _ in plans), digest="d1")
    clock = _Clock()
    identity = fields.pop("id", f"{name}-{number}")
    runs = tuple(_stage_run(stage, states, clock, identity, answers, summaries or {}) for stage, states in plans)
    ref = Ref(RefKind.PULL_REQUEST, str(pull_request)) if pull_request else Ref(RefKind.BRANCH, "main")
    at = max((i for i, run in enumerate(runs) if run.status is not StageStatus.NOT_STARTED), default=0)
    status = _status(runs)
    execution = Execution(
        id=identity,
        number=number,
        lane=LaneKey(REPOSITORY, name, ref),
        definition="d1",
        revision=Revision(COMMIT, ref, branch="typo", pull_request=pull_request, author=ADA, message=message),
        trigger=Trigger(TriggerKind.PULL_REQUEST, ADA, "pull request 3 opened"),
        stages=runs,
        started_at=START,
        status=status,
        stage=at,
        waiting=runs[at].status is StageStatus.NOT_STARTED,
        ended_at=clock.now if status.ended else None,
    )
    return Built(replace(execution, **fields), pipeline)


def entering(text: str, stage: str, **fields: Any) -> Built:
    """An execution that waits before a stage."""
    made = built(text, **fields)
    return made.changed(
        stage=made.pipeline.stage_index(stage), waiting=True, status=ExecutionStatus.IN_PROGRESS, ended_at=None
    )


def _stage(text: str, approve: Approve) -> tuple[Stage, dict[str, str]]:
    name, _, rest = text.partition(":")
    actions, states = [], {}
    for order, group in enumerate(rest.split(">"), 1):
        for part in group.split(","):
            action, _, state = part.strip().partition("=")
            work = approve if state in _APPROVALS else Run(("true",))
            actions.append(Action(action, work, run_order=order))
            states[action] = state
    return Stage(name.strip(), tuple(actions)), states


def _stage_run(
    stage: Stage,
    states: Mapping[str, str],
    clock: _Clock,
    execution: str,
    answers: tuple[Answer, ...],
    summaries: Mapping[str, str],
) -> StageRun:
    start = clock.now
    runs = tuple(
        _said(_action_run(stage, name, state, clock, execution, answers), summaries) for name, state in states.items()
    )
    status = _stage_status([run.status for run in runs])
    if status is StageStatus.NOT_STARTED:
        return StageRun(stage.name, runs)
    ended = clock.now if status not in (StageStatus.IN_PROGRESS, StageStatus.STOPPING) else None
    return StageRun(stage.name, runs, status, attempts=1, started_at=start, ended_at=ended)


def _said(run: ActionRun, summaries: Mapping[str, str]) -> ActionRun:
    return replace(run, summary=summaries[run.name]) if run.name in summaries else run


def _action_run(
    stage: Stage, name: str, state: str, clock: _Clock, execution: str, answers: tuple[Answer, ...]
) -> ActionRun:
    start = clock.now
    log = job_id(execution, stage.name, name, 1)
    live = {
        "": ActionRun(name),
        "running": ActionRun(name, ActionStatus.IN_PROGRESS, 1, start, log=log),
        "queued": ActionRun(name, ActionStatus.IN_PROGRESS, 1, log=log),
        "waiting": ActionRun(name, ActionStatus.IN_PROGRESS, 1, start, answers=answers, deadline=start + 7 * 86_400.0),
    }
    if state in live:
        return live[state]
    if state == "merge":
        merge = Merge("acme/env", 7)
        return replace(live["running"], waits=DeploymentWait(WaitType.MERGE, start + 7 * 86_400.0, True, merge))
    if state in _WAITS:
        return replace(live["running"], waits=DeploymentWait(_WAITS[state], start + 1800.0))
    clock.now += next(clock.lengths)
    ended = ActionRun(name, ActionStatus.SUCCEEDED, 1, start, clock.now, log=log)
    return ended if state == "ok" else _ended_otherwise(ended, state, answers)


def _ended_otherwise(ended: ActionRun, state: str, answers: tuple[Answer, ...]) -> ActionRun:
    failed = replace(ended, status=ActionStatus.FAILED)
    match state:
        case "failed":
            return replace(failed, error=ErrorCode.JOB_FAILED, exit_status=2, summary="exit status 2")
        case "abandoned":
            return replace(ended, status=ActionStatus.ABANDONED)
        case "approved":
            return replace(ended, answers=answers or (Answer(ADA, Verdict.APPROVED, NOW),), log="")
        case "rejected":
            given = answers or (Answer(BEN, Verdict.REJECTED, NOW, "too risky"),)
            words = f"rejected by {given[-1].by.login}: {given[-1].words}"
            return replace(failed, error=ErrorCode.REJECTED, answers=given, log="", summary=words)
        case "expired":
            return replace(failed, error=ErrorCode.TIMEOUT, log="", summary="nobody answered in time")
    raise ValueError(f"no such state of an action: {state}")


def _stage_status(actions: list[ActionStatus]) -> StageStatus:
    if all(status is ActionStatus.NOT_STARTED for status in actions):
        return StageStatus.NOT_STARTED
    if ActionStatus.IN_PROGRESS in actions:
        return StageStatus.IN_PROGRESS
    if ActionStatus.FAILED in actions:
        return StageStatus.FAILED
    if ActionStatus.ABANDONED in actions:
        return StageStatus.STOPPED
    return StageStatus.SUCCEEDED


def _status(stages: tuple[StageRun, ...]) -> ExecutionStatus:
    statuses = [stage.status for stage in stages]
    if StageStatus.FAILED in statuses:
        return ExecutionStatus.FAILED
    if StageStatus.STOPPED in statuses:
        return ExecutionStatus.STOPPED
    if statuses[-1] is StageStatus.SUCCEEDED:
        return ExecutionStatus.SUCCEEDED
    return ExecutionStatus.IN_PROGRESS
