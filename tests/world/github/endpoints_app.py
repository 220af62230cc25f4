"""The fake GitHub's endpoints of an App: its JWT is checked for real, and its tokens end, and are as narrow as they were asked for.

https://docs.github.com/en/rest/apps/apps
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
"""

import secrets
import time
from typing import Any

import jwt
from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.github.answers import Refused
from tests.world.github.api import Api, AppCall
from tests.world.github.nouns import App, Installation, Repository, Token
from tests.world.github.shapes import moment

LONGEST = 600
"""Seconds for which a JWT may be good, and no more."""

LIFE = 3600.0
LEVELS = ("read", "write", "admin")


def routes(api: Api) -> list[web.RouteDef]:
    of = Apps(api)
    return [
        *api.app_routes("GET", "/app", of.get),
        *api.app_routes("GET", "/app/hook/config", of.hook),
        *api.app_routes("GET", "{repo}/installation", of.of_repository),
        *api.app_routes("GET", "/orgs/{organization}/installation", of.of_organization),
        *api.app_routes("POST", "/app/installations/{installation}/access_tokens", of.create_token),
    ]


def app_of(app: App | None, token: str) -> App:
    """Whose JWT it is: signed with the App's key by RS256, by its clock not yet ended, and for ten minutes at most."""
    if app is None:
        raise Refused(401, "A JSON web token could not be decoded")
    try:
        claims = jwt.decode(
            token, app.key, algorithms=["RS256"], issuer=str(app.id), options={"require": ["iat", "exp", "iss"]}
        )
    except jwt.ExpiredSignatureError:
        raise Refused(
            401, "'Expiration time' claim ('exp') must be a numeric value representing the future time"
        ) from None
    except jwt.InvalidTokenError:
        raise Refused(401, "A JSON web token could not be decoded") from None
    if claims["exp"] > time.time() + LONGEST:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


class Apps:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def get(self, call: AppCall) -> Answer:
        app = call.app
        page = f"{self._api.hosted.url}/apps/{app.slug}"
        return Answer(
            {"id": app.id, "slug": app.slug, "name": app.slug, "html_url": page}
            | {"permissions": app.permissions, "events": app.events, "installations_count": len(app.installations)}
        )

    async def hook(self, call: AppCall) -> Answer:
        """https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app."""
        return Answer({"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": call.app.hook_url})

    async def of_repository(self, call: AppCall) -> Answer:
        repository = self._api.repository(call.request)
        return _installation(call.app, lambda one: repository is not None and repository.id in one.repositories)

    async def of_organization(self, call: AppCall) -> Answer:
        login = call.part("organization").lower()
        return _installation(call.app, lambda one: one.owner.login.lower() == login)

    async def create_token(self, call: AppCall) -> Answer:
        number = call.part("installation")
        found = next((one for one in call.app.installations if str(one.id) == number), None)
        if found is None:
            raise Refused(404, "Not Found")
        if found.suspended:
            raise Refused(403, "This installation has been suspended")
        permissions = _permissions(found, call.body.get("permissions"))
        repositories = self._narrowed(found, call.body)
        ends = self._api.hosted.now() + LIFE
        value = f"ghs_{secrets.token_hex(18)}"
        allowed = frozenset(f"{name}={level}" for name, level in _and_below(permissions))
        self._api.hosted.tokens[value] = Token(value, call.app.account, allowed, repositories, ends, found)
        return Answer({"token": value, "expires_at": moment(ends), "permissions": permissions}, 201)

    def _narrowed(self, installation: Installation, body: dict[str, Any]) -> frozenset[int]:
        ids = body.get("repository_ids")
        names = body.get("repositories")
        if names is not None:
            named = [self._api.hosted.named(f"{installation.owner.login}/{name}") for name in names]
            ids = [one.id if isinstance(one, Repository) else 0 for one in named]
        if ids is None:
            return frozenset(installation.repositories)
        if not ids or not set(ids) <= installation.repositories:
            raise Refused(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            )
        return frozenset(ids)


def _installation(app: App, fits: Any) -> Answer:
    found = next((one for one in app.installations if fits(one)), None)
    if found is None:
        raise Refused(404, "Not Found")
    return Answer({"id": found.id, "app_id": app.id, "permissions": found.permissions, "events": app.events})


def _permissions(installation: Installation, wanted: dict[str, str] | None) -> dict[str, str]:
    if wanted is None:
        return installation.permissions
    for name, level in wanted.items():
        given = installation.permissions.get(name)
        if given is None or LEVELS.index(level) > LEVELS.index(given):
            raise Refused(422, "The permissions requested are not granted to this installation.")
    return wanted


def _and_below(permissions: dict[str, str]) -> list[tuple[str, str]]:
    """Who may write may read."""
    return [(name, level) for name, given in permissions.items() for level in LEVELS[: LEVELS.index(given) + 1]]
