"""A repository's webhooks on Bitbucket Cloud.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-hooks-get
"""

from http import HTTPStatus
from typing import Any

from bot.model.repository import Repository
from bot.ports import HookAnswer, HostHook
from providers.bitbucket.client import Client, Refused, at, read
from providers.bitbucket.cloud import api, events, payloads

EVENTS = tuple(sorted(set(events.READERS) - {"repo:deleted"}))
"""What the bot reads. That it is deleted a repository's own webhook can't be asked to tell: a workspace's can."""


class CloudHooks:
    """A `bot.ports.HostHooks`. Bitbucket Cloud delivers no test, and its API does not tell what became of deliveries."""

    needs = (
        "Webhooks: Read and write (webhook), and its account must administer the repository: "
        "Repository settings, Access tokens; for an API token, the Atlassian account's Security, API tokens"
    )

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(self, repository: Repository) -> list[HostHook]:
        found: list[HostHook] = []
        async for page in api.pages(self._client, payloads.Hooks, f"{api.of(repository)}/hooks"):
            found += map(_facts, page.values)
        return found

    async def put(self, repository: Repository, url: str, secret: str, known: str = "") -> HostHook:
        body: dict[str, Any] = {
            "description": "Penstock",
            "url": url,
            "active": True,
            "events": list(EVENTS),
            "secret": secret,
            "skip_cert_verification": False,
        }
        where = f"{api.of(repository)}/hooks{at(known) if known else ''}"
        return _facts(read(payloads.Hook, await self._client.ask("PUT" if known else "POST", where, body)))

    async def remove(self, repository: Repository, hook: str) -> None:
        try:
            await self._client.ask("DELETE", f"{api.of(repository)}/hooks{at(hook)}")
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def test(self, repository: Repository, hook: str) -> HookAnswer | None:  # noqa: ARG002  the port's signature
        return None


def _facts(hook: payloads.Hook) -> HostHook:
    unheard = [event for event in EVENTS if event not in hook.events]
    faults = (
        (not hook.active, "it is not active"),
        (unheard, f"it does not tell of {', '.join(unheard)}"),
        (hook.skip_cert_verification, "it does not check the bot's certificate"),
        (hook.secret_set is False, "it has no secret"),
    )
    return HostHook(hook.uuid, hook.url, tuple(text for wrong, text in faults if wrong))
