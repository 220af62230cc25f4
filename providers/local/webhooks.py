"""How a delivery of the embedded host is signed, checked and named. Nothing here looks into the body."""

import re
from collections.abc import Mapping, Sequence

from bot.model.delivery import Delivery
from providers.base.further import general
from providers.base.headers import DELIVERY_ID, header, well_formed
from providers.base.signatures import sha256_signature, signer

PROVIDER = "local"
HOST = "the embedded host"
SIGNATURE = "X-Penstock-Signature-256"
DELIVERY = "X-Penstock-Delivery"
EVENT = "X-Penstock-Event"
EVENT_KEY = EVENT.lower()

_EVENT_NAME = re.compile(r"[a-z_]{1,40}")


def signature(secret: str, body: bytes) -> str:
    return sha256_signature(secret.encode(), body).decode()


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Raises SignatureMissing, or SignatureWrong."""
    signer(header(headers, SIGNATURE), body, general(secrets), host=HOST, header=SIGNATURE)


def delivery(headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
    """Raises NotADelivery."""
    identity = well_formed(headers, DELIVERY, DELIVERY_ID, HOST)
    event = well_formed(headers, EVENT, _EVENT_NAME, HOST)
    return Delivery(PROVIDER, identity, {EVENT_KEY: event}, body, received_at)
