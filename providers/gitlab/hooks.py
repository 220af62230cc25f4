"""A project's webhooks on GitLab.

https://docs.gitlab.com/api/project_webhooks/
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bot.model.repository import Repository
from bot.ports import HookAnswer, HostHook, HostRefused
from providers.base.identity import number_of
from providers.gitlab.client import GitLabClient
from providers.gitlab.errors import NotThere
from providers.gitlab.objects import project_path
from providers.gitlab.payloads import Hook, HookEvent
from providers.gitlab.webhooks import SIGNING_PREFIX

EVENTS: Mapping[str, str] = {
    "push_events": "pushes",
    "tag_push_events": "pushes of tags",
    "merge_requests_events": "merge requests",
    "note_events": "comments",
}
"""What the bot reads, by the names of the API."""

TEST = "resource_access_token_events"
"""Of all that GitLab can deliver as a test this starts nothing. A project that has no access token can't be tested with it."""


NOTHING_TO_TEST = "Ensure the project"
"""So begins what it says of a project that has nothing of that kind."""


class GitLabHooks:
    """A `bot.ports.HostHooks`."""

    needs = (
        "the scope api and the role Maintainer in the project: the project's (or group's) Settings, Access tokens; "
        "for a personal token, the account's Preferences, Access tokens"
    )

    def __init__(self, client: GitLabClient) -> None:
        self._client = client

    async def list(self, repository: Repository) -> list[HostHook]:
        found: list[HostHook] = []
        async for page in self._client.pages(f"{project_path(repository)}/hooks", list[Hook], {}):
            found += [_facts(hook, await self._last(repository, hook)) for hook in page]
        return found

    async def put(self, repository: Repository, url: str, secret: str, known: str = "") -> HostHook:
        """Signed where GitLab can (since 19.0); older ones ignore a signing token, and get a secret token.

        Which of both it is, the answer tells: https://docs.gitlab.com/api/project_webhooks/#add-a-webhook-to-a-project
        """
        body: dict[str, Any] = dict.fromkeys(EVENTS, True) | {
            "url": url,
            "enable_ssl_verification": True,
            "push_events_branch_filter": "",
            "signing_token": f"{SIGNING_PREFIX}{secret}",
        }
        if known:
            hook = await self._change(repository, known, body)
        else:
            hook = await self._client.post(f"{project_path(repository)}/hooks", body, Hook)
        if not hook.signing_token_present:
            del body["signing_token"]
            hook = await self._change(repository, str(hook.id), body | {"token": secret})
        return _facts(hook, None)

    async def remove(self, repository: Repository, hook: str) -> None:
        try:
            await self._client.delete(_path(repository, hook))
        except NotThere:
            return

    async def test(self, repository: Repository, hook: str) -> HookAnswer | None:
        """https://docs.gitlab.com/api/project_webhooks/#trigger-a-test-project-webhook, since 16.11.

        GitLab waits for the answer, and tells in words why it was none or no good one.
        """
        try:
            await self._client.post(f"{_path(repository, hook)}/test/{TEST}", {}, dict[str, Any])
        except NotThere:
            return None
        except HostRefused as refused:
            return None if NOTHING_TO_TEST in str(refused) else HookAnswer(None, str(refused))
        return HookAnswer(HTTPStatus.ACCEPTED, "")

    async def _change(self, repository: Repository, hook: str, body: Mapping[str, Any]) -> Hook:
        return await self._client.put(_path(repository, hook), body, Hook)

    async def _last(self, repository: Repository, hook: Hook) -> HookAnswer | None:
        """Since 17.3: https://docs.gitlab.com/api/project_webhooks/#get-a-list-of-project-webhook-events."""
        path = f"{_path(repository, str(hook.id))}/events"
        try:
            events = await self._client.get(path, list[HookEvent], {"per_page": 1})
        except HostRefused:
            return None
        if not events:
            return None
        status = events[0].response_status
        return HookAnswer(int(status), "") if status.isdecimal() else HookAnswer(None, status)


def _path(repository: Repository, hook: str) -> str:
    return f"{project_path(repository)}/hooks/{number_of(hook, 'GitLab')}"


def _facts(hook: Hook, last: HookAnswer | None) -> HostHook:
    unheard = [words for name, words in EVENTS.items() if not getattr(hook, name)]
    faults = (
        (unheard, f"it does not tell of {', '.join(unheard)}"),
        (hook.push_events_branch_filter, f"it tells of pushes to {hook.push_events_branch_filter} only"),
        (not hook.enable_ssl_verification, "it does not check the bot's certificate"),
        (hook.alert_status != "executable", "GitLab has switched it off, since its deliveries failed"),
    )
    return HostHook(str(hook.id), hook.url, tuple(text for wrong, text in faults if wrong), last)
