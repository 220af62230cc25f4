"""Whether a delivery tells of what happened so long ago that nobody would remember having handled it: then it is not believed.

Whoever has seen a signed delivery may send it again for ever, under an id that no signature covers. As long as its id, or its comment's, is
remembered, it does nothing. Hosts themselves send nothing so old again: GitHub can for 3 days, an Enterprise Server for 7, GitLab what its list
of recent requests has (2 days, 7 by now), Bitbucket Cloud what it logs (12 hours); Data Center keeps nothing to be sent again.

https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
https://docs.gitlab.com/user/project/integrations/webhooks/#view-webhook-request-history
https://support.atlassian.com/bitbucket-cloud/docs/troubleshoot-webhooks/
"""

from datetime import UTC, datetime

import structlog

from bot.model.delivery import Delivery
from bot.model.host_event import Dated, HostEvent
from bot.runtime.inbox import Doubt
from bot.runtime.retention import DAY, Kept

log = structlog.get_logger(__name__)

REDELIVERED = 7 * DAY
"""Seconds for which a host may be asked to send again; so much is believed, however short the memory is."""

SKEW = 600.0
"""Seconds by which a host's clock may be ahead of ours."""


def recent_only(kept: Kept, otherwise: Doubt) -> Doubt:
    """Doubt what is older than what is remembered; of all else, and of what does not say when it happened, `otherwise` judges."""
    believed = max(kept.deliveries * DAY - SKEW, REDELIVERED)

    async def doubt(delivery: Delivery, event: HostEvent) -> str:
        at = event.at if isinstance(event, Dated) else None
        if at is None or delivery.received_at - at <= believed:
            return await otherwise(delivery, event)
        happened = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        log.warning("delivery refused that is older than what is remembered", delivery=delivery.key, happened=happened)
        return f"it tells of {happened}, longer ago than deliveries are remembered: no host sends that again"

    return doubt
