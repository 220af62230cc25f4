"""What was found, as a delivery: kept in the inbox like any other, in the line of its ref, under an id that follows from what it tells.

So finding the same again is no news, and a crash between the finding and the handling loses nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from bot.model.delivery import Delivery
from bot.model.host_event import HostEvent, Ignored, PullRequestChanged, Pushed
from bot.model.intake import Intake
from bot.ports import Provider, Reading
from bot.runtime.missed.differences import Difference

PROVIDER = "found"
"""What these deliveries are told apart by from those of hosts."""

_KIND = "kind"
_SINCE = "since"

_ADAPTERS: Mapping[str, TypeAdapter[Pushed] | TypeAdapter[PullRequestChanged]] = {
    "push": TypeAdapter(Pushed),
    "pull_request": TypeAdapter(PullRequestChanged),
}


def delivery(difference: Difference, now: float) -> Delivery:
    event, since = difference.event, stamp(difference.since)
    kind = "push" if isinstance(event, Pushed) else "pull_request"
    body = TypeAdapter(type(event)).dump_json(event)
    repository = event.repository
    # Names are left out: they may be others at the next look, and tell nothing new.
    facts = (str(difference.ref), since, *_facts(event))
    digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()
    identity = f"{repository.provider}:{repository.id}:{digest[:32]}"
    return Delivery(PROVIDER, identity, {_KIND: kind, _SINCE: since}, body, now)


def is_found(delivery: Delivery) -> bool:
    return delivery.provider == PROVIDER


def since(delivery: Delivery) -> str:
    """The stamp of what had been heard of its ref when it was found."""
    return delivery.headers.get(_SINCE, "")


def stamp(heard: Intake | None) -> str:
    """Tells what was heard apart from what was heard before and after, and is the same when a delivery is handled once more after a crash."""
    return f"{heard.commit}@{heard.delivery or repr(heard.at)}" if heard is not None else ""


class FoundReader:
    """Reads them for the inbox. What a host's own delivery would not tell either, its provider completes."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        try:
            event = _ADAPTERS[delivery.headers[_KIND]].validate_json(delivery.body)
        except (KeyError, ValidationError):
            return (Ignored("what was found by another version can't be read"),)
        if event.repository.provider not in self._providers:
            return (Ignored(f"the host {event.repository.provider} is no longer configured"),)
        return (event,)

    @property
    def reading(self) -> Reading | None:
        return None

    async def complete(self, event: HostEvent) -> HostEvent:
        if isinstance(event, Pushed | PullRequestChanged):
            return await self._providers[event.repository.provider].complete(event)
        return event


def _facts(event: Pushed | PullRequestChanged) -> Sequence[str]:
    if isinstance(event, Pushed):
        return (event.before or "", event.after or "")
    found = event.pull_request
    return (event.kind, found.head, found.target_branch)
