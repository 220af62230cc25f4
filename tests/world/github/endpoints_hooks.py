"""The fake GitHub's endpoints of a repository's webhooks: for who administers it, and a webhook of one address there is once.

https://docs.github.com/en/rest/repos/webhooks
"""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.fake.deliveries import RegisteredHook
from tests.world.github.answers import Refused
from tests.world.github.api import Api, Call
from tests.world.github.endpoints_deliveries import again, listing

PERMISSION = "repository_hooks=write"
WEBHOOK_EVENTS = frozenset(
    [
        "*",
        "branch_protection_rule",
        "check_run",
        "check_suite",
        "commit_comment",
        "create",
        "delete",
        "deployment",
        "deployment_status",
        "fork",
        "issue_comment",
        "issues",
        "label",
        "member",
        "merge_group",
        "milestone",
        "ping",
        "public",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
        "release",
        "repository",
        "star",
        "status",
        "watch",
        "workflow_run",
    ]
)


def routes(api: Api) -> list[web.RouteDef]:
    of = RepositoryHooks(api)
    return [
        *api.routes("GET", "{repo}/hooks", PERMISSION, of.listed),
        *api.routes("POST", "{repo}/hooks", PERMISSION, of.create),
        *api.routes("PATCH", "{repo}/hooks/{hook}", PERMISSION, of.change),
        *api.routes("DELETE", "{repo}/hooks/{hook}", PERMISSION, of.remove),
        *api.routes("POST", "{repo}/hooks/{hook}/pings", PERMISSION, of.ping),
        *api.routes("GET", "{repo}/hooks/{hook}/deliveries", PERMISSION, of.deliveries),
        *api.routes("POST", "{repo}/hooks/{hook}/deliveries/{delivery}/attempts", PERMISSION, of.again),
    ]


class RepositoryHooks:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def listed(self, call: Call) -> Listing:
        return Listing([_shape(hook) for hook in self._mine(call).values()])

    async def create(self, call: Call) -> Answer:
        mine = self._mine(call)
        config = call.body.get("config") or {}
        if call.body.get("name", "web") != "web" or not config.get("url"):
            raise Refused(422, "Validation Failed")
        if any(hook.url == config["url"] for hook in mine.values()):
            raise Refused(422, "Validation Failed", [{"message": "Hook already exists on this repository"}])
        hook = RegisteredHook(next(self._api.hosted.ids), "", frozenset({"push"}), "", more={"content_type": "form"})
        hook.owner = str(call.repository.id)
        _set(hook, call.body)
        mine[hook.id] = hook
        self._ping(call, hook)
        return Answer(_shape(hook), 201)

    async def change(self, call: Call) -> Answer:
        hook = self._hook(call)
        _set(hook, call.body)
        return Answer(_shape(hook))

    async def remove(self, call: Call) -> Answer:
        del self._mine(call)[self._hook(call).id]
        return Answer(None, 204)

    async def ping(self, call: Call) -> Answer:
        self._ping(call, self._hook(call))
        return Answer(None, 204)

    async def deliveries(self, call: Call) -> Answer:
        return listing(self._api, call.request, self._hook(call).sent)

    async def again(self, call: Call) -> Answer:
        return again(self._api, call.part("delivery"), self._hook(call).sent)

    def _ping(self, call: Call, hook: RegisteredHook) -> None:
        payload = {
            "zen": "Design for failure.",
            "hook_id": hook.id,
            "hook": {"type": "Repository", "events": sorted(hook.events), "active": hook.active},
            "repository": self._api.shapes.repository(call.repository),
            "sender": self._api.shapes.account(call.account),
        }
        self._api.hooks.send_to(hook, "ping", self._api.hooks.body(payload))

    def _mine(self, call: Call) -> dict[int, RegisteredHook]:
        """Who does not administer the repository is not told that there are any."""
        if call.repository.role(call.account) != "admin":
            raise Refused(404, "Not Found")
        return self._api.hooks.registered.setdefault(str(call.repository.id), {})

    def _hook(self, call: Call) -> RegisteredHook:
        number = call.request.match_info["hook"]
        found = self._mine(call).get(int(number) if number.isdecimal() else 0)
        if found is None:
            raise Refused(404, "Not Found")
        return found


def _set(hook: RegisteredHook, body: dict[str, Any]) -> None:
    """`config` is put in the place of the one before, whole: without a secret in it there is none."""
    events = body.get("events", hook.events)
    if not set(events) <= WEBHOOK_EVENTS:
        raise Refused(422, "Validation Failed")
    hook.events = frozenset(events)
    hook.active = body.get("active", hook.active)
    config = body.get("config")
    if config is not None:
        if urlsplit(config["url"]).scheme not in ("http", "https"):
            raise Refused(422, "Validation Failed")
        hook.url, hook.secret = config["url"], config.get("secret", "")
        hook.more = {
            "content_type": config.get("content_type", "form"),
            "insecure_ssl": str(config.get("insecure_ssl", "0")),
        }


def _shape(hook: RegisteredHook) -> dict[str, Any]:
    ended = [one for one in hook.sent if one.ended]
    last: dict[str, Any] = {"code": None, "status": "unused", "message": None}
    if ended:
        code = ended[-1].answer
        good = code is not None and 200 <= code < 300
        last = {"code": code or 0, "status": "active" if good else "invalid", "message": "OK" if good else "failed"}
    secret = {"secret": "********"} if hook.secret else {}
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": sorted(hook.events),
        "config": {"url": hook.url, **hook.more, **secret},
        "last_response": last,
    }
