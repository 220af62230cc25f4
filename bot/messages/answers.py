"""Answers to questions: `/status` and `/why`. `/help` is made from the table of commands (`bot.commands.help`)."""

from collections.abc import Sequence

from bot.commands.command import Place
from bot.core.sources import revisions
from bot.messages.hints import hints
from bot.messages.markdown import code, link, plain, prose
from bot.messages.state import ICONS, execution_state, sentence
from bot.messages.statuses import execution_url
from bot.messages.words import duration, held_words, progress, when
from bot.model.execution import Execution
from bot.model.intake import Intake, Judgement
from bot.model.pipeline import Pipeline
from bot.model.waiting import Hold
from bot.ports import HostLimits

_NOTHING = "Nothing has happened here yet that a pipeline could start for."
_MOST = 20


def status_answer(
    shown: Sequence[tuple[Execution, Pipeline]],
    held: Sequence[tuple[Place, Hold]],
    intake: Intake | None,
    base_url: str,
    now: float,
    limits: HostLimits,
) -> str:
    """What runs, what waits and for whom, and what came of the last one. `shown`: what is live, and each pipeline's last.

    `held` are the stages that let nobody in.
    """
    if not shown:
        return _quiet(intake)
    lines = [_line(execution, pipeline, base_url, now, limits) for execution, pipeline in shown[:_MOST]]
    if len(shown) > _MOST:
        lines.append(f"- … and {len(shown) - _MOST} more")
    lines += [f"- ✋ {code(str(place))} is {plain(held_words(hold), 400)}" for place, hold in held]
    if intake is not None:
        kept = [f"- {_judgement(judgement)}" for judgement in intake.judgements if not judgement.started]
        if kept or intake.problem:
            problem = f"; {prose(intake.problem)}" if intake.problem else ""
            lines += [f"\nThe last event here: {_event(intake)}{problem}.", *kept]
    return _within("\n".join(lines), limits)


def why_answer(intake: Intake | None, now: float, limits: HostLimits, others: Sequence[Intake] = ()) -> str:
    """What the last event came to, pipeline by pipeline; and what `others` of the same commit did."""
    if intake is None:
        return _NOTHING
    lines = _came_to(intake, "The last event here", now)
    for other in others:
        lines += ["", *_came_to(other, "Before it", now)]
    return _within("\n".join(lines), limits)


def _came_to(intake: Intake, what: str, now: float) -> list[str]:
    lines = [f"{what}: {_event(intake)}, {when(intake.at, now)}."]
    lines += [f"- {_judgement(judgement)}" for judgement in intake.judgements]
    if not any(judgement.started for judgement in intake.judgements):
        lines.append("\nNothing was started for it" + (f": {prose(intake.problem)}." if intake.problem else "."))
    elif intake.problem:
        lines.append(f"\nNot everything was in order: {prose(intake.problem)}.")
    return lines


def _quiet(intake: Intake | None) -> str:
    if intake is None:
        return _NOTHING
    reasons = [prose(intake.problem)] if intake.problem else [_judgement(judgement) for judgement in intake.judgements]
    return f"Nothing runs here. The last event: {_event(intake)}" + "".join(f"; {reason}" for reason in reasons) + "."


def _event(intake: Intake) -> str:
    return f"{plain(intake.event)} ({code(intake.commit[:7])})" if intake.commit else plain(intake.event)


def _judgement(judgement: Judgement) -> str:
    verb = "started" if judgement.started else "not started"
    return f"{code(judgement.pipeline)} {verb}: {prose(judgement.reason)}"


def _line(execution: Execution, pipeline: Pipeline, base_url: str, now: float, limits: HostLimits) -> str:
    page = link(f"execution {execution.number}", execution_url(base_url, execution))
    parts = [
        f"**{ICONS[execution_state(execution, pipeline)]} {plain(sentence(execution, pipeline), 300)}**",
        code(execution.revision.short),
        page,
        *([f"version {execution.pipeline_version}"] if execution.pipeline_version else []),
        f"{progress(execution)} done",
        _age(execution, now),
    ]
    of = [f"  {code(name)} is {code(one.short)} of {plain(one.name)}" for name, one in revisions(execution)]
    todo = [f"  {hint}" for hint in hints(execution, pipeline, limits.command_prefix, now)]
    return "\n".join([f"- {' · '.join(parts)}", *of, *todo])


def _age(execution: Execution, now: float) -> str:
    if execution.ended_at is not None:
        return when(execution.ended_at, now)
    return f"for {duration(max(0.0, now - execution.started_at))}"


def _within(text: str, limits: HostLimits) -> str:
    """Whole lines only, so that no code or link is cut open."""
    while len(text) > limits.comment:
        text = text.rpartition("\n")[0]
    return text
