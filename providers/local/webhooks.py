"""How a delivery of the embedded host is signed, checked and named. Nothing here looks into the body."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from bot.model.delivery import Delivery
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong

PROVIDER = "local"
SIGNATURE = "X-Penstock-Signature-256"
DELIVERY = "X-Penstock-Delivery"
EVENT = "X-Penstock-Event"
EVENT_KEY = EVENT.lower()

_DELIVERY_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_EVENT_NAME = re.compile(r"[a-z_]{1,40}")


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Raises SignatureMissing, or SignatureWrong. Every secret is tried, so that time tells nothing of which was right."""
    given = header(headers, SIGNATURE)
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise SignatureMissing("No webhook secret is configured for the embedded host.")
    if not given:
        raise SignatureMissing(f"The delivery carries no {SIGNATURE} header.")
    presented = given.encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(signature(secret, body).encode(), presented) for secret in usable]
    if not any(matches):
        raise SignatureWrong(f"The {SIGNATURE} header does not match the body.")


def delivery(headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
    name, event = header(headers, DELIVERY), header(headers, EVENT)
    if not _DELIVERY_ID.fullmatch(name):
        raise NotADelivery(f"A delivery needs an id in its {DELIVERY} header.")
    if not _EVENT_NAME.fullmatch(event):
        raise NotADelivery(f"A delivery needs its event's name in its {EVENT} header.")
    return Delivery(PROVIDER, name, {EVENT_KEY: event}, body, received_at)


def header(headers: Mapping[str, str], name: str) -> str:
    """A header by its name in any case."""
    found = headers.get(name)
    if found is not None:
        return found
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
