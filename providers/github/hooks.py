"""A repository's webhooks on GitHub, for a bot that signs in with a token: an App has one of its own, which serves all its repositories.

https://docs.github.com/en/rest/repos/webhooks
"""

import asyncio
import itertools
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from github import Github, GithubException
from github.Repository import Repository as GitHubRepository

from bot.model.repository import Repository
from bot.ports import HookAnswer, HostHook
from providers.github import hook_payloads
from providers.github.client import PER_PAGE, GitHubClient
from providers.github.objects import number_of, repository_of
from providers.github.sign_in import EVENTS, FURTHER_EVENTS, HOOKING, about

T = TypeVar("T")

LOOKS = 20
BETWEEN_LOOKS = 0.25
"""How often, and with how many seconds between, it is looked what became of a ping."""


class GitHubHooks:
    """A `bot.ports.HostHooks`."""

    needs = (
        "Webhooks: read and write (of a classic token: admin:repo_hook), and its account must administer the repository: "
        "Settings, Developer settings, Personal access tokens"
    )

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    async def list(self, repository: Repository) -> list[HostHook]:
        found: list[HostHook] = []
        for number in itertools.count(1):
            page = await self._ask(repository, partial(_page, number=number))
            found += map(_facts, page)
            if len(page) < PER_PAGE:
                break
        return found

    async def put(self, repository: Repository, url: str, secret: str, known: str = "") -> HostHook:
        config = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
        body: dict[str, Any] = {"active": True, "events": sorted({*EVENTS, *FURTHER_EVENTS}), "config": config}

        def order(hosted: GitHubRepository) -> HostHook:
            method, where = ("PATCH", f"/{number_of(known)}") if known else ("POST", "")
            sent = body if known else body | {"name": "web"}
            _, answer = hosted.requester.requestJsonAndCheck(method, f"{hosted.url}/hooks{where}", input=sent)
            return _facts(hook_payloads.Hook.model_validate(answer))

        return await self._ask(repository, order)

    async def remove(self, repository: Repository, hook: str) -> None:
        def order(hosted: GitHubRepository) -> None:
            try:
                hosted.requester.requestJsonAndCheck("DELETE", f"{hosted.url}/hooks/{number_of(hook)}")
            except GithubException as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise

        await self._ask(repository, order)

    async def test(self, repository: Repository, hook: str) -> HookAnswer | None:
        """A ping. What became of it is told by the webhook's deliveries.

        https://docs.github.com/en/rest/repos/webhooks#list-deliveries-for-a-repository-webhook
        """
        address = f"/hooks/{number_of(hook)}"

        def deliveries(hosted: GitHubRepository) -> list[hook_payloads.HookDelivery]:
            query = {"per_page": 10}
            _, answer = hosted.requester.requestJsonAndCheck("GET", f"{hosted.url}{address}/deliveries", query)
            return hook_payloads.HookDeliveries.validate_python(answer)

        def ping(hosted: GitHubRepository) -> None:
            hosted.requester.requestJsonAndCheck("POST", f"{hosted.url}{address}/pings")

        before = {one.id for one in await self._ask(repository, deliveries)}
        await self._ask(repository, ping)
        for _ in range(LOOKS):
            fresh = [one for one in await self._ask(repository, deliveries) if one.id not in before]
            ended = next((one for one in fresh if one.event == "ping" and one.status), None)
            if ended is not None:
                return HookAnswer(_answered(ended), ended.status)
            await asyncio.sleep(BETWEEN_LOOKS)
        return HookAnswer(None, "GitHub has not said yet what became of its ping")

    async def _ask(self, repository: Repository, ask: Callable[[GitHubRepository], T]) -> T:
        def with_repository(github: Github) -> T:
            return ask(repository_of(github, repository))

        return await self._client.call(with_repository, about(repository, HOOKING))


def _answered(delivery: hook_payloads.HookDelivery) -> int | None:
    """The bot's own answer. Where there was none, GitHub gives one of its own: 502 for "failed to connect", 504 for "timed out"."""
    said = delivery.status.casefold()
    return (delivery.status_code or None) if said.startswith(("ok", "invalid http response")) else None


def _page(hosted: GitHubRepository, number: int) -> list[hook_payloads.Hook]:
    query = {"per_page": PER_PAGE, "page": number}
    _, answer = hosted.requester.requestJsonAndCheck("GET", f"{hosted.url}/hooks", query)
    return hook_payloads.Hooks.validate_python(answer)


def _facts(hook: hook_payloads.Hook) -> HostHook:
    config, last = hook.config, hook.last_response
    unheard = [event for event in sorted({*EVENTS, *FURTHER_EVENTS}) if not {event, "*"} & set(hook.events)]
    faults = (
        (not hook.active, "it is not active"),
        (unheard, f"it does not tell of {', '.join(unheard)}"),
        (config.content_type != "json", "its content type is not application/json"),
        (config.insecure_ssl not in ("0", 0), "it does not check the bot's certificate"),
        (not config.secret, "it has no secret"),
    )
    told = HookAnswer(last.code or None, last.message or last.status or "") if last and last.code is not None else None
    return HostHook(str(hook.id), config.url or "", tuple(text for wrong, text in faults if wrong), told)
