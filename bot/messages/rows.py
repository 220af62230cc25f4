"""The comment's table: a row a stage, with its actions and its time. Cells hold no line ends and no bars but escaped ones."""

from bot.messages.conditions import describe
from bot.messages.markdown import link, plain
from bot.messages.state import stage_icon
from bot.messages.words import describe_action, plural, took, when
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun, StageStatus
from bot.model.pipeline import Pipeline, Stage

_HEAD = "| | Stage | Actions | Time |\n|---|---|---|---|"
_MOST_ACTIONS = 8
_ENDED = (StageStatus.SUCCEEDED, StageStatus.FAILED, StageStatus.STOPPED, StageStatus.SKIPPED, StageStatus.CANCELLED)
# What to show first where not all actions fit in a cell: what failed, then what runs.
_URGENCY = {ActionStatus.FAILED: 0, ActionStatus.IN_PROGRESS: 1, ActionStatus.ABANDONED: 2}


def table(execution: Execution, pipeline: Pipeline, url: str, now: float, most: int) -> str:
    """At most about `most` stages: the ones around where the execution is are kept, those far from it are counted."""
    if most == 0:
        return ""
    shown = _around(execution.stage, len(execution.stages), most)
    lines = [_HEAD]
    if shown.start:
        lines.append(f"| | … {plural(shown.start, 'earlier stage')} | | |")
    lines += [_row(execution, execution.stages[i], pipeline.stages[i], url, now) for i in shown]
    if left := len(execution.stages) - shown.stop:
        lines.append(f"| | … {plural(left, 'later stage')} | | |")
    return "\n".join(lines)


def _around(middle: int, count: int, most: int) -> range:
    start = max(0, min(middle - most // 2, count - most))
    return range(start, min(count, start + most))


def _row(execution: Execution, run: StageRun, stage: Stage, url: str, now: float) -> str:
    current = run is execution.current and not execution.status.ended
    name = link(plain(run.name), f"{url}#stage-{run.name}")
    name = f"**{name}**" if current else name
    return f"| {stage_icon(run, stage)} | {name} | {_actions(run, stage)} | {_time(execution, run, now)} |"


def _actions(run: StageRun, stage: Stage) -> str:
    chosen = sorted(run.actions, key=lambda action: _URGENCY.get(action.status, 3))[:_MOST_ACTIONS]
    cells = [_action(action, stage, over=run.status in _ENDED) for action in run.actions if action in chosen]
    hidden = len(run.actions) - len(cells)
    judged = [plain(words, 200) for words in map(describe, run.conditions) if words]
    kept = [plain(f"withheld: {run.withheld}", 300)] if run.withheld else []
    return " · ".join([*kept, *judged, *cells, *([f"{hidden} more"] if hidden else [])])


def _action(run: ActionRun, stage: Stage, *, over: bool) -> str:
    words = describe_action(run, stage.action(run.name), over=over)
    quick = run.status is ActionStatus.SUCCEEDED
    text = plain(f"{run.name}{' ' if quick else ': '}{words}" if words else run.name, 160)
    text = link(text, run.external_url) if run.external_url else text
    return f"**{text}**" if run.status in (ActionStatus.IN_PROGRESS, ActionStatus.FAILED) else text


def _time(execution: Execution, run: StageRun, now: float) -> str:
    if run.status is StageStatus.NOT_STARTED:
        waits = run is execution.current and not execution.status.ended
        return "waiting to enter" if waits else ""
    time = took(run.started_at, run.ended_at)
    if run.status in _ENDED:
        return f"{time} ({run.attempts} attempts)" if run.attempts > 1 else time
    return f"since {when(run.started_at, now)}" if run.started_at is not None else ""
