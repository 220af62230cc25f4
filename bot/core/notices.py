"""What of a decision somebody is to be told: the events of section 19.2, found by comparing executions before and after.

Every event is told once for each attempt that it is about, to each target once, whichever rules name it. Changes from outside
are told of to nobody: who may not write must not be able to make the bot speak.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.core.draft import Draft
from bot.core.effects import Notify
from bot.core.owners import asks_owners
from bot.model.execution import ActionRun, ActionStatus, Execution, ExecutionStatus, StageRun, StageStatus
from bot.model.notification import NotificationEvent as Event
from bot.model.pipeline import Pipeline, Stage
from bot.model.repository import RefKind
from bot.model.rollback import ExecutionType

_ENDS: Mapping[ExecutionStatus, Event] = {
    ExecutionStatus.SUCCEEDED: Event.SUCCEEDED,
    ExecutionStatus.FAILED: Event.FAILED,
    ExecutionStatus.STOPPED: Event.CANCELED,
    ExecutionStatus.CANCELLED: Event.CANCELED,
    ExecutionStatus.SUPERSEDED: Event.SUPERSEDED,
}
_STAGES: Mapping[StageStatus, Event] = {
    StageStatus.SUCCEEDED: Event.STAGE_SUCCEEDED,
    StageStatus.FAILED: Event.STAGE_FAILED,
    StageStatus.STOPPED: Event.STAGE_CANCELED,
    StageStatus.CANCELLED: Event.STAGE_CANCELED,
}
_ACTIONS: Mapping[ActionStatus, Event] = {
    ActionStatus.IN_PROGRESS: Event.ACTION_STARTED,
    ActionStatus.SUCCEEDED: Event.ACTION_SUCCEEDED,
    ActionStatus.FAILED: Event.ACTION_FAILED,
    ActionStatus.ABANDONED: Event.ACTION_CANCELED,
}
_APPROVALS: Mapping[ActionStatus, Event] = {
    ActionStatus.IN_PROGRESS: Event.APPROVAL_NEEDED,
    ActionStatus.SUCCEEDED: Event.APPROVAL_SUCCEEDED,
    ActionStatus.FAILED: Event.APPROVAL_FAILED,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and of what: of the whole execution, of a stage or of an action, and of which attempt at it."""

    event: Event
    attempt: int
    stage: str = ""
    action: str = ""


def notify(draft: Draft) -> None:
    """Order what is to be told of this decision."""
    for before, after in draft.touched():
        pipeline = draft.pipeline(after)
        if not pipeline.notify or after.outside:
            continue
        targets = _targets(pipeline, after)
        for happened in events(before, after, pipeline) if targets else ():
            for target in targets.get(happened.event, ()):
                draft.order(
                    Notify(
                        target,
                        after.id,
                        happened.event,
                        draft.at,
                        happened.attempt,
                        happened.stage,
                        happened.action,
                    )
                )


def _targets(pipeline: Pipeline, execution: Execution) -> Mapping[Event, tuple[str, ...]]:
    """By event who is told of it, each once."""
    of_pull_request = execution.lane.ref.kind is RefKind.PULL_REQUEST
    found: dict[Event, dict[str, None]] = {}
    for rule in pipeline.notify:
        if of_pull_request and not rule.pull_requests:
            continue
        for event in rule.events:
            found.setdefault(event, {}).update(dict.fromkeys(rule.to))
    return {event: tuple(names) for event, names in found.items()}


def events(before: Execution | None, after: Execution, pipeline: Pipeline) -> Iterator[Happened]:
    """What has happened to an execution between the two, in the order in which it does (EVT-2). `before` None: it is new."""
    if before is None:
        yield Happened(Event.STARTED, 1)
    elif before.attempts < after.attempts:
        yield Happened(Event.RESUMED, after.attempts)
    for index, stage in enumerate(pipeline.stages):
        run = after.stages[index]
        old = before.stages[index] if before is not None else None
        if run is not old:
            yield from _of_stage(old, run, stage)
    if after.status in _ENDS and (before is None or before.status is not after.status):
        yield from _of_end(after)


def _of_end(after: Execution) -> Iterator[Happened]:
    yield Happened(_ENDS[after.status], after.attempts)
    if after.status is ExecutionStatus.SUCCEEDED:
        back = after.type is ExecutionType.ROLLBACK
        yield Happened(Event.ROLLED_BACK if back else Event.RECOVERED, after.attempts)


def _of_stage(old: StageRun | None, run: StageRun, stage: Stage) -> Iterator[Happened]:
    if run.attempts > (old.attempts if old is not None else 0):
        begun = Event.STAGE_STARTED if run.attempts == 1 else Event.STAGE_RESUMED
        yield Happened(begun, run.attempts, run.name)
    for action in run.actions:
        former = old.action(action.name) if old is not None else None
        if former is None or (former.status, former.attempt) != (action.status, action.attempt):
            yield from _of_action(action, stage, run.name)
        elif former.owners is None and action.owners is not None:
            yield Happened(Event.APPROVAL_NEEDED, action.attempt, run.name, action.name)
    if run.status in _STAGES and (old is None or old.status is not run.status):
        yield Happened(_STAGES[run.status], run.attempts, run.name)


def _of_action(run: ActionRun, stage: Stage, name: str) -> Iterator[Happened]:
    if run.status in _ACTIONS:
        yield Happened(_ACTIONS[run.status], run.attempt, name, run.name)
    approval = stage.action(run.name).approval
    if approval is None or run.status not in _APPROVALS:
        return
    # Of code owners it is told when they are known, or why they are not.
    if run.status is not ActionStatus.IN_PROGRESS or not asks_owners(approval):
        yield Happened(_APPROVALS[run.status], run.attempt, name, run.name)
