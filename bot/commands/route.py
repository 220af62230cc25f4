"""Which executions a command addresses, out of those that the comment's thread is about. Pure: the runtime gathers them.

- An answer goes to the approval that waits. Where several do, it must name one: `stage`, `stage/action`, or
  `pipeline:stage` where two pipelines wait at stages of one name.
- A retry goes to the newest execution that failed or was stopped, of the one pipeline that has any.
- A stop goes to every execution that runs; `pipeline:` as the first word of the reason keeps it to that pipeline.
- A rollback goes to the lane of the one pipeline that has the stage, an override to the newest execution that a condition holds
  back there (`stages`).
- A continuation goes to the deployment that waits; where several do, it must name one, as an answer must (`waits`).
- A rerun goes to the pipeline that was named, or to the only one there is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.commands.addressed import Addressed, Live
from bot.commands.command import Approve, Continue, Order, Override, Place, Reject, Rerun, Retry, Rollback, Stop
from bot.commands.places import choices, find_place, meant, resolve_stage, unknown_stage
from bot.commands.stages import of_a_stage
from bot.commands.waits import of_a_wait
from bot.core.refusal import Refusal, RefusalReason
from bot.model.execution import ActionStatus, Execution, ExecutionStatus


def route(
    command: Order, live: Sequence[Live], known: Sequence[str] = (), problem: str = ""
) -> tuple[Addressed, ...] | Refusal:
    """Where the command goes, or why nowhere. `known` names the pipelines of the thread; `problem` says why there are none."""
    match command:
        case Approve() | Reject():
            return _answer(command, live)
        case Retry():
            return _retry(command, live)
        case Stop():
            return _stop(command, live, known)
        case Rerun():
            return _rerun(command, known, problem)
        case Rollback() | Override():
            return of_a_stage(command, live)
        case Continue():
            return of_a_wait(command, live)
        case _:
            raise AssertionError(f"{command} goes to no execution, so its intake sees to it")


# --- Answers ---------------------------------------------------------------------------------------------------------


def _answer(command: Approve | Reject, live: Sequence[Live]) -> tuple[Addressed, ...] | Refusal:
    resolved = resolve_stage(command, [place for one in live for place in one.actions()])
    if isinstance(resolved, Refusal):
        return resolved
    waiting = [(one, place) for one in live for place in _waiting(one)]
    fitting = [(one, place) for one, place in waiting if meant(resolved.place, place)]
    if len(fitting) == 1:
        one, place = fitting[0]
        return (_addressed(replace(resolved, place=place), one),)
    if fitting:
        return Refusal(RefusalReason.SEVERAL_WAIT, {"choices": choices([place for _, place in fitting])})
    if waiting:
        details = {"stage": str(resolved.place), "waiting": choices([place for _, place in waiting])}
        return Refusal(RefusalReason.NOTHING_WAITS_THERE, details)
    return _answer_too_late(resolved, live)


def _answer_too_late(command: Approve | Reject, live: Sequence[Live]) -> tuple[Addressed, ...] | Refusal:
    """Nothing waits. Where a place was named the core knows whether it has been answered already (APR-5)."""
    there = [one for one in live if any(meant(command.place, place) for place in one.actions())]
    if not there or not command.place.stage:
        return Refusal(RefusalReason.NOTHING_WAITS)
    return (_addressed(command, max(there, key=_newest)),)


def _waiting(one: Live) -> Iterator[Place]:
    execution = one.execution
    if execution.status.ended or execution.waiting:
        return
    stage = one.pipeline.stage(execution.current.name)
    for run in execution.current.actions:
        if run.status is ActionStatus.IN_PROGRESS and stage.action(run.name).approval is not None:
            yield Place(one.pipeline.name, stage.name, run.name)


# --- Retry -----------------------------------------------------------------------------------------------------------


def _retry(command: Retry, live: Sequence[Live]) -> tuple[Addressed, ...] | Refusal:
    actions = [known for one in live for known in one.actions()]
    place = find_place(command.place, actions)
    if place is None:
        return unknown_stage(str(command.place), actions) if actions else Refusal(RefusalReason.NOTHING_TO_RETRY)
    newest: dict[str, Live] = {}
    for one in sorted(live, key=_newest):
        if _retryable(one.execution) and meant(place, _current(one)):
            newest[one.pipeline.name] = one
    if not newest:
        return Refusal(RefusalReason.NOTHING_TO_RETRY)
    if len(newest) > 1:
        several = ", ".join(str(_current(one)) for one in newest.values())
        return Refusal(RefusalReason.SEVERAL_PIPELINES, {"choices": several})
    [one] = newest.values()
    return (_addressed(replace(command, place=_current(one)), one),)


def _current(one: Live) -> Place:
    return Place(one.pipeline.name, one.execution.current.name)


def _retryable(execution: Execution) -> bool:
    """Failed or stopped inside a stage (INB-1), or with a failed action beside others that still run (RET-2)."""
    if execution.waiting:
        return False
    if execution.status in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED):
        return True
    failed = any(action.status is ActionStatus.FAILED for action in execution.current.actions)
    return execution.status is ExecutionStatus.IN_PROGRESS and failed


# --- Stop ------------------------------------------------------------------------------------------------------------


def _stop(command: Stop, live: Sequence[Live], known: Sequence[str]) -> tuple[Addressed, ...] | Refusal:
    pipeline, reason = _split_pipeline(command.reason, {*known, *(one.pipeline.name for one in live)})
    running = [one for one in live if not one.execution.status.ended and pipeline in ("", one.pipeline.name)]
    if not running:
        return Refusal(RefusalReason.NOTHING_RUNS)
    stoppable = [o for o in running if command.abandon or o.execution.status is not ExecutionStatus.STOPPING]
    if not stoppable:
        return Refusal(RefusalReason.ALREADY_STOPPING, {"number": str(running[0].execution.number)})
    stoppable.sort(key=lambda one: not one.execution.waiting)  # first those that would enter what the others leave
    return tuple(_addressed(replace(command, reason=reason), one) for one in stoppable)


def _split_pipeline(reason: str, known: set[str]) -> tuple[str, str]:
    first, _, rest = reason.partition(" ")
    if first.endswith(":") and first[:-1] in known:
        return first[:-1], rest.strip()
    return "", reason


# --- Rerun -----------------------------------------------------------------------------------------------------------


def _rerun(command: Rerun, known: Sequence[str], problem: str) -> tuple[Addressed, ...] | Refusal:
    if not known:
        return Refusal(RefusalReason.NO_PIPELINE, {"reason": problem})
    if command.pipeline and command.pipeline not in known:
        return Refusal(RefusalReason.UNKNOWN_PIPELINE, {"pipeline": command.pipeline, "known": ", ".join(known)})
    if not command.pipeline and len(known) > 1:
        return Refusal(RefusalReason.SEVERAL_PIPELINES, {"choices": ", ".join(known)})
    name = command.pipeline or known[0]
    return (Addressed(replace(command, pipeline=name), name),)


def _addressed(command: Order, one: Live) -> Addressed:
    return Addressed(command, one.pipeline.name, one.execution)


def _newest(one: Live) -> int:
    return one.execution.number
