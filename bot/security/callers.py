"""Whether a call of a pipeline's webhook comes from whom it should: by its signature, or by its address (section 7.5)."""

import hmac
import ipaddress
from collections.abc import Mapping

from bot.model.webhook import Authentication, WebhookTrigger
from bot.ports import SignatureMissing, SignatureWrong

SIGNATURE = "X-Hub-Signature-256"
"""`sha256=` and the HMAC of the body in hexadecimal digits, as GitHub and many others sign."""


def check(webhook: WebhookTrigger, secret: str, headers: Mapping[str, str], body: bytes, peer: str) -> None:
    """Raises SignatureMissing or SignatureWrong. `peer` is the caller's address, "" when it is not known."""
    match webhook.authentication:
        case Authentication.HMAC:
            _check_signature(secret, headers.get(SIGNATURE, ""), body)
        case Authentication.IP:
            if not _within(peer, webhook.allowed_ips):
                raise SignatureWrong("This address may not call this webhook.")


def _check_signature(secret: str, given: str, body: bytes) -> None:
    if not given:
        raise SignatureMissing(f"Sign the body: {SIGNATURE}: sha256=<HMAC of the body>.")
    if not secret:
        raise SignatureMissing("The webhook's secret does not open: seal it anew.")
    wanted = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.strip().encode("utf-8", "replace")):
        raise SignatureWrong("The signature is not this webhook's.")


def _within(peer: str, ranges: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in ipaddress.ip_network(each) for each in ranges)
