"""A repository's webhooks on Bitbucket Data Center.

https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/#api-api-latest-projects-projectkey-repos-repositoryslug-webhooks-get
"""

from http import HTTPStatus
from typing import Any

from bot.model.repository import Repository
from bot.ports import HookAnswer, HostHook
from providers.base.identity import number_of
from providers.bitbucket.client import Client, Refused, read
from providers.bitbucket.data_center import events, payloads
from providers.bitbucket.data_center.api import Addresses, pages

PING = "diagnostics:ping"
EVENTS = tuple(sorted(set(events.READERS) - {PING}))
"""What the bot reads. A ping is sent unasked."""


class DataCenterHooks:
    """A `bot.ports.HostHooks`."""

    needs = "Repository admin: the account's Manage account, HTTP access tokens, and the repository's permissions"

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses

    async def list(self, repository: Repository) -> list[HostHook]:
        where = await self._path(repository)
        found: list[HostHook] = []
        async for page in pages(self._client, payloads.Hooks, where):
            found += [_facts(hook, await self._last(where, hook)) for hook in page.values]
        return found

    async def put(self, repository: Repository, url: str, secret: str, known: str = "") -> HostHook:
        body: dict[str, Any] = {
            "name": "Penstock",
            "url": url,
            "active": True,
            "events": list(EVENTS),
            "configuration": {"secret": secret},
            "sslVerificationRequired": True,
        }
        where = await self._path(repository, known)
        return _facts(read(payloads.Hook, await self._client.ask("PUT" if known else "POST", where, body)), None)

    async def remove(self, repository: Repository, hook: str) -> None:
        try:
            await self._client.ask("DELETE", await self._path(repository, hook))
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def test(self, repository: Repository, hook: str) -> HookAnswer | None:
        """Data Center pings the address, waits for the answer, and tells it.

        https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/ (test webhook)

        It does not sign its pings, so a bot that is there refuses them: that it did, with 401, is all that can be known.
        """
        where = await self._path(repository)
        known = read(payloads.Hook, await self._client.get(await self._path(repository, hook)))
        query = {"url": known.url, "webhookId": hook, "sslVerificationRequired": "true"}
        answer = read(payloads.HookTest, await self._client.ask("POST", f"{where}/test", query=query))
        if answer.response is not None and answer.response.statusCode == HTTPStatus.UNAUTHORIZED:
            return None
        return _answer(answer.response)

    async def _last(self, where: str, hook: payloads.Hook) -> HookAnswer | None:
        answer = await self._client.get_or_none(f"{where}/{hook.id}/latest")
        if answer is None or not answer.raw:
            return None
        return _answer(read(payloads.HookInvocation, answer).result)

    async def _path(self, repository: Repository, hook: str = "") -> str:
        stem = f"{await self._addresses.of(repository)}/webhooks"
        return f"{stem}/{number_of(hook, 'Bitbucket')}" if hook else stem


def _answer(result: payloads.HookResult | None) -> HookAnswer | None:
    if result is None:
        return None
    return HookAnswer(result.statusCode, result.description or result.outcome or "")


def _facts(hook: payloads.Hook, last: HookAnswer | None) -> HostHook:
    unheard = [event for event in EVENTS if event not in hook.events]
    faults = (
        (not hook.active, "it is not active"),
        (unheard, f"it does not tell of {', '.join(unheard)}"),
        (not hook.sslVerificationRequired, "it does not check the bot's certificate"),
        (not hook.configuration.get("secret"), "it has no secret"),
    )
    return HostHook(str(hook.id), hook.url, tuple(text for wrong, text in faults if wrong), last)
