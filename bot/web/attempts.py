"""Attempts at an action that a retry has replaced, as pages show them: how each ended, in whose words, and where its log is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.core.effects import job_id
from bot.core.events import ActionFinished
from bot.model.approval import Answer
from bot.model.execution import ActionRun, ActionStatus, Execution
from bot.ports import HistoryEntry
from bot.web.states import Look, of_past
from bot.web.times import Span


@dataclass(frozen=True, slots=True)
class Attempt:
    """`log` is its log's page, "" where there is none: an approval's."""

    number: int
    look: Look
    log: str
    summary: str
    span: Span
    answers: tuple[Answer, ...]


def log_path(execution: str, stage: str, action: str, attempt: int) -> str:
    return f"/executions/{execution}/logs/{stage}/{action}/{attempt}"


def earlier_attempts(execution: Execution, history: Iterable[HistoryEntry]) -> Mapping[str, tuple[Attempt, ...]]:
    """By `stage/action`, oldest first. The record has them; what it lacks, since an older version wrote it, history tells."""
    found: dict[str, dict[int, Attempt]] = {}
    for stage, run in _told(execution, history):
        found.setdefault(f"{stage}/{run.name}", {})[run.attempt] = _attempt(execution, stage, run)
    for stage_run in execution.stages:
        for run in stage_run.past:
            name = f"{stage_run.name}/{run.name}"
            found.setdefault(name, {})[run.attempt] = _attempt(execution, stage_run.name, run)
    return {name: tuple(attempts[number] for number in sorted(attempts)) for name, attempts in found.items()}


def _attempt(execution: Execution, stage: str, run: ActionRun) -> Attempt:
    log = log_path(execution.id, stage, run.name, run.attempt) if run.log else ""
    return Attempt(run.attempt, of_past(run), log, run.summary, Span(run.started_at, run.ended_at), run.answers)


def _told(execution: Execution, history: Iterable[HistoryEntry]) -> Iterable[tuple[str, ActionRun]]:
    """Each replaced attempt that history has the end of, with its stage."""
    current = {
        # Put back to start anew: the attempt that its number names has ended.
        f"{s.name}/{a.name}": a.attempt + (a.status is ActionStatus.NOT_STARTED)
        for s in execution.stages
        for a in s.actions
    }
    for event in (entry.event for entry in history):
        if not isinstance(event, ActionFinished) or event.execution != execution.id:
            continue
        if event.attempt < current.get(f"{event.stage}/{event.action}", 0):
            yield (
                event.stage,
                ActionRun(
                    event.action,
                    event.status,
                    event.attempt,
                    event.started_at,
                    event.at,
                    event.summary,
                    event.error,
                    event.exit_status,
                    log=job_id(execution.id, event.stage, event.action, event.attempt),
                ),
            )
