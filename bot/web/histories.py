"""What actions and rules came to, as rows of a lane's page. Finding them is `bot.runtime.records`' affair."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.records import ActionRecord, RuleRecord
from bot.messages.words import said
from bot.model.condition import RuleStatus
from bot.model.execution import ActionStatus, Execution
from bot.web.attempts import log_path
from bot.web.conditions import WHEN, of_rule
from bot.web.states import Look, of_action, of_past
from bot.web.times import Span


@dataclass(frozen=True, slots=True)
class RecordRow:
    """`about` says what else is to be known of it: an attempt, when a rule was asked; `path` leads to it on its execution's page."""

    name: str
    about: str
    look: Look
    summary: str
    span: Span
    at: float | None
    execution: Execution
    path: str
    log: str


def action_rows(records: Sequence[ActionRecord]) -> list[RecordRow]:
    return [_action(record) for record in records]


def rule_rows(records: Sequence[RuleRecord]) -> list[RecordRow]:
    return [_rule(record) for record in records]


def _action(record: ActionRecord) -> RecordRow:
    execution, run = record.execution, record.run
    words = [
        f"{each.verdict.lower()} by {each.by.login}" + (f": {each.words}" if each.words else "") for each in run.answers
    ]
    return RecordRow(
        name=f"{record.stage} / {run.name}",
        about=f"attempt {run.attempt}" if run.attempt > 1 or not record.latest else "",
        look=of_action(execution, run) if record.latest else of_past(run),
        summary=" · ".join(words) or said(run),
        span=Span(run.started_at, run.ended_at, live=run.status is ActionStatus.IN_PROGRESS),
        at=run.started_at,
        execution=execution,
        path=f"/executions/{execution.id}#action-{record.stage}-{run.name}",
        log=log_path(execution.id, record.stage, run.name, run.attempt) if run.log else "",
    )


def _rule(record: RuleRecord) -> RecordRow:
    execution, run = record.execution, record.run
    again = f", attempt {record.attempt}" if record.attempt > 1 else ""
    return RecordRow(
        name=f"{record.stage} / {run.name}",
        about=WHEN[record.kind] + again,
        look=of_rule(run),
        summary=run.summary,
        span=Span(run.started_at, run.ended_at, live=run.status is RuleStatus.IN_PROGRESS),
        at=run.started_at,
        execution=execution,
        path=f"/executions/{execution.id}#stage-{record.stage}",
        log="",
    )
