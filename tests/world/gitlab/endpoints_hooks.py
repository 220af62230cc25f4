"""The fake GitLab's endpoints of a project's webhooks: for Maintainers, and there may be two of one address.

https://docs.gitlab.com/api/project_webhooks/
"""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.fake.deliveries import RegisteredHook
from tests.world.gitlab.answers import Refused, forbidden, not_found
from tests.world.gitlab.api import Api, Call
from tests.world.gitlab.hooks import TRIGGERS
from tests.world.gitlab.nouns import MAINTAINER

EVENTS = frozenset(TRIGGERS.values())
KNOWN = EVENTS | {"url", "name", "token", "signing_token", "enable_ssl_verification", "push_events_branch_filter"}


def routes(api: Api) -> list[web.RouteDef]:
    of = ProjectHooks(api)
    hooks = "/projects/{project}/hooks"
    return [
        api.route("GET", hooks, of.listed, "read_api"),
        api.route("POST", hooks, of.create),
        api.route("PUT", hooks + "/{hook}", of.change),
        api.route("DELETE", hooks + "/{hook}", of.remove),
        api.route("POST", hooks + "/{hook}/test/{trigger}", of.test),
        api.route("GET", hooks + "/{hook}/events", of.events, "read_api"),
    ]


class ProjectHooks:
    """`api.signs`: since 19.0 a hook may have a signing token; older ones take no notice of the field."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def listed(self, call: Call) -> Listing:
        return Listing([self._shape(hook) for hook in self._mine(call).values()])

    async def create(self, call: Call) -> Answer:
        mine = self._mine(call)
        hook = RegisteredHook(next(self._api.hosted.ids), call.text("url"), frozenset({"push_events"}), "")
        self._set(hook, call.body)
        mine[hook.id] = hook
        return Answer(self._shape(hook), 201)

    async def change(self, call: Call) -> Answer:
        hook, url = self._hook(call), call.text("url")
        if url != hook.url:
            hook.more.pop("token", None)
            hook.secret = ""
        hook.url = url
        self._set(hook, call.body)
        return Answer(self._shape(hook))

    async def remove(self, call: Call) -> Answer:
        del self._mine(call)[self._hook(call).id]
        return Answer(None, 204)

    async def test(self, call: Call) -> Answer:
        """It waits for the answer. Whoever has no access token in the project can't be told of one."""
        hook, trigger = self._hook(call), call.part("trigger")
        if trigger != "resource_access_token_events":
            raise Refused(400, {"error": "trigger does not have a valid value"})
        if not any(member.account.bot for member in call.project.members.values()):
            raise Refused(422, {"message": "Ensure the project has resource access tokens"})
        body = self._api.hooks.body({"object_kind": "access_token", "project": {"id": call.project.id}})
        delivery = self._api.hooks.send_to(hook, "Resource Access Token Hook", body)
        await self._api.hooks.settled()
        if delivery.answer is None or delivery.answer >= 300:
            raise Refused(422, {"message": f"The webhook answered {delivery.answer or 'nothing'}"})
        hook.active = True  # https://docs.gitlab.com/user/project/integrations/webhooks/#re-enable-disabled-webhooks
        return Answer({"message": "201 Created"}, 201)

    async def events(self, call: Call) -> Listing:
        """The newest first."""
        ended = [one for one in reversed(self._hook(call).sent) if one.ended]
        return Listing(
            [{"id": at, "response_status": str(one.answer or "internal error")} for at, one in enumerate(ended)]
        )

    def _mine(self, call: Call) -> dict[int, RegisteredHook]:
        if self._api.hosted.level(call.account, call.project) < MAINTAINER:
            raise forbidden()
        return self._api.hooks.registered.setdefault(str(call.project.id), {})

    def _hook(self, call: Call) -> RegisteredHook:
        found = self._mine(call).get(call.number("hook"))
        if found is None:
            raise not_found("Hook")
        return found

    def _set(self, hook: RegisteredHook, body: dict[str, Any]) -> None:
        unknown = set(body) - KNOWN
        assert not unknown, f"the API does not describe {unknown}"
        if urlsplit(hook.url).scheme not in ("http", "https"):
            raise Refused(422, {"error": "Invalid url given"})
        kept = {name for name in hook.events if body.get(name, True)}
        hook.events = frozenset(kept | {name for name in EVENTS if body.get(name)})
        hook.more |= {
            name: body[name]
            for name in ("enable_ssl_verification", "push_events_branch_filter", "token")
            if name in body
        }
        if self._api.signs and "signing_token" in body:
            if not str(body["signing_token"]).startswith("whsec_"):
                raise Refused(422, {"message": {"signing_token": ["is invalid"]}})
            hook.secret = body["signing_token"]

    def _shape(self, hook: RegisteredHook) -> dict[str, Any]:
        signed = {"token_present": bool(hook.more.get("token")), "signing_token_present": bool(hook.secret)}
        return {
            "id": hook.id,
            "url": hook.url,
            **{name: name in hook.events for name in sorted(EVENTS)},
            "enable_ssl_verification": hook.more.get("enable_ssl_verification", True),
            "push_events_branch_filter": hook.more.get("push_events_branch_filter", ""),
            "alert_status": "executable" if hook.active else "disabled",
            **(signed if self._api.signs else {}),
        }
