"""The edge where GitHub's deliveries come in: signatures and headers, nothing of what a payload says. No I/O.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
"""

import re
from collections.abc import Mapping, Sequence

from bot.model.delivery import Delivery
from bot.model.host_secret import HostSecret, by_name
from providers.base.headers import DELIVERY_ID, header, json_only, well_formed
from providers.base.signatures import signer

SIGNATURE = "X-Hub-Signature-256"
LEGACY_SIGNATURE = "X-Hub-Signature"
DELIVERY = "X-GitHub-Delivery"
EVENT = "X-GitHub-Event"

TARGET_TYPE = "X-GitHub-Hook-Installation-Target-Type"
TARGET_ID = "X-GitHub-Hook-Installation-Target-ID"
"""Whose webhook it is: a repository's, by its id, or an organization's or an App's."""

EVENT_KEPT = EVENT.lower()
"""The one header that reading a kept delivery needs."""

_EVENT_NAME = re.compile(r"[a-z_]{1,100}")


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> int:
    """Which of the secrets signed these very bytes. Raises SignatureMissing or SignatureWrong when none did."""
    given, missing = header(headers, SIGNATURE), _why_missing(headers)
    return signer(given, body, secrets, host="GitHub", header=SIGNATURE, missing=missing)


def worth_trying(headers: Mapping[str, str], further: Sequence[HostSecret]) -> list[HostSecret]:
    """Of the secrets of single repositories only those of the one whose webhook this says to be: with many connected, trying all of
    them would make every delivery slow, and a forged one slower still. What it says is proved by the signature, or not at all.
    """
    target = f"#{header(headers, TARGET_ID)}" if header(headers, TARGET_TYPE) == "repository" else ""
    return [one for one in further if one.good_for == target or by_name(one.good_for)]


def delivery(headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
    """Name a verified delivery. Raises NotADelivery."""
    event = well_formed(headers, EVENT, _EVENT_NAME, "GitHub")
    identity = well_formed(headers, DELIVERY, DELIVERY_ID, "GitHub")
    json_only(headers, "GitHub")
    return Delivery("github", identity, {EVENT_KEPT: event}, body, received_at)


def _why_missing(headers: Mapping[str, str]) -> str | None:
    if header(headers, LEGACY_SIGNATURE):
        return f"{LEGACY_SIGNATURE} uses SHA-1, which is not accepted: {SIGNATURE} is needed"
    return None
