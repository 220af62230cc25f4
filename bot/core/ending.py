"""The end of a lane: its branch or tag was deleted, its pull request closed, long ago. Nothing there is retried any more."""

from bot.core.draft import Draft
from bot.core.events import RefEnded
from bot.core.refusal import Refusal


def ended(draft: Draft, _event: RefEnded) -> Refusal | None:
    """What has ended leaves the live state, in which it was kept for a retry; what still runs is not touched."""
    for execution in list(draft.executions.values()):
        if execution.status.ended:
            draft.retire(execution.id)
    return None
