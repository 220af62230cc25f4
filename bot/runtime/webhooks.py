"""Pipelines' own webhooks (section 7.5): a call is proved, kept, judged by its filters, and starts the pipeline on its home branch.

Each has an address that nobody can guess, which follows from the repository and the names; so nothing of it need be kept.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.core.webhooks import configuration, judge
from bot.messages.refusals import refusal_sentence
from bot.model.delivery import Delivery
from bot.model.execution import Trigger, TriggerKind
from bot.model.host_event import HostEvent, Ignored, WebhookCalled
from bot.model.repository import Repository
from bot.model.webhook import Authentication, WebhookTrigger
from bot.ports import SealBroken, Secrets
from bot.runtime.homes import Home, Homes
from bot.runtime.intake.at_home import AtHome, Occasion
from bot.security import callers

log = structlog.get_logger(__name__)

PROVIDER = "pipelines"
"""What their deliveries are told apart by from those of hosts."""

LONGEST = 1 << 20
"""Bytes of a call's body."""

_IDS = ("webhook-id", "x-github-delivery", "idempotency-key", "x-request-id")
"""Headers by which senders name a call, so that it is one when it is sent again."""


@dataclass(frozen=True, slots=True)
class Address:
    """A webhook as it can be called: the last part of its path."""

    id: str
    home: Home
    webhook: WebhookTrigger


@dataclass(frozen=True, slots=True)
class LastCall:
    """The newest call that was proved: when it came, and what it came to in words. Known only since the bot was started."""

    at: float
    words: str


class Webhooks:
    """`verified` and `read` do no I/O; `handle` starts."""

    def __init__(self, homes: Homes, at_home: AtHome, secrets: Secrets) -> None:
        self._homes = homes
        self._at_home = at_home
        self._secrets = secrets
        self._ids: dict[tuple[str, str, str, str], str] = {}
        self._found: dict[str, Address] = {}
        self._seen = 0
        self._calls: dict[str, LastCall] = {}

    def addresses(self, repository: Repository | None = None) -> list[Address]:
        """Every webhook, or the repository's."""
        homes = list(self._homes) if repository is None else list(self._homes.of(repository))
        return [Address(self._id(home, each), home, each) for home in homes for each in home.pipeline.triggers.webhooks]

    def last_call(self, address: Address) -> LastCall | None:
        return self._calls.get(address.id)

    def verified(
        self, identity: str, headers: Mapping[str, str], body: bytes, peer: str, now: float
    ) -> Delivery | None:
        """A call as it is to be kept, None when there is no such webhook. Raises SignatureMissing, SignatureWrong."""
        address = self._find(identity)
        if address is None:
            return None
        callers.check(address.webhook, self._secret(address), headers, body, peer)
        given = next((headers[name] for name in _IDS if headers.get(name)), "")
        named = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest() if given else str(uuid.uuid4())
        return Delivery(PROVIDER, f"{identity}:{named}", {"webhook": identity}, body, now)

    def read(self, delivery: Delivery) -> Sequence[HostEvent]:
        events = self._read(delivery)
        words = "; ".join(f"ignored: {event.reason}" for event in events if isinstance(event, Ignored))
        self._calls[delivery.headers.get("webhook", "")] = LastCall(delivery.received_at, words or "taken")
        return events

    def _read(self, delivery: Delivery) -> Sequence[HostEvent]:
        address = self._find(delivery.headers.get("webhook", ""))
        if address is None:
            return (Ignored("the webhook is not there any more"),)
        try:
            body = json.loads(delivery.body)
        except (ValueError, RecursionError):
            return (Ignored(f"{address.webhook.name}: the body is no JSON"),)
        home = address.home
        known = configuration(home.pipeline, address.webhook, home.repository.full_name, home.branch)
        verdict = judge(address.webhook, body, known)
        if verdict.reason:
            log.info("webhook's call passed over", webhook=address.webhook.name, reason=verdict.reason)
            return (Ignored(f"{address.webhook.name}: {verdict.reason}"),)
        return (WebhookCalled(home.repository, home.pipeline.name, address.webhook.name, verdict.variables),)

    @property
    def reading(self) -> None:
        """It looks up what the webhook is one of, so it cannot be handed to another process."""

    async def complete(self, event: HostEvent) -> HostEvent:
        return event

    async def handle(self, delivery: Delivery, event: WebhookCalled) -> None:
        home = self._homes.find(event.repository, event.pipeline)
        if home is None:
            log.warning("webhook's pipeline is gone", webhook=event.webhook, pipeline=event.pipeline)
            return
        trigger = Trigger(TriggerKind.WEBHOOK, None, event.webhook)
        begun = await self._at_home.start(home, Occasion(delivery.key, trigger, event.variables))
        words = f"started execution {begun.execution}"
        if begun.refusal is not None:
            words = f"started nothing: {refusal_sentence(begun.refusal)}"
            log.warning("webhook started nothing", webhook=event.webhook, reason=refusal_sentence(begun.refusal))
        self._calls[delivery.headers.get("webhook", "")] = LastCall(delivery.received_at, words)

    def _find(self, identity: str) -> Address | None:
        if self._seen != self._homes.changes:
            self._found = {each.id: each for each in self.addresses()}
            self._seen = self._homes.changes
        return self._found.get(identity)

    def _secret(self, address: Address) -> str:
        """Asked for at every call: nothing secret is kept in memory."""
        if address.webhook.authentication is not Authentication.HMAC:
            return ""
        name = address.webhook.secret
        sealed = address.home.pipeline.secrets.get(name, "")
        try:
            return self._secrets.open(address.home.repository, name, sealed)
        except SealBroken as broken:
            log.warning("webhook's secret does not open", webhook=address.webhook.name, reason=str(broken))
            return ""

    def _id(self, home: Home, webhook: WebhookTrigger) -> str:
        key = (home.repository.provider, home.repository.id, home.pipeline.name, webhook.name)
        known = self._ids.get(key)
        if known is None:
            made = self._secrets.unguessable(home.repository, "webhook", home.pipeline.name, webhook.name)
            known = self._ids[key] = made
        return known
