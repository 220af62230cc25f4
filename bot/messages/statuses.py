"""Commit statuses of an execution: one for its pipeline, one for each stage that it has entered.

A stage gets no context before it is entered, and none at all if it never is: nothing is known of it, and every status is
a request to the host. Only where the commit carries that context from an older execution is it said that this one has not
got there (`carried`). What changes often (which action runs, for how long) is left to the page: a stage costs two
requests, three with an approval in it.
"""

from collections.abc import Collection, Iterator, Sequence
from urllib.parse import quote

from bot.core.owners import asks_owners
from bot.messages.conditions import awaited, opening, overridden, refusal
from bot.messages.deployment_waits import ready_deployments, until_words, what_waits
from bot.messages.deployments import progress_words
from bot.messages.owners import approvers
from bot.messages.rollbacks import followed
from bot.messages.state import describe_execution, execution_state, stage_state, waiting_approvals
from bot.messages.text import fit, one_line
from bot.messages.words import answers, cause, failures, plural, progress, said, took, when, withheld
from bot.model.deployment import Deployment
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun, StageStatus
from bot.model.pipeline import Approve, Pipeline, Stage
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostLimits


def statuses(
    execution: Execution,
    pipeline: Pipeline,
    base_url: str,
    now: float,
    limits: HostLimits,
    carried: Collection[str] = (),
    deployments: Sequence[Deployment] = (),
) -> tuple[CommitStatus, ...]:
    """The pipeline's status first, then its stages' in order. `carried` names contexts that the commit has already.
    `deployments` are those of the newest attempts; how far they are is told.
    """
    url = execution_url(base_url, execution)

    def status(context: str, state: StatusState, parts: list[str], url: str) -> CommitStatus:
        description = fit([one_line(part) for part in parts], limits.description)
        lane, revision = execution.lane, execution.revision
        return CommitStatus(
            lane.repository, revision.commit, context, state, description, url, lane.ref, revision.branch
        )

    own = pipeline_context(pipeline.name)
    told = [status(own, execution_state(execution, pipeline), _pipeline_words(execution, pipeline, now), url)]
    for run, stage in zip(execution.stages, pipeline.stages, strict=True):
        context = f"{own}/{stage.name}"
        state = stage_state(run, stage)
        anchor = f"{url}#stage-{quote(stage.name)}"
        if state is not None:
            told.append(status(context, state, stage_words(execution, run, stage, now, deployments), anchor))
        elif context in carried and run.withheld:
            told.append(status(context, StatusState.WAITING, [withheld(run)], anchor))
        elif context in carried and execution.rollback is None:  # a rollback leaves other stages' statuses as they are
            state = StatusState.STOPPED if execution.status.ended else StatusState.QUEUED
            told.append(status(context, state, [f"not reached by execution {execution.number}"], anchor))
    return tuple(told)


def pipeline_context(pipeline: str) -> str:
    return f"penstock/{pipeline}"


def execution_url(base_url: str, execution: Execution) -> str:
    return f"{base_url}/executions/{quote(execution.id, safe='')}"


def _pipeline_words(execution: Execution, pipeline: Pipeline, now: float) -> list[str]:
    what = describe_execution(execution, pipeline)
    if execution.in_part:
        return [what]
    if execution.status.ended:
        return [what, followed(execution), progress(execution)]
    stage = execution.current
    waiting = [] if execution.waiting else waiting_approvals(stage, pipeline.stage(stage.name))
    ready = [] if waiting or execution.waiting else ready_deployments(stage)
    until = [until_words(ready[0][1], now)] if len(ready) == 1 else []
    return [progress(execution), what, *(_whom(*waiting[0], now) if len(waiting) == 1 else until)]


def stage_words(
    execution: Execution, run: StageRun, stage: Stage, now: float, deployments: Sequence[Deployment] = ()
) -> list[str]:
    """What is said of a stage that was entered, in parts: the later ones may be left out."""
    time = took(run.started_at, run.ended_at)
    match run.status:
        case StageStatus.SUCCEEDED:
            given = [*_approvals_given(run), *overridden(run)]
            return [f"succeeded in {time}" if time else "succeeded", *given]
        case StageStatus.SKIPPED:
            return [": ".join(filter(None, ["skipped", refusal(run)]))]
        case StageStatus.FAILED:
            why = cause(run, with_stage=False) or execution.summary
            return [f"failed: {why}" if why else "failed", f"after {time}" if time else ""]
        case StageStatus.IN_PROGRESS:
            return list(_stage_runs(run, stage, now, deployments))
        case StageStatus.STOPPING:
            return [f"being {execution.summary or 'stopped'}"]
        case _:
            return [execution.summary or run.status.lower()]


def _stage_runs(run: StageRun, stage: Stage, now: float, deployments: Sequence[Deployment]) -> Iterator[str]:
    waiting = waiting_approvals(run, stage)
    if opening(run) is not None:
        yield f"waiting to enter, {awaited(run)}"
    elif awaited(run):
        yield f"being judged, {awaited(run)}"
    elif len(waiting) == 1:
        yield f"waiting for approval: {waiting[0][0].name}"
        yield from _whom(*waiting[0], now)
    elif waiting:
        yield f"waiting for {plural(len(waiting), 'approval')}: {', '.join(action.name for action, _ in waiting)}"
    elif failures(run):
        yield f"{failures(run)[0].name} failed"
        yield "what runs beside it is left to finish"
    elif ready := ready_deployments(run):
        yield what_waits(run, with_stage=False)
        yield until_words(ready[0][1], now)
    else:
        going_on = [said(action) for action in run.actions if _says_itself(action)]
        going_on += progress_words(deployments, run.name)
        yield from going_on
        if not going_on or len(run.actions) > 1:
            yield f"running {plural(len(run.actions), 'action')}"


def _says_itself(run: ActionRun) -> bool:
    """What its deployment says is not said twice."""
    kept = run.waits is not None and run.waits.merge is None
    return (
        run.status is ActionStatus.IN_PROGRESS
        and bool(said(run))
        and not (kept and not run.summary and run.outage is None)
    )


def _whom(run: ActionRun, approval: Approve, now: float) -> Iterator[str]:
    if run.answers and not (asks_owners(approval) and len(run.answers) >= approval.count):
        yield f"{len(run.answers)} of {approval.count}"
    yield approvers(run, approval)
    if run.deadline is not None:
        yield f"until {when(run.deadline, now)}"


def _approvals_given(run: StageRun) -> Iterator[str]:
    for action in run.actions:
        for answer in answers(action):
            yield f"{action.name} {answer}"
