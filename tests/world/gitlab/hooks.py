"""The headers of the fake GitLab's deliveries, as https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers says.

Signed after https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md where there is a
signing token: https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944
"""

import base64
import hmac
import secrets
import uuid
from collections.abc import Mapping

from tests.world.fake.deliveries import Deliveries, SentDelivery


def new_signing_token() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Hooks(Deliveries):
    """`token` is sent as it is, `signing_token` signs. `instance` is GitLab's own address; `now` its clock."""

    def __init__(self) -> None:
        super().__init__(self.headers)
        self.token = ""
        self.signing_token = new_signing_token()
        self.instance = ""
        self._of_request = str(uuid.uuid4())

    def new_request(self) -> None:
        """All that one request leads to has one event id."""
        self._of_request = str(uuid.uuid4())

    async def redeliver(self, delivery: SentDelivery) -> SentDelivery:
        """Resend Request: the same data and the same Idempotency-Key, all else is new."""
        headers = self.headers(delivery.event, delivery.body, delivery.headers["Idempotency-Key"])
        again = SentDelivery(delivery.event, headers, delivery.body)
        self.put(again)
        await self.settled()
        return again

    def headers(self, event: str, body: bytes, identity: str = "") -> Mapping[str, str]:
        identity = identity or str(uuid.uuid4())
        headers = {
            "User-Agent": "GitLab/19.1.0",
            "Content-Type": "application/json",
            "Idempotency-Key": identity,
            "X-Gitlab-Event": event,
            "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
            "X-Gitlab-Instance": self.instance,
            "X-Gitlab-Event-UUID": self._of_request,
        }
        if self.token:
            headers["X-Gitlab-Token"] = self.token
        return headers | (self._signed(identity, body) if self.signing_token else {})

    def _signed(self, identity: str, body: bytes) -> dict[str, str]:
        at = str(int(self.now()))
        key = base64.b64decode(self.signing_token.removeprefix("whsec_"))
        digest = hmac.digest(key, f"{identity}.{at}.".encode() + body, "sha256")
        return {
            "webhook-id": identity,
            "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }
