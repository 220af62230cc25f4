"""The edge where GitLab's deliveries come in: signatures, tokens and headers, nothing of what a payload says. No I/O.

https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers
A hook may have a secret token, sent as it is, and since GitLab 19 a signing token, after
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bot.model.delivery import Delivery
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.base.headers import header, json_only, well_formed
from providers.base.signatures import equal_to, raw

TOKEN = "X-Gitlab-Token"  # noqa: S105  a header's name
EVENT = "X-Gitlab-Event"
IDEMPOTENCY_KEY = "Idempotency-Key"
"""The same when a delivery is sent again, since GitLab 17.4."""

WEBHOOK_UUID = "X-Gitlab-Webhook-UUID"
"""New with every delivery, since GitLab 16.2, also when one is sent again."""

EVENT_UUID = "X-Gitlab-Event-UUID"
"""Shared by all that one hook is sent because of one request, such as a push of two branches: it names no delivery."""

SIGNED_ID, SIGNED_AT, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300.0
"""Seconds by which the time of a signed delivery may differ from ours."""

SIGNING_PREFIX = "whsec_"

EVENT_KEPT = EVENT.lower()
"""The one header that reading a kept delivery needs: its kind, written as in the payload ("merge_request")."""

NOBODYS = "This is the secret of no repository that is connected, and no other is configured for GitLab"

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_EVENT = re.compile(r"([A-Z][A-Za-z]*( [A-Z][A-Za-z]*){0,5}) Hook")


def signing_key(token: str) -> bytes:
    """The key in a signing token. Raises ValueError where it is none."""
    encoded = token.removeprefix(SIGNING_PREFIX)
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not token.startswith(SIGNING_PREFIX) or not key:
        raise ValueError("a signing token is whsec_ and a key in base64, as GitLab shows it")
    return key


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[bytes],
    keys: Sequence[bytes],
    now: float,
    further: Sequence[str] = (),
) -> int | None:
    """Raises SignatureMissing or SignatureWrong unless one of the keys signed these very bytes.

    Only where no signing key is set, a secret token will do: whoever has seen one delivery knows it. `further` are the secrets of
    single repositories, each a signing token, with or without its `whsec_`, or a secret token of a GitLab that can't sign; which of them
    it was comes back.
    """
    if further and (number := _which(headers, body, further, now)) is not None:
        return number
    if keys:
        _verify_signature(headers, body, keys, now)
    elif secrets:
        _verify_token(headers, secrets)
    elif further:
        _refuse(headers, body, now)
    else:
        raise SignatureMissing("No webhook secret is configured for GitLab, so no delivery can be trusted")
    return None


def delivery(headers: Mapping[str, str], body: bytes, received_at: float, *, signed: bool) -> Delivery:
    """Name a verified delivery. Raises NotADelivery. What was `signed` goes by the one id that the signature covers."""
    event = well_formed(headers, EVENT, _EVENT, "GitLab")
    json_only(headers, "GitLab")
    kind = event.removesuffix(" Hook").replace(" ", "_").lower()
    return Delivery("gitlab", _identity(headers, body, signed=signed), {EVENT_KEPT: kind}, body, received_at)


def _identity(headers: Mapping[str, str], body: bytes, *, signed: bool) -> str:
    for name in (SIGNED_ID,) if signed else (IDEMPOTENCY_KEY, WEBHOOK_UUID):
        if header(headers, name):
            return well_formed(headers, name, _ID, "GitLab")
    if not signed and header(headers, EVENT_UUID):
        # Before GitLab 16.2: of those that share it no two say the same.
        return f"{well_formed(headers, EVENT_UUID, _ID, 'GitLab')}-{hashlib.sha256(body).hexdigest()[:32]}"
    raise NotADelivery(
        f"This is no delivery of GitLab: the header {SIGNED_ID if signed else IDEMPOTENCY_KEY} is missing"
    )


def _refuse(headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Say why none of the repositories' secrets fits."""
    if header(headers, TOKEN) and not header(headers, SIGNATURE):
        raise SignatureWrong(NOBODYS)
    _verify_signature(headers, body, (), now)


def _which(headers: Mapping[str, str], body: bytes, further: Sequence[str], now: float) -> int | None:
    """A delivery that is signed is never taken by its token."""
    if header(headers, SIGNATURE):
        with suppress(SignatureMissing, SignatureWrong):
            return _verify_signature(headers, body, [_key(one) for one in further], now)
        return None
    found = equal_to([raw(header(headers, TOKEN))], [one.encode() for one in further])
    return next((number for number in found if not further[number].startswith(SIGNING_PREFIX)), None)


def _key(secret: str) -> bytes | None:
    """None where it is a secret token."""
    try:
        return signing_key(SIGNING_PREFIX + secret.removeprefix(SIGNING_PREFIX))
    except ValueError:
        return None


def _verify_token(headers: Mapping[str, str], secrets: Sequence[bytes]) -> None:
    token = header(headers, TOKEN)
    if not token:
        raise SignatureMissing(f"The header {TOKEN} is missing: set a secret token on the webhook")
    if not equal_to([raw(token)], secrets):
        raise SignatureWrong(f"{TOKEN} is not the secret configured here")


def _verify_signature(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes | None], now: float) -> int:
    identity, at, signatures = (header(headers, name) for name in (SIGNED_ID, SIGNED_AT, SIGNATURE))
    if not (identity and at and signatures):
        raise SignatureMissing(_why_missing(headers))
    if not (at.isascii() and at.isdecimal()) or abs(float(at[:20]) - now) > TOLERANCE:
        raise SignatureWrong(f"{SIGNED_AT} is more than five minutes away: is the clock of this machine right?")
    signed = b".".join((raw(identity), raw(at), body))
    true = [None if key is None else b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    if found := equal_to([raw(part) for part in signatures.split(" ")], true):
        return found[0]
    raise SignatureWrong(
        f"{SIGNATURE} does not match the body: is the webhook's signing token the one configured here?"
    )


def _why_missing(headers: Mapping[str, str]) -> str:
    if header(headers, TOKEN):
        return f"The delivery has a secret token only, and a signing token is configured here: {SIGNATURE} is needed"
    return f"The header {SIGNATURE} is missing: set a signing token on the webhook"
