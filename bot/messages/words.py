"""How things are called and put into words: durations, times, people, states. Plain text, for comments, pages and terminals."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.core.variables import Unresolved, resolver, substitute
from bot.messages.conditions import refusal
from bot.model.approval import Verdict
from bot.model.deployment_wait import Merge, WaitType
from bot.model.error import ErrorCode
from bot.model.execution import ActionRun, ActionStatus, Execution, StageRun, StageStatus
from bot.model.outage import Outage
from bot.model.pipeline import Action, Approve, Pipeline
from bot.model.repository import RefKind
from bot.model.waiting import Hold, Holder, Wait

_LAST_MOMENT = 253_402_300_799.0  # the end of the year 9999, where calendars end


def duration(seconds: float) -> str:
    """`0.4 s`, `41 s`, `1 min 2 s`, `2 h 5 min`, `3 d 4 h`: two units at most, whole ones from a second on."""
    if seconds < 1:
        return f"{max(seconds, 0.0):.1f} s".replace("0.0 s", "0 s").replace("1.0 s", "1 s")
    whole = round(seconds)
    for unit, name, smaller, smaller_name in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name} {rest} {smaller_name}" if rest else f"{whole // unit} {name}"
    return f"{whole} s"


def when(at: float, now: float | None = None) -> str:
    """`Mon 30 Nov, 16:00 UTC`; with the year where it is not the year of `now`."""
    moment = _moment(at)
    year = f" {moment.year}" if now is not None and _moment(now).year != moment.year else ""
    return f"{moment:%a} {moment.day} {moment:%b}{year}, {moment:%H:%M} UTC"


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0.0), _LAST_MOMENT), UTC)


def memory(size: int) -> str:
    """`512 kB`, `48 MB`, `1.5 GB`."""
    if size < 1 << 20:
        return f"{max(1, round(size / (1 << 10)))} kB"
    if size < 1 << 30:
        return f"{round(size / (1 << 20))} MB"
    return f"{size / (1 << 30):.1f} GB"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Iterable[str], most: int = 5, between: str = ", ") -> str:
    """`a, b and 3 more`."""
    shown = list(names)
    if len(shown) <= most:
        return between.join(shown)
    return f"{between.join(shown[:most])} and {len(shown) - most} more"


def principal(entry: str) -> str:
    """An entry of a `by:` list as people say it: `team:acme/release` is acme/release."""
    kind, _, name = entry.partition(":")
    if kind == "role" and name:
        return f"whoever has the {name} role"
    return name if kind in ("team", "user") and name else entry


def approvers(approval: Approve) -> str:
    return listed(map(principal, approval.by)) if approval.by else "whoever may write here"


def answers(run: ActionRun) -> list[str]:
    """`approved by ada`, `rejected by ben: too early`, in the order they came."""
    verbs = {Verdict.APPROVED: "approved", Verdict.REJECTED: "rejected"}
    return [f"{verbs[a.verdict]} by {a.by.login}" + (f": {a.words}" if a.words else "") for a in run.answers]


def took(started: float | None, ended: float | None) -> str:
    return duration(ended - started) if started is not None and ended is not None else ""


def place(stage: str, action: str = "") -> str:
    return f"{stage}/{action}" if action else stage


def resolved(text: str, execution: Execution, pipeline: Pipeline) -> str:
    """With references replaced. One without a value stays as it is written: an approval is no place to fail for it."""
    value = resolver(pipeline, execution)
    try:
        return substitute(text, value)
    except Unresolved:
        return text


# --- Waiting before a stage ------------------------------------------------------------------------------------------


def held_words(hold: Hold) -> str:
    """`held by ada since Mon 30 Nov, 16:00 UTC: over Christmas`."""
    by = f"held by {hold.by.login} since {when(hold.at)}"
    return f"{by}: {hold.reason}" if hold.reason else by


def holder_words(holder: Holder) -> str:
    """`web #12 on main`, `web #12 on pull request 7`."""
    what = f"pull request {holder.ref.name}" if holder.ref.kind is RefKind.PULL_REQUEST else holder.ref.name
    return f"{holder.pipeline} #{holder.number} on {what}"


def wait_words(wait: Wait) -> str:
    """What keeps an execution out of its stage, and how many come before it: `execution 12 is in it, 2 before this one`."""
    parts = [held_words(wait.hold)] if wait.hold else []
    if wait.environment:
        parts.append(
            f"environment {wait.environment}" + (f" is taken by {holder_words(wait.holder)}" if wait.holder else "")
        )
    if wait.occupant:
        parts.append(f"execution {wait.occupant} is in it")
    if wait.ahead:
        parts.append(f"{wait.ahead} before this one")
    return ", ".join(parts)


# --- Actions and stages ----------------------------------------------------------------------------------------------


def waits(run: ActionRun, action: Action) -> bool:
    """Whether the action is an approval that waits for an answer."""
    return run.status is ActionStatus.IN_PROGRESS and action.approval is not None


def describe_action(run: ActionRun, action: Action, *, over: bool = False) -> str:
    """What became of an action, without its name: "" while it has not begun; `over` when its stage has ended."""
    time = took(run.started_at, run.ended_at)
    match run.status:
        case ActionStatus.NOT_STARTED:
            words = "didn't run" if over else ""
        case ActionStatus.IN_PROGRESS if action.approval is not None:
            words = _answers_so_far(run, action.approval)
        case ActionStatus.IN_PROGRESS:
            words = said(run) or ("running" if run.started_at is not None else "waiting for a free place")
        case ActionStatus.SUCCEEDED:
            words = time if action.approval is None else "approved"
        case ActionStatus.FAILED if run.error is ErrorCode.REJECTED:
            words = run.summary
        case ActionStatus.FAILED:
            words = ": ".join(filter(None, [f"failed after {time}" if time else "failed", run.summary]))
        case ActionStatus.ABANDONED:
            words = f"abandoned after {time}" if time else "abandoned"
    return words


_WAITED = {WaitType.READY: "ready, waits for its traffic", WaitType.TERMINATION: "done, the originals are kept"}


def said(run: ActionRun) -> str:
    """What an action says of itself: how it has ended, or, while it goes on, what it waits for or how far it is; often nothing."""
    if run.status is ActionStatus.IN_PROGRESS and run.outage is not None:
        return outage_words(run.outage)
    if run.status is not ActionStatus.IN_PROGRESS or run.waits is None:
        return run.summary
    return run.summary or (merge_words(run.waits.merge) if run.waits.merge else _WAITED[run.waits.type])


def outage_words(outage: Outage) -> str:
    """`waits for github.com, which does not answer: it is tried again until it does`."""
    what = f"waits for {outage.what}, which {outage.does}" if outage.what else outage.does
    return f"{what}: it is tried again until {when(outage.until) if outage.until is not None else 'it works'}"


def merge_words(merge: Merge) -> str:
    """`waiting until pull request #7 of acme/env is merged`."""
    return f"waiting until {merge} is merged"


def _answers_so_far(run: ActionRun, approval: Approve) -> str:
    if approval.count == 1:
        return "waiting for approval"
    return f"{len(run.answers)} of {plural(approval.count, 'approval')}"


def failures(stage: StageRun) -> list[ActionRun]:
    return [run for run in stage.actions if run.status is ActionStatus.FAILED]


def cause(stage: StageRun, *, with_stage: bool) -> str:
    """Why a stage failed: its first failed action, what it said, and how many more there are; or the condition that refused it."""
    failed = failures(stage)
    if not failed:
        refused = refusal(stage)
        return f"{stage.name}, {refused}" if refused and with_stage else refused
    name = place(stage.name, failed[0].name) if with_stage else failed[0].name
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return f"{name}{more}: {failed[0].summary}" if failed[0].summary else f"{name}{more}"


def done(stages: Sequence[StageRun]) -> int:
    return sum(stage.status in (StageStatus.SUCCEEDED, StageStatus.SKIPPED) for stage in stages)


def progress(execution: Execution) -> str:
    """`2 of 3 stages`, `2 of 5 stages but 1 withheld`. A rollback has only the one."""
    if execution.rollback is not None:
        return f"{done([execution.stage_run(execution.rollback.stage)])} of 1 stage"
    kept = f" but {len(execution.withheld)} withheld" if execution.withheld else ""
    return f"{done(execution.stages)} of {plural(len(execution.stages), 'stage')}{kept}"


def withheld(stage: StageRun) -> str:
    """`withheld from a change from outside: it occupies the environment production`; "" for a stage that was not."""
    return f"withheld from a change from outside: {stage.withheld}" if stage.withheld else ""
