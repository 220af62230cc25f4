"""The reminder of an approval that nobody has answered yet: short, since the pipeline's comment says everything else."""

from bot.core.effects import RemindAt
from bot.messages.hints import typed
from bot.messages.markdown import link, marker, plain
from bot.messages.owners import approvers
from bot.messages.statuses import execution_url
from bot.messages.words import duration, place, when
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline
from bot.ports import HostLimits


def reminder_comment(
    effect: RemindAt, execution: Execution, pipeline: Pipeline, base_url: str, now: float, limits: HostLimits
) -> str:
    """Its first line is the mark that it is found again by."""
    run = execution.current.action(effect.action)
    approval = pipeline.stage(effect.stage).action(effect.action).approval
    where = place(effect.stage, effect.action)
    first = marker("reminder", f"{effect.execution}:{where}:{effect.attempt}:{effect.number}")
    page = link(f"execution {execution.number}", execution_url(base_url, execution))
    left = max(0.0, (run.deadline or now) - now)
    until = f"{duration(left)} left, until {when(run.deadline, now)}" if run.deadline else ""
    who = plain(approvers(run, approval), 500) if approval else ""
    facts = " · ".join(filter(None, [page, who, until]))
    go = f"To go on: {typed(limits.command_prefix, 'approve', where)}"
    text = f"⏳ {plain(pipeline.name)} still waits for approval: {plain(where)} · {facts}\n\n{go}"
    return f"{first}\n{text}"[: limits.comment]
