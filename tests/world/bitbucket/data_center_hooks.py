"""The fake Bitbucket Data Center's endpoints of a repository's webhooks, for who administers it.

https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/
"""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.world.bitbucket.api import Api, Call, Json, Refused
from tests.world.bitbucket.hooks import Hooks
from tests.world.bitbucket.repository_hooks import RepositoryHooks
from tests.world.fake.deliveries import RegisteredHook, SentDelivery

EVENTS = frozenset(
    [
        "repo:refs_changed",
        "repo:modified",
        "repo:forked",
        "repo:secret_detected",
        "repo:comment:added",
        "repo:comment:edited",
        "repo:comment:deleted",
        "mirror:repo_synchronized",
        "pr:opened",
        "pr:from_ref_updated",
        "pr:to_ref_updated",
        "pr:modified",
        "pr:reviewer:updated",
        "pr:reviewer:approved",
        "pr:reviewer:unapproved",
        "pr:reviewer:needs_work",
        "pr:reviewer:changes_requested",
        "pr:merged",
        "pr:declined",
        "pr:deleted",
        "pr:comment:added",
        "pr:comment:edited",
        "pr:comment:deleted",
    ]
)
KNOWN = {"name", "url", "active", "events", "configuration", "sslVerificationRequired"}


def routes(api: Api, stem: str, hooks: Hooks) -> list[web.RouteDef]:
    of = DataCenterRepositoryHooks(api, hooks)
    return [
        api.route("GET", stem + "/webhooks", "", of.listed),
        api.route("POST", stem + "/webhooks", "", of.create),
        api.route("POST", stem + "/webhooks/test", "", of.test),
        api.route("GET", stem + "/webhooks/{hook}", "", of.one),
        api.route("PUT", stem + "/webhooks/{hook}", "", of.change),
        api.route("DELETE", stem + "/webhooks/{hook}", "", of.remove),
        api.route("GET", stem + "/webhooks/{hook}/latest", "", of.latest),
    ]


class DataCenterRepositoryHooks(RepositoryHooks):
    async def one(self, call: Call) -> web.Response:
        return web.json_response(self.shape(self.hook(call)))

    async def test(self, call: Call) -> web.Response:
        """It pings the address, unsigned, and tells what became of that: it is no delivery of the webhook's."""
        query, mine = call.request.query, self.mine(call)
        hook = mine.get(int(query.get("webhookId", "0")))
        if hook is None or query.get("url") != hook.url:
            raise Refused(404, "There is no such webhook.")
        headers = self._hooks.headers_of(hook, "diagnostics:ping", b"")
        unsigned = {name: value for name, value in headers.items() if name != "X-Hub-Signature"}
        delivery = SentDelivery("diagnostics:ping", unsigned, self._hooks.body({"test": True}), url=hook.url)
        self._hooks.put(delivery)
        await self._hooks.settled()
        return web.json_response({"request": {"url": hook.url, "method": "POST"}, "response": _result(delivery)})

    async def latest(self, call: Call) -> web.Response:
        """Without one yet, there is nothing: 204."""
        ended = [one for one in self.hook(call).sent if one.ended]
        if not ended:
            return web.Response(status=204)
        return web.json_response({"id": 1, "event": ended[-1].event, "result": _result(ended[-1])})

    def closed(self) -> Refused:
        return Refused(401, "You are not permitted to access this resource")

    def key(self, call: Call) -> str:
        return str(call.repository.id)

    def name(self, hook: RegisteredHook) -> str:
        return str(hook.id)

    def page(self, shown: list[dict[str, Any]]) -> dict[str, Any]:
        return {"values": shown, "size": len(shown), "limit": 25, "start": 0, "isLastPage": True}

    def set(self, hook: RegisteredHook, body: Json) -> None:
        """All of it takes the place of what was; a secret that is not sent is gone."""
        assert set(body) <= KNOWN, f"the API does not describe {set(body) - KNOWN}"
        events = body.get("events") or []
        if not body.get("name") or not events or not set(events) <= EVENTS:
            raise Refused(400, "name and events are required.")
        if urlsplit(str(body.get("url"))).scheme not in ("http", "https"):
            raise Refused(400, "url must be one.")
        hook.url, hook.events, hook.active = body["url"], frozenset(events), bool(body.get("active", True))
        hook.secret = (body.get("configuration") or {}).get("secret", "")
        hook.more = {"sslVerificationRequired": bool(body.get("sslVerificationRequired", True))}

    def shape(self, hook: RegisteredHook) -> dict[str, Any]:
        return {
            "id": hook.id,
            "name": "Penstock",
            "url": hook.url,
            "active": hook.active,
            "events": sorted(hook.events),
            "configuration": {"secret": hook.secret} if hook.secret else {},
            "scopeType": "repository",
            **hook.more,
        }


def _result(delivery: SentDelivery) -> dict[str, Any]:
    if delivery.answer is None:
        return {"outcome": "ERROR", "description": "Connection refused"}
    good = 200 <= delivery.answer < 300
    said = {"description": str(delivery.answer), "statusCode": delivery.answer}
    return {"outcome": "SUCCESS" if good else "FAILURE", **said}
