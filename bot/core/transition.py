"""Transitions: the gates between stages, held and released by hand (section 12), and opened by an environment's answer.

A hold belongs to the lane and not to an execution: it stays when the lane is otherwise empty. The source stage is implicit,
so the first stage of the file is not the first of the pipeline: it has a transition before it, too, and can be held (TRN-1).
"""

from dataclasses import replace

from bot.core.draft import Draft
from bot.core.events import EnvironmentAnswered, HoldRequested, ReleaseRequested
from bot.core.flow import admit
from bot.core.line import step_out
from bot.core.refusal import Refusal
from bot.model.execution import ExecutionStatus
from bot.model.pipeline import DAY
from bot.model.waiting import Hold

REASON_LIMIT = 300  # TRN-2
LONGEST_WAIT = 30 * DAY  # TRN-5


def hold(draft: Draft, event: HoldRequested) -> Refusal | None:
    """Let nobody in from now on; who is inside goes on (TRN-3). Held again, it is for the new reason."""
    draft.change_slot(event.stage, hold=Hold(event.by, event.at, event.reason[:REASON_LIMIT]))
    return None


def release(draft: Draft, event: ReleaseRequested) -> Refusal | None:
    """Open again; whoever waits goes in, if the stage is free (TRN-4), but for what has waited too long (TRN-5)."""
    if draft.slot(event.stage).hold is None:
        return None  # TRN-2: opening what is open is no error
    draft.change_slot(event.stage, hold=None)
    for execution in [draft.executions[name] for name in draft.slot(event.stage).inbound]:
        if execution.wait is not None and event.at - execution.wait.since > LONGEST_WAIT:
            reason = f"held before {event.stage} for more than 30 days: a new start is needed"
            draft.set_status(step_out(draft, execution), ExecutionStatus.STOPPED, reason)
            draft.retire(execution.id)
    admit(draft, event.stage)
    return None


def answered(draft: Draft, event: EnvironmentAnswered) -> Refusal | None:
    """An environment is granted, or has changed hands. A ticket that nobody has any more has been given back already."""
    holders = (e for e in draft.executions.values() if e.claim is not None and e.claim.ticket == event.ticket)
    execution = next(holders, None)
    if execution is None or execution.claim is None:
        return None
    claim = replace(execution.claim, granted=event.granted, holder=event.holder, ahead=event.ahead)
    draft.change(execution, claim=claim)
    admit(draft, execution.current.name)
    return None
