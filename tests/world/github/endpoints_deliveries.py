"""The fake GitHub's endpoints of what became of an App's deliveries: each attempt is listed for three days, and can be ordered again.

https://docs.github.com/en/rest/apps/webhooks
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.fake.deliveries import SentDelivery
from tests.world.github.answers import MOST_PER_PAGE, Refused
from tests.world.github.api import Api, AppCall
from tests.world.github.shapes import moment

KEPT = 3 * 86_400.0
CURSOR = "v1_"
UNREACHED = 502
"""Where nothing answered: the description's own example is "failed to connect", 502."""


def routes(api: Api) -> list[web.RouteDef]:
    of = AppDeliveries(api)
    return [
        *api.app_routes("GET", "/app/hook/deliveries", of.listed),
        *api.app_routes("POST", "/app/hook/deliveries/{delivery}/attempts", of.again),
    ]


class AppDeliveries:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def listed(self, call: AppCall) -> Answer:
        return listing(self._api, call.request, self._api.hooks.sent)

    async def again(self, call: AppCall) -> Answer:
        return again(self._api, call.part("delivery"), self._api.hooks.sent)


def listing(api: Api, request: web.Request, sent: Sequence[SentDelivery]) -> Answer:
    """The newest first, in pages that begin at a cursor. `status`: only those that succeeded, or that failed."""
    size = int(request.query.get("per_page", "30"))
    if not 0 < size <= MOST_PER_PAGE:
        raise Refused(422, "Validation Failed")
    shown = [one for one in _kept(api, sent) if _fits(one, request.query.get("status", ""))][::-1]
    start = _start(request.query.get("cursor", ""), shown)
    page, following = shown[start : start + size], shown[start + size : start + size + 1]
    headers = {}
    if following:
        more = urlencode(dict(request.query) | {"cursor": f"{CURSOR}{following[0].id}"})
        headers["Link"] = f'<{api.hosted.url}{request.path}?{more}>; rel="next"'
    return Answer([_attempt(one) for one in page], headers=headers)


def again(api: Api, number: str, sent: Sequence[SentDelivery]) -> Answer:
    """Accepted, and sent a moment later: the same headers, so the same id."""
    found = next((one for one in _kept(api, sent) if str(one.id) == number), None)
    if found is None:
        raise Refused(404, "Not Found")
    repeated = SentDelivery(found.event, found.headers, found.body, redelivery=True, url=found.url)
    if isinstance(sent, list) and sent is not api.hooks.sent:
        sent.append(repeated)
    api.hooks.put(repeated)
    return Answer({}, 202)


def _kept(api: Api, sent: Sequence[SentDelivery]) -> list[SentDelivery]:
    oldest = api.hooks.now() - KEPT
    return [one for one in sent if one.ended and one.at >= oldest]


def _start(cursor: str, shown: Sequence[SentDelivery]) -> int:
    if not cursor:
        return 0
    places = [place for place, one in enumerate(shown) if f"{CURSOR}{one.id}" == cursor]
    if not places:
        raise Refused(422, "Invalid cursor")
    return places[0]


def _fits(one: SentDelivery, status: str) -> bool:
    code = one.answer or UNREACHED
    return status not in ("success", "failure") or (200 <= code < 400) is (status == "success")


def _attempt(one: SentDelivery) -> dict[str, Any]:
    code = one.answer or UNREACHED
    status = "OK" if code < 300 else f"Invalid HTTP Response: {code}"
    if one.answer is None:
        status = "failed to connect"
    return {
        "id": one.id,
        "guid": one.headers["X-GitHub-Delivery"],
        "delivered_at": moment(one.at),
        "redelivery": one.redelivery,
        "duration": 0.03,
        "status": status,
        "status_code": code,
        "event": one.event,
        "action": None,
        "installation_id": None,
        "repository_id": None,
    }
