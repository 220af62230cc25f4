"""The fake Bitbucket Cloud's endpoints of a repository's webhooks.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-hooks-post
"""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.world.bitbucket.api import Api, Call, Json, Refused
from tests.world.bitbucket.hooks import Hooks
from tests.world.bitbucket.nouns import braced
from tests.world.bitbucket.repository_hooks import RepositoryHooks
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
    of = CloudRepositoryHooks(api, hooks)
    return [
        api.route("GET", stem + "/hooks", "webhook", of.listed),
        api.route("POST", stem + "/hooks", "webhook", of.create),
        api.route("PUT", stem + "/hooks/{hook:[^/]+}", "webhook", of.change),
        api.route("DELETE", stem + "/hooks/{hook:[^/]+}", "webhook", of.remove),
    ]


class CloudRepositoryHooks(RepositoryHooks):
    def closed(self) -> Refused:
        return Refused(403, "Your credentials lack the admin permission.")

    def key(self, call: Call) -> str:
        return call.repository.uuid

    def name(self, hook: RegisteredHook) -> str:
        return braced(f"hook {hook.id}")

    def page(self, shown: list[dict[str, Any]]) -> dict[str, Any]:
        return {"values": shown, "pagelen": 100, "page": 1, "size": len(shown)}

    def set(self, hook: RegisteredHook, body: Json) -> None:
        """Everything is required but the secret, which stays where none is sent; null takes it away."""
        assert set(body) <= KNOWN, f"the API does not describe {set(body) - KNOWN}"
        events = body.get("events") or []
        if not events or not set(events) <= EVENTS or urlsplit(str(body.get("url"))).scheme not in ("http", "https"):
            raise Refused(400, "Invalid webhook")
        hook.url, hook.events, hook.active = body["url"], frozenset(events), bool(body.get("active"))
        hook.secret = (body["secret"] or "") if "secret" in body else hook.secret
        hook.more = {"skip_cert_verification": bool(body.get("skip_cert_verification"))}

    def shape(self, hook: RegisteredHook) -> dict[str, Any]:
        return {
            "type": "webhook_subscription",
            "uuid": self.name(hook),
            "url": hook.url,
            "active": hook.active,
            "events": sorted(hook.events),
            "secret_set": bool(hook.secret),
            **hook.more,
        }
