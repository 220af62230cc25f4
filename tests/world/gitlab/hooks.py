"""The headers of the fake GitLab's deliveries, as https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers says.

Signed after https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md where there is a
signing token: https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944
"""

import base64
import hmac
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from tests.world.fake.deliveries import Deliveries, RegisteredHook, SentDelivery

SECRET = ("X-Gitlab-Token", "webhook-id", "webhook-timestamp", "webhook-signature")
TRIGGERS = {
    "Push Hook": "push_events",
    "Tag Push Hook": "tag_push_events",
    "Merge Request Hook": "merge_requests_events",
    "Note Hook": "note_events",
}
"""Events by the fields of a hook that ask for them."""


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
        return headers | (self._signed(identity, body, self.signing_token) if self.signing_token else {})

    def repository_of(self, payload: Mapping[str, Any]) -> str:
        return str((payload.get("project") or {}).get("id") or payload.get("project_id", ""))

    def tells(self, hook: RegisteredHook, event: str) -> bool:
        return TRIGGERS.get(event, "") in hook.events

    def headers_of(self, hook: RegisteredHook, event: str, body: bytes) -> Mapping[str, str]:
        """`secret` is the signing token; `more` may have a secret token."""
        identity = str(uuid.uuid4())
        plain = {name: value for name, value in self.headers(event, body, identity).items() if name not in SECRET}
        token = {"X-Gitlab-Token": hook.more["token"]} if hook.more.get("token") else {}
        return plain | token | (self._signed(identity, body, hook.secret) if hook.secret else {})

    def _signed(self, identity: str, body: bytes, token: str) -> dict[str, str]:
        at = str(int(self.now()))
        key = base64.b64decode(token.removeprefix("whsec_"))
        digest = hmac.digest(key, f"{identity}.{at}.".encode() + body, "sha256")
        return {
            "webhook-id": identity,
            "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }
