"""The fake Bitbucket Cloud's endpoints of a repository's webhooks.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-hooks-post
"""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.world.bitbucket.api import Api, Call, Json, Refused
from tests.world.bitbucket.hooks import Hooks
from tests.world.bitbucket.nouns import braced
from tests.world.fake.deliveries import RegisteredHook

EVENTS = frozenset(
    [
        "repo:push",
        "repo:fork",
        "repo:updated",
        "repo:transfer",
        "repo:commit_comment_created",
        "repo:commit_status_created",
        "repo:commit_status_updated",
        "issue:created",
        "issue:updated",
        "issue:comment_created",
        "pullrequest:created",
        "pullrequest:updated",
        "pullrequest:approved",
        "pullrequest:unapproved",
        "pullrequest:changes_request_created",
        "pullrequest:changes_request_removed",
        "pullrequest:fulfilled",
        "pullrequest:rejected",
        "pullrequest:comment_created",
        "pullrequest:comment_updated",
        "pullrequest:comment_deleted",
        "pullrequest:comment_resolved",
        "pullrequest:comment_reopened",
    ]
)
KNOWN = {"description", "url", "active", "events", "secret", "skip_cert_verification"}


def routes(api: Api, stem: str, hooks: Hooks) -> list[web.RouteDef]:
    of = RepositoryHooks(api, hooks)
    return [
        api.route("GET", stem + "/hooks", "webhook", of.listed),
        api.route("POST", stem + "/hooks", "webhook", of.create),
        api.route("PUT", stem + "/hooks/{hook:[^/]+}", "webhook", of.change),
        api.route("DELETE", stem + "/hooks/{hook:[^/]+}", "webhook", of.remove),
    ]


class RepositoryHooks:
    def __init__(self, api: Api, hooks: Hooks) -> None:
        self._api = api
        self._hooks = hooks

    async def listed(self, call: Call) -> web.Response:
        shown = [_shape(hook) for hook in self._mine(call).values()]
        return web.json_response({"values": shown, "pagelen": 100, "page": 1, "size": len(shown)})

    async def create(self, call: Call) -> web.Response:
        mine = self._mine(call)
        hook = RegisteredHook(next(self._api.hosted.ids), "", frozenset(), "")
        _set(hook, call.body)
        mine[hook.id] = hook
        return web.json_response(_shape(hook), status=201)

    async def change(self, call: Call) -> web.Response:
        hook = self._hook(call)
        _set(hook, call.body)
        return web.json_response(_shape(hook))

    async def remove(self, call: Call) -> web.Response:
        del self._mine(call)[self._hook(call).id]
        return web.Response(status=204)

    def _mine(self, call: Call) -> dict[int, RegisteredHook]:
        if not self._api.hosted.may(call.repository, call.account, "admin"):
            raise Refused(403, "Your credentials lack the admin permission.")
        return self._hooks.registered.setdefault(call.repository.uuid, {})

    def _hook(self, call: Call) -> RegisteredHook:
        found = next((one for one in self._mine(call).values() if _uuid(one) == call.part("hook")), None)
        if found is None:
            raise Refused(404, "This webhook does not exist")
        return found


def _uuid(hook: RegisteredHook) -> str:
    return braced(f"hook {hook.id}")


def _set(hook: RegisteredHook, body: Json) -> None:
    """Everything is required but the secret, which stays where none is sent; null takes it away."""
    assert set(body) <= KNOWN, f"the API does not describe {set(body) - KNOWN}"
    events = body.get("events") or []
    if not events or not set(events) <= EVENTS or urlsplit(str(body.get("url"))).scheme not in ("http", "https"):
        raise Refused(400, "Invalid webhook")
    hook.url, hook.events, hook.active = body["url"], frozenset(events), bool(body.get("active"))
    hook.secret = (body["secret"] or "") if "secret" in body else hook.secret
    hook.more = {"skip_cert_verification": bool(body.get("skip_cert_verification"))}


def _shape(hook: RegisteredHook) -> dict[str, Any]:
    return {
        "type": "webhook_subscription",
        "uuid": _uuid(hook),
        "url": hook.url,
        "active": hook.active,
        "events": sorted(hook.events),
        "secret_set": bool(hook.secret),
        **hook.more,
    }
