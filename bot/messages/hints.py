"""What to type next: the commands that make sense in an execution's state, as they are typed on that host."""

from collections.abc import Iterator

from bot.commands.table import BY_NAME
from bot.core.letting_go import waiting_in
from bot.core.merges import awaited_in
from bot.core.override import holding_back
from bot.messages.deployment_waits import TO_END, TO_STOP, until_words
from bot.messages.markdown import code, link, plain
from bot.messages.owners import approvers, passed_over
from bot.messages.state import waiting_approvals
from bot.messages.words import place, when
from bot.model.execution import ActionRun, Execution, ExecutionStatus
from bot.model.pipeline import Approve, ConditionResult, Pipeline, RetryMode

_RETRYABLE = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


def typed(prefix: str, command: str, rest: str = "") -> str:
    """A command to type, as code. Raises KeyError for one that is not in the table."""
    return code(f"{prefix}{BY_NAME[command].name} {rest}".rstrip())


def hints(execution: Execution, pipeline: Pipeline, prefix: str, now: float) -> list[str]:
    """Lines of Markdown; none where there is nothing to be done."""
    if execution.in_part:
        return ["To have the rest run, somebody who may write here can push the commit to a branch of this repository."]
    if execution.status in _RETRYABLE and not execution.waiting:
        retry = typed(prefix, "retry", _stage_to_retry(execution.current.name, pipeline.name))
        again = f"To try the stage again: {retry} · to begin anew: {_anew(execution, pipeline, prefix)}"
        return [again, *_override(execution, pipeline, prefix)]
    if execution.status in (ExecutionStatus.STOPPED, ExecutionStatus.CANCELLED):
        return [f"To begin anew: {_anew(execution, pipeline, prefix)}"]
    if execution.status is ExecutionStatus.STOPPING:
        return [f"To kill what still runs: {typed(prefix, 'stop', 'abandon')}"]
    if execution.status is not ExecutionStatus.IN_PROGRESS:
        return []
    asked = [
        *_answer(execution, pipeline, prefix, now),
        *_let_go(execution, prefix, now),
        *_merge(execution, prefix, now),
        *_override(execution, pipeline, prefix),
    ]
    return asked or [f"To stop it: {typed(prefix, 'stop')}"]


def _anew(execution: Execution, pipeline: Pipeline, prefix: str) -> str:
    if execution.outside:
        return typed(prefix, "ok-to-test", execution.revision.commit)
    return typed(prefix, "rerun", pipeline.name)


def _override(execution: Execution, pipeline: Pipeline, prefix: str) -> Iterator[str]:
    """Where a condition holds it back that people may pass (section 16.2)."""
    run = holding_back(execution)
    stage = execution.current.name
    condition = pipeline.stage(stage).condition(run.kind) if run is not None else None
    if condition is not None and condition.result is not ConditionResult.SKIP:
        yield f"To pass the condition all the same: {typed(prefix, 'override', f'{stage} <why>')}"


def _stage_to_retry(stage: str, pipeline: str) -> str:
    """A stage that is called like a mode of retrying needs its pipeline before it, to be taken for a stage."""
    return f"{pipeline}:{stage}" if stage.lower() in tuple(RetryMode) else stage


def _answer(execution: Execution, pipeline: Pipeline, prefix: str, now: float) -> Iterator[str]:
    if execution.waiting:
        return
    stage = pipeline.stage(execution.current.name)
    waiting = waiting_approvals(execution.current, stage)
    for run, approval in waiting:
        where = place(stage.name, run.name if len(waiting) > 1 else "")
        go, refuse = typed(prefix, "approve", where), typed(prefix, "reject", f"{where} <why>")
        yield f"To go on: {go} · to refuse: {refuse} · {_whom(run, approval, now)}"
        if passed_over(run):
            yield plain(passed_over(run), 500)


def _let_go(execution: Execution, prefix: str, now: float) -> Iterator[str]:
    waiting = waiting_in(execution)
    for run, wait in waiting:
        where = place(execution.current.name, run.name if len(waiting) > 1 else "")
        go, stop = typed(prefix, "continue", where), typed(prefix, "stop", "abandon")
        yield f"{TO_END[wait.type]}: {go} · {TO_STOP[wait.type]}: {stop} · {until_words(wait, now)}"


def _merge(execution: Execution, prefix: str, now: float) -> Iterator[str]:
    for run, wait, merge in awaited_in(execution):
        what = plain(str(merge), 300)
        where = link(what, run.external_url) if run.external_url else what
        yield f"To go on: merge {where} · to end it: {typed(prefix, 'stop', 'abandon')} · {until_words(wait, now)}"


def _whom(run: ActionRun, approval: Approve, now: float) -> str:
    who = plain(approvers(run, approval), 500)
    return f"{who} · until {when(run.deadline, now)}" if run.deadline is not None else who
