"""`penstock doctor`: the webhooks of the repositories that the bot knows. What is wrong with one, `penstock connect` mends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.cli.doctor.finding import Finding
from bot.composition.keys import vault
from bot.model.repository import Repository
from bot.ports import ArtifactError, HookAnswer, HostHook, HostHooks, HostRefused, StoreUnavailable
from bot.settings import Settings, SettingsInvalid
from bot.stores.schema import current
from bot.stores.sql import SqlStore

MOST = 50
"""Repositories of one host whose webhooks are looked at: each is a question or two to the host."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database has: repositories heard of or connected, by their host, and which hosts have repositories with secrets of their own."""

    repositories: dict[str, list[Repository]] = field(default_factory=dict)
    connected: frozenset[str] = frozenset()


class Hooked(Protocol):
    """A provider, as far as its repositories' webhooks are looked at."""

    @property
    def hooks(self) -> HostHooks: ...

    def page_url(self, repository: Repository) -> str: ...


async def known(settings: Settings) -> Known:
    """Nothing where there is no database yet, or it or the master key can't be read, which is told elsewhere."""
    try:
        if not current(settings.database):
            return Known()
        store = await SqlStore.open(settings.database, upgrade=False)
    except StoreUnavailable:
        return Known()
    try:
        connected = [one.repository for one in await vault(settings, store).webhook_secrets()]
        heard_of = [repository for repository, _ in await store.connected_repositories()]
        found: dict[str, dict[str, Repository]] = {}
        for repository in (*connected, *heard_of):  # of a renamed one what was heard last counts
            found.setdefault(repository.provider, {})[repository.id] = repository
        by_host = {provider: list(those.values()) for provider, those in found.items()}
        return Known(by_host, frozenset(one.provider for one in connected))
    except (StoreUnavailable, ArtifactError, SettingsInvalid, OSError):
        return Known()
    finally:
        await store.close()


async def of_hooks(name: str, provider: Hooked, url: str, repositories: Sequence[Repository]) -> list[Finding]:
    """Raises HostUnavailable."""
    found: list[Finding] = []
    for repository in repositories[:MOST]:
        try:
            hooks = await provider.hooks.list(repository)
        except HostRefused as refused:
            what = f"{name}: the webhooks of {repository.full_name} are not shown: {refused}."
            return [*found, Finding("warning", what, f"To have them checked the token needs {provider.hooks.needs}.")]
        ours = [hook for hook in hooks if hook.url.rstrip("/") == url]
        found += _of_repository(name, repository, ours, f"penstock connect {provider.page_url(repository)}")
    if len(repositories) > MOST:
        found.append(Finding("good", f"{name}: {len(repositories) - MOST} more repositories were not looked at."))
    return found


def _of_repository(name: str, repository: Repository, ours: Sequence[HostHook], connect: str) -> Iterator[Finding]:
    who = f"{name}: {repository.full_name}"
    if not ours:
        remedy = f"Run `{connect}`, unless a webhook of its owner or group serves it."
        yield Finding("warning", f"{who} has no webhook that delivers here.", remedy)
        return
    if len(ours) > 1:
        yield Finding(
            "bad",
            f"{who} has {len(ours)} webhooks that deliver here: every delivery comes so often.",
            f"Run `{connect}`.",
        )
    faults = [fault for hook in ours for fault in hook.faults]
    last = next((hook.last for hook in ours if hook.last is not None), None)
    if faults:
        yield Finding(
            "bad", f"{who} has a webhook that is not as it should be: {'; '.join(faults)}.", f"Run `{connect}`."
        )
    if last is not None and not last.good:
        yield Finding("bad", f"{who}: the last delivery failed: {_answered(last)}.", _remedy(last, connect))
    if len(ours) == 1 and not faults and (last is None or last.good):
        yield Finding("good", f"{who} has its webhook{', and the last delivery was taken' if last else ''}.")


def _answered(last: HookAnswer) -> str:
    if last.status is None:
        return f"nothing answered{f' ({last.said})' if last.said else ''}"
    return f"it was answered {last.status}"


def _remedy(last: HookAnswer, connect: str) -> str:
    if last.status in (401, 403):
        return f"Its secret is not known here. Run `{connect}`, or set the host's webhook secret to the webhook's."
    if last.status is None:
        return "Is the bot up, and does the host reach PENSTOCK_PUBLIC_URL? Then have it delivered again on the webhook's page."
    return "Look into the bot's log, and whether what answers at PENSTOCK_PUBLIC_URL is the bot."
