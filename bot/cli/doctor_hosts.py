"""`penstock doctor` about the Git hosts: whether each that is configured answers, and takes the token for what the bot does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from bot.cli.finding import Finding
from bot.clock import SystemClock
from bot.composition_of_hosts import (
    bitbucket_cloud_provider,
    bitbucket_data_center_provider,
    github_provider,
    gitlab_provider,
)
from bot.ports import HostUnavailable, ProviderError
from bot.settings import Settings
from providers.github.provider import AppFacts

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Host:
    """A host as the settings have it. `prefix` begins the names of its settings; `secrets` are those that verify deliveries.

    `ask` has the host say what it knows of the token.
    """

    name: str
    prefix: str
    api: str
    secrets: tuple[str, ...]
    verified: bool
    token: bool
    ask: Callable[[Settings], Awaitable[list[Finding]]]
    tokens: tuple[str, ...] = ("TOKEN",)

    @property
    def token_settings(self) -> str:
        return " or ".join(f"{self.prefix}_{name}" for name in self.tokens)


def of_hosts(settings: Settings) -> Iterator[Finding]:
    for host in _hosts(settings):
        yield from _of_host(host, settings)


def _hosts(settings: Settings) -> tuple[Host, ...]:
    signed = bool(settings.gitlab_webhook_secret or settings.gitlab_signing_token)
    return (
        Host(
            "GitHub",
            "PENSTOCK_GITHUB",
            settings.github_api,
            ("WEBHOOK_SECRET",),
            verified=bool(settings.github_webhook_secret),
            token=settings.github_token is not None or bool(settings.github_app_id),
            ask=_github,
            tokens=("TOKEN", "APP_ID"),
        ),
        Host(
            "GitLab",
            "PENSTOCK_GITLAB",
            settings.gitlab_url,
            ("SIGNING_TOKEN", "WEBHOOK_SECRET"),
            verified=signed,
            token=settings.gitlab_token is not None,
            ask=_gitlab,
        ),
        Host(
            "Bitbucket Cloud",
            "PENSTOCK_BITBUCKET",
            settings.bitbucket_api_url,
            ("WEBHOOK_SECRET",),
            verified=bool(settings.bitbucket_webhook_secret),
            token=settings.bitbucket_token is not None or settings.bitbucket_api_token is not None,
            ask=_bitbucket_cloud,
            tokens=("TOKEN", "API_TOKEN"),
        ),
        Host(
            "Bitbucket Data Center",
            "PENSTOCK_BITBUCKET_DC",
            settings.bitbucket_dc_url,
            ("WEBHOOK_SECRET",),
            verified=bool(settings.bitbucket_dc_webhook_secret),
            token=settings.bitbucket_dc_token is not None,
            ask=_bitbucket_data_center,
        ),
    )


def _of_host(host: Host, settings: Settings) -> Iterator[Finding]:
    if not host.verified and not host.token:
        yield Finding("good", f"{host.name}: not configured.")
        return
    if not host.verified:
        names = " or ".join(f"{host.prefix}_{name}" for name in host.secrets)
        yield Finding(
            "bad",
            f"{host.name}: no webhook secret, so every delivery is refused.",
            f"Set {names} to the webhook's.",
        )
    if settings.on_loopback and not settings.public_url:
        yield Finding(
            "warning",
            f"{host.name}: it can't deliver to {settings.url}, which only this machine reaches.",
            f"Set PENSTOCK_PUBLIC_URL to the address that {host.name} reaches, such as your proxy's.",
        )
    if not host.token:
        yield Finding("bad", f"{host.name}: no token, so nothing can be reported.", f"Set {host.token_settings}.")
        return
    yield from asyncio.run(_asked(host, settings))


async def _asked(host: Host, settings: Settings) -> list[Finding]:
    try:
        return await host.ask(settings)
    except HostUnavailable as error:
        remedy = (
            f"Try again later; if it stays so, check the address ({host.prefix}_URL, {host.prefix}_API_URL), and whether "
            "this machine may reach it. Does it have a certificate of your own authority? Then set PENSTOCK_CA_BUNDLE."
        )
        return [Finding("bad", f"{host.name}: {host.api} does not answer: {error}", remedy)]
    except ProviderError as error:
        what = f"{host.name}: {host.api} does not take the token: {error}"
        return [Finding("bad", what, f"Make a new token, and set {host.token_settings}.")]


class SignedIn(Protocol):
    """A provider, as far as it says whose the token is."""

    async def login(self) -> str: ...

    async def close(self) -> None: ...


async def _github(settings: Settings) -> list[Finding]:
    provider = github_provider(settings)
    if not settings.github_app_id:
        return await _known(provider, f"GitHub: {settings.github_api}")
    try:
        app = await provider.app()
    finally:
        await provider.close()
    return list(_github_app(app, settings)) if app is not None else []


def _github_app(app: AppFacts, settings: Settings) -> Iterator[Finding]:
    yield Finding("good", f"GitHub: {settings.github_api} knows the App as {app.login}.")
    page = "On the App's settings page"
    if app.lacks:
        remedy = f"{page}, under Permissions & events, add them; each owner then has to accept that."
        yield Finding("bad", f"GitHub: the App may not do enough; it lacks {', '.join(app.lacks)}.", remedy)
    if app.unheard:
        remedy = f"{page}, under Permissions & events, subscribe to them."
        yield Finding("bad", f"GitHub: the App does not hear of the events {', '.join(app.unheard)}.", remedy)
    wanted = f"{settings.url}/webhooks/github"
    if app.hook != wanted:
        remedy = f"{page}, under General, set the webhook's URL to {wanted}, and the secret to PENSTOCK_GITHUB_WEBHOOK_SECRET."
        yield Finding("bad", f"GitHub: the App's deliveries go to {app.hook or 'nowhere'}.", remedy)


async def _bitbucket_cloud(settings: Settings) -> list[Finding]:
    return await _known(bitbucket_cloud_provider(settings), f"Bitbucket Cloud: {settings.bitbucket_api_url}")


async def _bitbucket_data_center(settings: Settings) -> list[Finding]:
    where = f"Bitbucket Data Center: {settings.bitbucket_dc_url}"
    return await _known(bitbucket_data_center_provider(settings), where)


async def _known(provider: SignedIn, where: str) -> list[Finding]:
    try:
        login = await provider.login()
    finally:
        await provider.close()
    return [Finding("good", f"{where} knows the token as {login}.")]


async def _gitlab(settings: Settings) -> list[Finding]:
    provider = gitlab_provider(settings, SystemClock())
    try:
        token = await provider.token()
    finally:
        await provider.close()
    found = [Finding("good", f"GitLab: {settings.gitlab_url} knows the token as {token.login}.")]
    if "api" not in token.scopes:
        has = ", ".join(token.scopes) or "none"
        remedy = "Make a token with the scope api, and set PENSTOCK_GITLAB_TOKEN."
        found.append(Finding("bad", f"GitLab: the token has too few scopes: {has}.", remedy))
    if _ends_soon(token.expires_at):
        remedy = "Rotate it, and set PENSTOCK_GITLAB_TOKEN to the new one."
        found.append(Finding("warning", f"GitLab: the token ends on {token.expires_at}.", remedy))
    if not settings.gitlab_signing_token and settings.gitlab_webhook_secret:
        remedy = "Where your GitLab has signing tokens, set one on the webhook, and PENSTOCK_GITLAB_SIGNING_TOKEN."
        what = "GitLab: deliveries come with a secret token only, which whoever has seen one can send with anything."
        found.append(Finding("warning", what, remedy))
    return found


def _ends_soon(day: str) -> bool:
    try:
        return bool(day) and date.fromisoformat(day) <= datetime.now(UTC).date() + SOON
    except ValueError:
        return False
