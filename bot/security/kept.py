"""Secrets that the bot keeps for itself in the database, each wrapped with the master key: webhooks' secrets, a GitHub App's credentials.

A webhook's secret is kept before its host is told, and the one before it counts for a while longer: whenever this is killed, what the
host signs with is known here.
"""

import base64
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.model.repository import Repository
from bot.ports import KeptSecret, KeptSecrets
from bot.security.keys import KEY_BYTES
from bot.security.sealing import Wrapping

WEBHOOK = "webhook"
APP = "app"

GRACE = 3600.0
"""Seconds for which a secret counts after another has taken its place: what was signed with it may still be under way."""


@dataclass(frozen=True, slots=True)
class WebhookSecretKept:
    """`value` is 32 random bytes in base64, as its host was told. `ends`: from when on it counts no more, 0 for never."""

    name: str
    repository: Repository
    ends: float
    value: str = field(repr=False)


class Vault:
    """What is kept, opened with the master keys that are set."""

    def __init__(self, store: KeptSecrets, wrapping: Wrapping) -> None:
        self._store = store
        self._wrapping = wrapping

    async def webhook_secrets(self) -> list[WebhookSecretKept]:
        """All of them, those that have ended, too. Raises what `Wrapping.unwrap` does."""
        return [self._opened(one) for one in await self._store.kept_secrets() if one.kind == WEBHOOK]

    async def add_webhook_secret(self, repository: Repository) -> WebhookSecretKept:
        """A fresh one, which counts from now on, beside those that there are."""
        name, value = f"webhook/{uuid.uuid4()}", new_secret()
        await self._store.keep_secrets([self._wrapped(name, WEBHOOK, repository, value)])
        return WebhookSecretKept(name, repository, 0.0, value)

    async def end_others(self, fresh: WebhookSecretKept, now: float) -> None:
        """The host signs with the fresh one from now on. The others end before long; those that have ended go."""
        await self._end(fresh.repository, now, fresh.name)

    async def take_back(self, fresh: WebhookSecretKept) -> None:
        """The host has not taken it, for sure."""
        await self._store.forget_secrets([fresh.name])

    async def end_all(self, repository: Repository, now: float) -> None:
        """The host delivers for that repository no more."""
        await self._end(repository, now, "", grace=0.0)

    async def keep_app(self, provider: str, credentials: Mapping[str, str]) -> None:
        """The credentials of the App that the bot signs in as on that host, in the place of those that there were."""
        owner = Repository(provider, "", "")
        await self._store.keep_secrets([self._wrapped(f"app/{provider}", APP, owner, json.dumps(dict(credentials)))])

    async def app(self, provider: str) -> Mapping[str, str] | None:
        """The App's credentials, None where none are kept."""
        for one in await self._store.kept_secrets():
            if one.kind == APP and one.provider == provider:
                return dict(json.loads(self._wrapping.unwrap(one.wrapped, _where(one.name))))
        return None

    async def forget_app(self, provider: str) -> None:
        await self._store.forget_secrets([f"app/{provider}"])

    async def _end(self, repository: Repository, now: float, but: str, grace: float = GRACE) -> None:
        mine = [
            one
            for one in await self._store.kept_secrets()
            if (one.kind, one.provider, one.repository) == (WEBHOOK, repository.provider, repository.id)
            and one.name != but
        ]
        over = [one.name for one in mine if not grace or 0.0 < one.ends <= now]
        ending = [replace(one, ends=now + grace) for one in mine if one.name not in over and not one.ends]
        await self._store.keep_secrets(ending)
        await self._store.forget_secrets(over)

    def _wrapped(self, name: str, kind: str, owner: Repository, value: str) -> KeptSecret:
        wrapped = self._wrapping.wrap(value.encode(), _where(name))
        return KeptSecret(name, kind, owner.provider, owner.id, owner.full_name, 0.0, wrapped)

    def _opened(self, one: KeptSecret) -> WebhookSecretKept:
        value = self._wrapping.unwrap(one.wrapped, _where(one.name)).decode()
        return WebhookSecretKept(one.name, Repository(one.provider, one.repository, one.full_name), one.ends, value)


def new_secret() -> str:
    """32 random bytes in base64: GitLab takes what follows `whsec_` so, and every host takes it as a text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def to_rewrap(kept: Sequence[KeptSecret], wrapping: Wrapping) -> list[KeptSecret]:
    """What an older master key wraps, wrapped with the newest. Done again, it is nothing."""
    return [
        replace(one, wrapped=wrapping.wrap(wrapping.unwrap(one.wrapped, _where(one.name)), _where(one.name)))
        for one in kept
        if not wrapping.is_current(one.wrapped)
    ]


def _where(name: str) -> str:
    return f"kept-secrets/{name}"
