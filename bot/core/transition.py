"""Transitions: the gates between stages, held and released by hand (section 12)."""

from bot.core.draft import Draft
from bot.core.events import HoldRequested, ReleaseRequested
from bot.core.flow import admit
from bot.core.refusal import Refusal
from bot.model.lane import Hold

REASON_LIMIT = 300  # TRN-2


def hold(draft: Draft, event: HoldRequested) -> Refusal | None:
    """Let nobody in from now on; who is inside goes on (TRN-3)."""
    draft.change_slot(event.stage, hold=Hold(event.by, event.at, event.reason[:REASON_LIMIT]))
    _touch_inbound(draft, event.stage)
    return None


def release(draft: Draft, event: ReleaseRequested) -> Refusal | None:
    """Open again; whoever waits goes in, if the stage is free (TRN-4)."""
    draft.change_slot(event.stage, hold=None)
    _touch_inbound(draft, event.stage)
    admit(draft, event.stage)
    return None


def _touch_inbound(draft: Draft, stage: str) -> None:
    """What they wait for has changed, so what is told of them must change too."""
    for name in draft.slot(stage).inbound:
        draft.change(draft.executions[name])
