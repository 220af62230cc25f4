"""Which intake an event of a host's goes to. What follows from it is theirs."""

import structlog

from bot.model.continuation import closed
from bot.model.delivery import Delivery
from bot.model.host_event import (
    CheckAnswered,
    CheckRerequested,
    CommentCreated,
    HostEvent,
    MergeGroupChanged,
    PullRequestChanged,
    PullRequestEdited,
    Pushed,
    RepositoriesChanged,
    WebhookCalled,
    called,
    repositories_of,
)
from bot.model.triggers import PullRequestKind
from bot.runtime.inbox import Handle
from bot.runtime.intake.buttons import Buttons
from bot.runtime.intake.changes import ChangeIntake
from bot.runtime.intake.comments import CommentIntake
from bot.runtime.intake.repositories import RepositoryIntake
from bot.runtime.names import Names
from bot.runtime.waits import Waits
from bot.runtime.webhooks import Webhooks

log = structlog.get_logger(__name__)


def handling(
    changes: ChangeIntake,
    comments: CommentIntake,
    buttons: Buttons,
    repositories: RepositoryIntake,
    webhooks: Webhooks,
    names: Names,
    waits: Waits,
) -> Handle:
    async def handle(delivery: Delivery, event: HostEvent) -> None:
        for repository in repositories_of(event):
            event = called(event, await names.heard(repository))
        if isinstance(event, PullRequestChanged) and event.kind is PullRequestKind.CLOSED:
            await waits.wake(closed(event.repository, event.pull_request.number))
        match event:
            case Pushed() | PullRequestChanged() | MergeGroupChanged():
                await changes.handle(delivery, event)
            case PullRequestEdited():
                await changes.edited(delivery, event)
            case CommentCreated():
                await comments.handle(delivery, event)
            case CheckRerequested() | CheckAnswered():
                await buttons.handle(delivery, event)
            case RepositoriesChanged():
                await repositories.handle(delivery, event)
            case WebhookCalled():
                await webhooks.handle(delivery, event)
            case _:
                log.warning("event without a handler", delivery=delivery.key, event=type(event).__name__)

    return handle
