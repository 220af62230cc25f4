"""The targets of the bot's settings by their names: what an address is for, by how it begins."""

from collections.abc import Collection, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from bot.endpoints.outside import Outside
from bot.endpoints.signing import NoSigningSecret, signer
from bot.notifications.cloud_events import CloudEvents
from bot.ports import Clock, Notice


class _Told(Protocol):
    async def send(self, notice: Notice) -> None: ...


class TargetInvalid(ValueError):
    """An address or a secret is none. The text names the target, and neither of them."""


_SERVICES = (
    "hooks.slack.com",
    "discord.com",
    "discordapp.com",
    "webhook.office.com",
    "logic.azure.com",
    "api.powerplatform.com",
    "chat.googleapis.com",
)
"""Chats whose webhooks have https addresses, which Apprise knows as they are given out: Slack, Discord, Teams by its connectors and workflows, Google."""


class Targets:
    """`urls` by name: http and https are endpoints for CloudEvents, signed with the secret of that name, unless a chat's webhook is there and has no
    secret; all else is Apprise's.
    """

    def __init__(self, outside: Outside, clock: Clock, urls: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Raises TargetInvalid."""
        self._clock = clock
        for name in secrets:
            if not urls.get(name, "").startswith(("http://", "https://")):
                raise TargetInvalid(f"{name}: only an http or https target of that name can have a secret")
        self._endpoints: dict[str, CloudEvents] = {}
        chats: dict[str, str] = {}
        for name, url in urls.items():
            if url.startswith(("http://", "https://")) and (name in secrets or not _is_chat(url)):
                self._endpoints[name] = self._endpoint(outside, name, url, secrets.get(name, ""))
            else:
                chats[name] = url
        self._chats = _chats(chats) if chats else {}

    @property
    def names(self) -> Collection[str]:
        return self._endpoints.keys() | self._chats.keys()

    async def send(self, target: str, notice: Notice) -> None:
        endpoint = self._endpoints.get(target)
        if endpoint is not None:
            await endpoint.send(notice, self._clock.now())
        else:
            await self._chats[target].send(notice)

    @staticmethod
    def _endpoint(outside: Outside, name: str, url: str, secret: str) -> CloudEvents:
        try:
            return CloudEvents(outside, url, signer(secret) if secret else None)
        except NoSigningSecret as error:
            raise TargetInvalid(f"{name}: its secret is none: {error}") from None


def _is_chat(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return any(host == service or host.endswith(f".{service}") for service in _SERVICES)


def _chats(urls: Mapping[str, str]) -> Mapping[str, "_Told"]:
    # Here, since it takes a second to load, and most bots have no such target.
    from bot.notifications.chats import Chat, UnknownAddress  # noqa: PLC0415

    found = {}
    for name, url in urls.items():
        try:
            found[name] = Chat(url)
        except UnknownAddress as error:
            raise TargetInvalid(f"{name}: {error}") from None
    return found
