"""The edge where deliveries come in: signatures and headers, nothing of what a payload says. No I/O.

Cloud and Data Center sign alike, and name a delivery each in its own header.
https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks
https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html (webhook secrets)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.model.delivery import Delivery
from providers.base.further import Further, every, good_for
from providers.base.headers import DELIVERY_ID, header, well_formed
from providers.base.signatures import signer

SIGNATURE = "X-Hub-Signature"
EVENT = "X-Event-Key"
EVENT_KEPT = EVENT.lower()
"""The one header that reading a kept delivery needs."""

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
        number = signer(
            header(headers, SIGNATURE), body, every(self.secrets, further), host=self.host, header=SIGNATURE
        )
        return good_for(number, self.secrets, further)

    def delivery(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Delivery:
        """Name a verified delivery. An attempt made again has the id of the first one. Raises NotADelivery."""
        event = well_formed(headers, EVENT, _EVENT_KEY, self.host)
        identity = well_formed(headers, self.identity, DELIVERY_ID, self.host)
        return Delivery(self.provider, identity, {EVENT_KEPT: event}, body, received_at)
