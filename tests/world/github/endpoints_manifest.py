"""The fake GitHub's way of making an App from a manifest: its page in the browser, and the code that is good once, within the hour.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import html
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.github.answers import Refused, refusal, response
from tests.world.github.api import PREFIX, Api
from tests.world.github.endpoints_hooks import WEBHOOK_EVENTS
from tests.world.github.nouns import Account, App

HOUR = 3600.0
KNOWN = {
    "name", "url", "hook_attributes", "redirect_url", "callback_urls", "setup_url", "description", "public",
    "default_events", "default_permissions", "request_oauth_on_install", "setup_on_update",
}  # fmt: skip
LONGEST_NAME = 34
NEEDS = {
    "commit_comment": "contents",
    "issue_comment": "pull_requests",
    "merge_group": "merge_queues",
    "pull_request": "pull_requests",
    "push": "contents",
    "repository": "metadata",
}
"""What an App must be allowed to be told of an event: https://docs.github.com/en/webhooks/webhook-events-and-payloads."""


@dataclass
class Manifests:
    """Codes that were given, each with its App and the secrets of it. `make` makes an App: its private key comes back, in PEM form."""

    api: Api
    make: Callable[[dict[str, Any], str], str]
    codes: dict[str, tuple[float, App, dict[str, str]]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/settings/apps/new", self.confirm),
            web.post("/organizations/{organization}/settings/apps/new", self.confirm),
            web.post("/settings/apps/manifest", self.create),
            web.post(PREFIX + "/app-manifests/{code}/conversions", self.convert),
        ]

    async def confirm(self, request: web.Request) -> web.Response:
        """The page on which the person confirms. What is wrong with the manifest it says there."""
        manifest = str((await request.post()).get("manifest", ""))
        problems = _problems(manifest)
        owner = self._owner(request.match_info.get("organization", ""))
        if owner is None:
            raise web.HTTPNotFound
        if problems:
            return web.Response(status=422, text="; ".join(problems))
        fields = {"manifest": manifest, "state": request.query.get("state", ""), "owner": owner.login}
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
        )
        name = html.escape(json.loads(manifest)["name"])
        page = f'<title>Create GitHub App</title><form method="post" action="/settings/apps/manifest">{hidden}'
        return web.Response(text=f"{page}<button>Create GitHub App {name}</button></form>", content_type="text/html")

    async def create(self, request: web.Request) -> web.Response:
        form = await request.post()
        manifest = json.loads(str(form["manifest"]))
        secret, code = secrets.token_hex(20), secrets.token_hex(20)
        pem = self.make(manifest, secret)
        app = self.api.hosted.app
        assert app is not None
        given = {
            "client_id": "Iv1.8a61f9b3a7aba766",
            "client_secret": secrets.token_hex(20),
            "webhook_secret": secret,
            "pem": pem,
        }
        self.codes[code] = (self.api.hosted.now() + HOUR, app, given)
        query = urlencode({"code": code, "state": str(form["state"])})
        raise web.HTTPFound(f"{manifest['redirect_url']}?{query}")

    async def convert(self, request: web.Request) -> web.Response:
        """Asked without signing in; a token that is wrong is refused as everywhere."""
        if "Authorization" in request.headers:
            return refusal(Refused(401, "Bad credentials"))
        ends, app, given = self.codes.pop(request.match_info["code"], (0.0, None, {}))
        if app is None or ends <= self.api.hosted.now():
            return refusal(Refused(404, "Not Found"))
        page = f"{self.api.hosted.url}/github-apps/{app.slug}"
        shown = {"id": app.id, "slug": app.slug, "name": app.slug, "html_url": page}
        answer = Answer(shown | {"permissions": app.permissions, "events": app.events} | given, 201)
        return response(request, self.api.hosted.url, answer)

    def _owner(self, organization: str) -> Account | None:
        return self.api.hosted.account(organization or "ada")


def _problems(text: str) -> list[str]:
    """What GitHub would not take of it."""
    try:
        manifest = json.loads(text)
    except ValueError:
        return ["the manifest is no JSON"]
    hook = manifest.get("hook_attributes") or {}
    permissions, events = manifest.get("default_permissions") or {}, manifest.get("default_events") or []
    addresses = (manifest.get("url"), hook.get("url"), manifest.get("redirect_url"))
    checks = (
        (set(manifest) - KNOWN, f"unknown: {sorted(set(manifest) - KNOWN)}"),
        (not 0 < len(manifest.get("name", "")) <= LONGEST_NAME, "name is too long, or not there"),
        (any(urlsplit(str(one)).scheme not in ("http", "https") for one in addresses), "an address is none"),
        (set(permissions.values()) - {"read", "write", "admin"}, "a permission is none"),
        (set(events) - WEBHOOK_EVENTS, "an event is none"),
        ([one for one in events if NEEDS.get(one, "metadata") not in permissions], "an event needs more permissions"),
    )
    return [said for wrong, said in checks if wrong]
