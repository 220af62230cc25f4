"""The edge where GitHub's deliveries come in: signatures and headers, nothing of what a payload says. No I/O.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
"""

import hmac
import re
from collections.abc import Mapping, Sequence

from bot.model.delivery import Delivery
from bot.model.host_secret import HostSecret, by_name
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.base.headers import header

SIGNATURE = "X-Hub-Signature-256"
LEGACY_SIGNATURE = "X-Hub-Signature"
DELIVERY = "X-GitHub-Delivery"
EVENT = "X-GitHub-Event"

TARGET_TYPE = "X-GitHub-Hook-Installation-Target-Type"
TARGET_ID = "X-GitHub-Hook-Installation-Target-ID"
"""Whose webhook it is: a repository's, by its id, or an organization's or an App's."""

EVENT_KEPT = EVENT.lower()
"""The one header that reading a kept delivery needs."""

_DELIVERY_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_EVENT_NAME = re.compile(r"[a-z_]{1,100}")


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> int:
    """Which of the secrets signed these very bytes. Raises SignatureMissing or SignatureWrong when none did."""
    if not secrets:
        raise SignatureMissing("No webhook secret is configured for GitHub, so no delivery can be trusted")
    signature = header(headers, SIGNATURE)
    if not signature:
        raise SignatureMissing(_why_missing(headers))
    # Bytes, not text: compare_digest refuses text that is not ASCII, and a stranger writes this header.
    given = signature.encode("utf-8", "surrogateescape")
    for number, secret in enumerate(secrets):
        if hmac.compare_digest(given, b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()):
            return number
    raise SignatureWrong(f"{SIGNATURE} does not match the body: is the webhook's secret the one configured here?")


def worth_trying(headers: Mapping[str, str], further: Sequence[HostSecret]) -> list[HostSecret]:
    """Of the secrets of single repositories only those of the one whose webhook this says to be: with many connected, trying all of
    them would make every delivery slow, and a forged one slower still. What it says is proved by the signature, or not at all.
    """
    target = f"#{header(headers, TARGET_ID)}" if header(headers, TARGET_TYPE) == "repository" else ""
    return [one for one in further if one.good_for == target or by_name(one.good_for)]


def delivery(headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
    """Name a verified delivery. Raises NotADelivery."""
    event = header(headers, EVENT)
    if not _EVENT_NAME.fullmatch(event):
        raise NotADelivery(f"This is no delivery of GitHub: the header {EVENT} is missing or malformed")
    identity = header(headers, DELIVERY)
    if not _DELIVERY_ID.fullmatch(identity):
        raise NotADelivery(f"This is no delivery of GitHub: the header {DELIVERY} is missing or malformed")
    content_type = header(headers, "Content-Type").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise NotADelivery("Set the webhook's content type to application/json; form-encoded payloads are not read")
    return Delivery("github", identity, {EVENT_KEPT: event}, body, received_at)


def _why_missing(headers: Mapping[str, str]) -> str:
    if header(headers, LEGACY_SIGNATURE):
        return f"{LEGACY_SIGNATURE} uses SHA-1, which is not accepted: {SIGNATURE} is needed"
    return f"The header {SIGNATURE} is missing: set a secret on the webhook"
