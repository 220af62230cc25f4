"""The headers of a fake Bitbucket's deliveries, Cloud's and Data Center's: signed alike, named differently.

https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#HTTP-headers
https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks
https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

import hmac
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from tests.world.fake.deliveries import Deliveries, RegisteredHook, SentDelivery

HOOK = "{6f0f5a6e-7f3f-4c8e-9c53-3d0a4d9e5a11}"


class Hooks(Deliveries):
    """`secret` signs."""

    def __init__(self, kind: Literal["cloud", "data center"], secret: str) -> None:
        super().__init__(self._signed)
        self._kind = kind
        self.secret = secret

    async def attempt_again(self, delivery: SentDelivery) -> SentDelivery:
        """Cloud tries a delivery that failed twice more, with the same id and the attempt's number.

        https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/ (retries)
        """
        attempt = int(delivery.headers["X-Attempt-Number"]) + 1
        again = SentDelivery(delivery.event, {**delivery.headers, "X-Attempt-Number": str(attempt)}, delivery.body)
        self.put(again)
        await self.settled()
        return again

    def repository_of(self, payload: Mapping[str, Any]) -> str:
        pull_request = payload.get("pullRequest") or {}
        repository = payload.get("repository") or (pull_request.get("toRef") or {}).get("repository") or {}
        return str(repository.get("uuid") or repository.get("id", ""))

    def headers_of(self, hook: RegisteredHook, event: str, body: bytes) -> Mapping[str, str]:
        return self._signed(event, body, hook.secret)

    def _signed(self, event: str, body: bytes, key: str = "") -> dict[str, str]:
        signature = f"sha256={hmac.new((key or self.secret).encode(), body, 'sha256').hexdigest()}"
        common = {"X-Event-Key": event, "X-Hub-Signature": signature}
        if self._kind == "data center":
            return common | {"Content-Type": "application/json; charset=utf-8", "X-Request-Id": str(uuid.uuid4())}
        return common | {
            "Content-Type": "application/json",
            "User-Agent": "Bitbucket-Webhooks/2.0",
            "X-Hook-UUID": HOOK,
            "X-Request-UUID": str(uuid.uuid4()),
            "X-Attempt-Number": "1",
        }
