"""The headers of the fake GitHub's deliveries: signed, each with an id. GitHub does not redeliver by itself.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

import hmac
import uuid
from collections.abc import Mapping

from tests.world.fake.deliveries import Deliveries, RegisteredHook


class Hooks(Deliveries):
    """`secret` signs."""

    def __init__(self) -> None:
        super().__init__(self._signed)
        self.secret = ""

    def tells(self, hook: RegisteredHook, event: str) -> bool:
        return bool({event, "*"} & hook.events)

    def headers_of(self, hook: RegisteredHook, event: str, body: bytes) -> Mapping[str, str]:
        return self._signed(event, body, hook.secret) | {
            "X-GitHub-Hook-ID": str(hook.id),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
            "X-GitHub-Hook-Installation-Target-ID": hook.owner,
        }

    def _signed(self, event: str, body: bytes, key: str = "") -> dict[str, str]:
        secret = (key or self.secret).encode()
        return {
            "User-Agent": "GitHub-Hookshot/044aadd",
            "Content-Type": "application/json",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": "292430182",
            "X-Hub-Signature": f"sha1={hmac.new(secret, body, 'sha1').hexdigest()}",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, 'sha256').hexdigest()}",
        }
