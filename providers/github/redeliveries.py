"""Deliveries that GitHub could not deliver: it keeps them for three days, does not send them again by itself, and does when it is asked.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from github import Github
from pydantic import TypeAdapter

from bot.ports import FailedDelivery
from providers.github import payloads
from providers.github.client import PER_PAGE, GitHubClient
from providers.github.sign_in import EVENTS, FURTHER_EVENTS, AppSignIn

TRIES = 3
"""How often one is delivered in vain before it is left alone: what failed so often fails for a reason that asking does not mend."""

PAGES = 100
"""Of failed deliveries. Were there more, the newest of them are asked for."""

HEARD = frozenset((*EVENTS, *FURTHER_EVENTS, "check_run", "check_suite"))

_LIST = TypeAdapter(list[payloads.Delivered])
_NEXT = re.compile(r'[?&]cursor=([A-Za-z0-9_=.-]+)[^>]*>; rel="next"')
"""Of the address of the next page only the cursor is taken: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""

Page: TypeAlias = tuple[Mapping[str, str], Any]


class AppRedeliveries:
    """Those of a GitHub App's webhook, whichever repositories they are about: https://docs.github.com/en/rest/apps/webhooks."""

    def __init__(self, client: GitHubClient, sign_in: AppSignIn, name: str) -> None:
        """`name` is the host's."""
        self._name = name
        self._client = client
        self._sign_in = sign_in

    async def failed(self) -> Sequence[FailedDelivery]:
        """List deliveries for an app webhook."""
        found = await self._sign_in.ask_as_app(self._client.ask, lambda github: list(_pages(github, "/app/hook")))
        return [FailedDelivery(f"{self._name}:{one.guid}", str(one.id)) for one in worth_asking(found)]

    async def ask_again(self, delivery: FailedDelivery) -> None:
        """Redeliver a delivery for an app webhook."""
        path = f"/app/hook/deliveries/{int(delivery.id)}/attempts"
        await self._sign_in.ask_as_app(self._client.ask, _post(path))


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
