"""In which order the inbox handles what came: deliveries opened into their events, and the line that each event stands in."""

from dataclasses import dataclass

from bot.model.delivery import Delivery, DeliveryOutcome
from bot.model.host_event import (
    CommentCreated,
    HostEvent,
    MergeGroupChanged,
    PullRequestChanged,
    PullRequestEdited,
    Pushed,
    WebhookCalled,
)


@dataclass(slots=True)
class Opened:
    """A delivery that has been read. `left` counts its events that are still to be handled; `outcome` and `reason` are of the worst one."""

    key: str
    left: int
    outcome: DeliveryOutcome = DeliveryOutcome.DONE
    reason: str = ""

    def ended(self, outcome: DeliveryOutcome, reason: str) -> None:
        self.left -= 1
        if outcome is DeliveryOutcome.FAILED or self.outcome is DeliveryOutcome.DONE:
            self.outcome, self.reason = outcome, reason


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a delivery. The first goes by the delivery's own id, further ones by it and their number, so that no two cause the same."""

    of: Opened
    delivery: Delivery
    event: HostEvent


def line_of(delivery: Delivery, event: HostEvent) -> str:
    """Deliveries that must stay in order stand in one line: those of one ref, pull request or commit."""
    match event:
        case Pushed():
            return f"{event.repository.provider}:{event.repository.id}:{event.ref}"
        case MergeGroupChanged():
            return f"{event.repository.provider}:{event.repository.id}:heads/{event.branch}"
        case PullRequestChanged() | PullRequestEdited():
            return f"{event.repository.provider}:{event.repository.id}:pull/{event.pull_request.number}"
        case WebhookCalled():
            return f"{delivery.provider}:{event.repository.provider}:{event.repository.id}:{event.pipeline}"
        case CommentCreated():
            thread = event.comment.thread
            name = f"pull/{thread.name}" if thread.kind == "pull_request" else thread.name
            return f"{delivery.provider}:{event.comment.repository.id}:{name}"
        case _:
            return delivery.key
