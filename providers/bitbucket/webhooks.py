"""The edge where deliveries come in: signatures and headers, nothing of what a payload says. No I/O.

Cloud and Data Center sign alike, and name a delivery each in its own header.
https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks
https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html (webhook secrets)
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.delivery import Delivery
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.base.further import Further, good_for
from providers.base.headers import header

SIGNATURE = "X-Hub-Signature"
EVENT = "X-Event-Key"
EVENT_KEPT = EVENT.lower()
"""The one header that reading a kept delivery needs."""

_DELIVERY_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_EVENT_KEY = re.compile(r"[a-z_]{1,40}(:[a-z_]{1,40}){0,3}")


@dataclass(frozen=True, slots=True)
class Edge:
    """One Bitbucket's deliveries. `identity` is the header with their id, `provider` the provider's name, `host` its name in words."""

    provider: str
    host: str
    identity: str
    secrets: tuple[bytes, ...]
    further: Further = tuple

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Whose deliveries the secret is good for that signed these very bytes. Raises SignatureMissing or SignatureWrong."""
        further = self.further()
        secrets = [*self.secrets, *(one.value.encode() for one in further)]
        if not secrets:
            raise SignatureMissing(f"No webhook secret is configured for {self.host}, so no delivery can be trusted")
        signature = header(headers, SIGNATURE)
        if not signature:
            raise SignatureMissing(f"The header {SIGNATURE} is missing: set a secret on the webhook")
        # Bytes, not text: compare_digest refuses text that is not ASCII, and a stranger writes this header.
        given = signature.encode("utf-8", "surrogateescape")
        for number, secret in enumerate(secrets):
            if hmac.compare_digest(given, b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()):
                return good_for(number, self.secrets, further)
        raise SignatureWrong(f"{SIGNATURE} does not match the body: is the webhook's secret the one configured here?")

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        """Name a verified delivery. An attempt made again has the id of the first one. Raises NotADelivery."""
        event, identity = header(headers, EVENT), header(headers, self.identity)
        for name, value, form in ((EVENT, event, _EVENT_KEY), (self.identity, identity, _DELIVERY_ID)):
            if not form.fullmatch(value):
                raise NotADelivery(f"This is no delivery of {self.host}: the header {name} is missing or malformed")
        return Delivery(self.provider, identity, {EVENT_KEPT: event}, body, received_at)


def secrets_of(secrets: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(secret.encode() for secret in secrets if secret)
