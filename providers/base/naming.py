"""Hosts by their names: there may be several of a kind, and what is read and asked of one is that one's."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.model.delivery import Delivery
from bot.model.host_event import CommentCreated, HostEvent, Ignored, Pinged, RepositoriesChanged, WebhookCalled
from bot.model.repository import Repository


def told_by(events: Sequence[HostEvent], name: str) -> Sequence[HostEvent]:
    """The events as those of the host of that name, whatever its kind is called."""
    return tuple(_named(event, name) for event in events)


ReadEvents = Callable[[str, bytes, str], Sequence[HostEvent]]
"""How payloads of one kind of host are read: the event's name, the body, and the address that the host is configured with."""


def read_delivery(read: ReadEvents, kept_as: str, url: str, name: str, delivery: Delivery) -> Sequence[HostEvent]:
    """What a kept delivery tells, as events of the host of that name. `kept_as` is the header with the event's name.

    With `functools.partial` it becomes a `bot.ports.Reading`: all that it is given can be handed to another process.
    """
    return told_by(read(delivery.headers.get(kept_as, ""), delivery.body, url), name)


def _named(event: HostEvent, name: str) -> HostEvent:
    match event:
        case CommentCreated():
            return replace(event, comment=replace(event.comment, repository=_of(event.comment.repository, name)))
        case RepositoriesChanged():
            return replace(event, repositories=tuple(_of(each, name) for each in event.repositories))
        case Pinged():
            return replace(event, repository=_of(event.repository, name)) if event.repository else event
        case Ignored() | WebhookCalled():
            return event
        case _:
            return replace(event, repository=_of(event.repository, name))


def _of(repository: Repository, name: str) -> Repository:
    return repository if repository.provider == name else replace(repository, provider=name)
