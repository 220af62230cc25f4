"""Deliveries that GitHub could not deliver: it keeps them for three days, does not send them again by itself, and does when it is asked.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from github import Github
from pydantic import TypeAdapter

from bot.model.repository import Repository
from bot.ports import FailedDelivery, HostRefused
from providers.github import payloads
from providers.github.client import PER_PAGE, GitHubClient
from providers.github.hooks import GitHubHooks
from providers.github.objects import number_of
from providers.github.sign_in import ANYWHERE, EVENTS, FURTHER_EVENTS, HOOKING, AppSignIn, about

TRIES = 3
"""How often one is delivered in vain before it is left alone: what failed so often fails for a reason that asking does not mend."""

PAGES = 100
"""Of failed deliveries. Were there more, the newest of them are asked for."""

HEARD = frozenset((*EVENTS, *FURTHER_EVENTS, "check_run", "check_suite"))

_LIST = TypeAdapter(list[payloads.Delivered])
_NEXT = re.compile(r'[?&]cursor=([A-Za-z0-9_=.-]+)[^>]*>; rel="next"')
"""Of the address of the next page only the cursor is taken: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""


class AppRedeliveries:
    """Those of a GitHub App's webhook, whichever repositories they are about: https://docs.github.com/en/rest/apps/webhooks."""

    def __init__(self, client: GitHubClient, sign_in: AppSignIn, name: str) -> None:
        """`name` is the host's."""
        self._name = name
        self._client = client
        self._sign_in = sign_in

    async def failed(self, repositories: Sequence[Repository], url: str) -> Sequence[FailedDelivery]:  # noqa: ARG002  one hook for all
        """List deliveries for an app webhook."""
        found = await self._sign_in.ask_as_app(self._client.ask, lambda github: list(_pages(github, "/app/hook")))
        return [FailedDelivery(f"{self._name}:{one.guid}", str(one.id)) for one in worth_asking(found)]

    async def ask_again(self, delivery: FailedDelivery) -> None:
        """Redeliver a delivery for an app webhook."""
        path = f"/app/hook/deliveries/{int(delivery.id)}/attempts"
        await self._sign_in.ask_as_app(self._client.ask, _post(path))


class HookRedeliveries:
    """Those of repositories' own webhooks, for a bot that signs in with a token: https://docs.github.com/en/rest/repos/webhooks.

    Whose token may not see a repository's webhooks is not asked there again, for as long as the bot lives: what was missed is found by looking.
    """

    def __init__(self, client: GitHubClient, hooks: GitHubHooks, name: str) -> None:
        """`name` is the host's."""
        self._name = name
        self._client = client
        self._hooks = hooks
        self._hidden: set[str] = set()

    async def failed(self, repositories: Sequence[Repository], url: str) -> Sequence[FailedDelivery]:
        """List deliveries for a repository webhook, of each that leads to the bot."""
        found: list[FailedDelivery] = []
        for repository in repositories:
            if repository.id not in self._hidden:
                try:
                    found += await self._of(repository, url)
                except HostRefused:
                    self._hidden.add(repository.id)
        return found

    async def ask_again(self, delivery: FailedDelivery) -> None:
        """Redeliver a delivery for a repository webhook."""
        repository, hook, number = map(number_of, delivery.id.split("/"))
        path = f"/repositories/{repository}/hooks/{hook}/deliveries/{number}/attempts"
        await self._client.call(_post(path), ANYWHERE)

    async def _of(self, repository: Repository, url: str) -> list[FailedDelivery]:
        number, found = number_of(repository.id), list[FailedDelivery]()
        for hook in await self._hooks.list(repository):
            if hook.url.rstrip("/") == url:
                path = f"/repositories/{number}/hooks/{number_of(hook.id)}"
                failed = worth_asking(await self._client.call(partial(_all, hook=path), about(repository, HOOKING)))
                places = [f"{number}/{hook.id}/{one.id}" for one in failed]
                found += [FailedDelivery(f"{self._name}:{o.guid}", at) for o, at in zip(failed, places, strict=True)]
        return found


def _all(github: Github, hook: str) -> list[payloads.Delivered]:
    return list(_pages(github, hook))


def worth_asking(deliveries: Sequence[payloads.Delivered]) -> list[payloads.Delivered]:
    """The oldest first, each once. GitHub's own words for the status differ; a bot that took it answered with 2xx."""
    failed = [one for one in deliveries if not 200 <= one.status_code < 300 and one.event in HEARD]  # noqa: PLR2004
    tries = Counter(one.guid for one in failed)
    first: dict[str, payloads.Delivered] = {}
    for one in sorted(failed, key=lambda one: datetime.fromisoformat(one.delivered_at)):
        first.setdefault(one.guid, one)
    return [one for guid, one in first.items() if tries[guid] < TRIES]


def _pages(github: Github, hook: str) -> Iterator[payloads.Delivered]:
    """An Enterprise Server may not know the filter, and lists all."""
    query: dict[str, Any] = {"per_page": PER_PAGE, "status": "failure"}
    for _ in range(PAGES):
        headers, answer = github.requester.requestJsonAndCheck("GET", f"{hook}/deliveries", parameters=query)
        yield from _LIST.validate_python(answer)
        following = _NEXT.search({name.lower(): value for name, value in headers.items()}.get("link", ""))
        if following is None:
            return
        query["cursor"] = following[1]


def _post(path: str) -> Callable[[Github], None]:
    def ask(github: Github) -> None:
        github.requester.requestJsonAndCheck("POST", path)

    return ask
