"""Notifications to programs: CloudEvents 1.0 in the structured mode of its HTTP binding, signed where there is a secret.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

from datetime import UTC, datetime

import orjson
from standardwebhooks.webhooks import Webhook

from bot.endpoints.outside import Forbidden, NotReached, Outside
from bot.endpoints.signing import signature
from bot.ports import HostRefused, HostUnavailable, Notice

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LONGEST = 15.0
_GONE_FOR_NOW = (408, 425, 429)


class CloudEvents:
    """One endpoint of the operator's. It answers 2xx once it has the event; by the event's id it can tell one sent twice."""

    def __init__(self, outside: Outside, url: str, webhook: Webhook | None) -> None:
        self._outside = outside
        self._url = url
        self._webhook = webhook

    async def send(self, notice: Notice, now: float) -> None:
        """Raises HostUnavailable, HostRefused."""
        body = orjson.dumps(event(notice))
        headers = {"Content-Type": CONTENT_TYPE, **signature(self._webhook, notice.id, now, body)}
        try:
            status = await self._outside.tell(self._url, body, headers, LONGEST)
        except NotReached as error:
            raise HostUnavailable(str(error)) from error
        except Forbidden as error:
            raise HostRefused(str(error)) from error
        if status >= 500 or status in _GONE_FOR_NOW:  # noqa: PLR2004
            raise HostUnavailable(f"it answered {status}")
        if not 200 <= status < 300:  # noqa: PLR2004
            raise HostRefused(f"it answered {status}")


def event(notice: Notice) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": notice.source,
        "type": notice.type,
        "subject": notice.subject,
        "time": datetime.fromtimestamp(notice.at, UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {**notice.data, "message": f"{notice.title}\n{notice.text}"},
    }
