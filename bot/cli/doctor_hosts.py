"""`penstock doctor` about the Git hosts: whether each that is configured answers, and takes the token for what the bot does."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from bot.cli.doctor_hooks import MOST, Known, known, of_hooks
from bot.cli.doctor_reach import reached
from bot.cli.finding import Finding
from bot.clock import SystemClock
from bot.composition.hosts import (
    ConfiguredHost,
    Kind,
    bitbucket_cloud_provider,
    bitbucket_data_center_provider,
    configured_hosts,
    github_provider,
    gitlab_provider,
)
from bot.composition.keys import given_secrets
from bot.composition.setup import settings_with_app
from bot.model.repository import Repository
from bot.ports import HostUnavailable, ProviderError
from bot.settings import Settings
from providers.base.token_facts import TokenFacts
from providers.github.provider import GitHubProvider
from providers.github.signed_in import AppFacts

SOON = timedelta(days=14)
WITH_API_URL = ("PENSTOCK_GITHUB", "PENSTOCK_BITBUCKET")
ORDER: tuple[Kind, ...] = ("github", "gitlab", "bitbucket", "bitbucket-dc")
BITBUCKET_SCOPES = ("repository", "repository:admin", "pullrequest")


@dataclass(frozen=True, slots=True)
class Host:
    """A host as the settings have it. `prefix` begins the names of its settings; `secrets` are those that verify deliveries.

    `ask` has the host say what it knows of the token. `provider` is what the bot's own records call it.
    """

    name: str
    provider: str
    prefix: str
    api: str
    secrets: tuple[str, ...]
    verified: bool
    token: bool
    ask: Callable[["Host", Sequence[Repository]], Awaitable[list[Finding]]]
    settings: Settings
    tokens: tuple[str, ...] = ("TOKEN",)

    @property
    def token_settings(self) -> str:
        return " or ".join(f"{self.prefix}_{name}" for name in self.tokens)


def of_hosts(settings: Settings) -> Iterator[Finding]:
    settings, found = asyncio.run(settings_with_app(settings)), asyncio.run(known(settings))
    for configured in sorted(configured_hosts(settings, os.environ), key=lambda each: ORDER.index(each.kind)):
        host = _host(configured)
        for finding in _of_host(host, settings, found):
            yield _in_file(finding, host) if configured.file else finding


def _host(configured: ConfiguredHost) -> Host:
    settings, name, kind = configured.settings, configured.name, configured.kind
    of = partial(Host, settings=settings, provider=name)
    match kind:
        case "github":
            host = of(
                name="GitHub",
                prefix="PENSTOCK_GITHUB",
                api=settings.github_api,
                secrets=("WEBHOOK_SECRET",),
                verified=bool(settings.github_webhook_secret),
                token=settings.github_token is not None or bool(settings.github_app_id),
                ask=_github,
                tokens=("TOKEN", "APP_ID"),
            )
        case "gitlab":
            host = of(
                name="GitLab",
                prefix="PENSTOCK_GITLAB",
                api=settings.gitlab_url,
                secrets=("SIGNING_TOKEN", "WEBHOOK_SECRET"),
                verified=bool(settings.gitlab_webhook_secret or settings.gitlab_signing_token),
                token=settings.gitlab_token is not None,
                ask=_gitlab,
            )
        case "bitbucket":
            host = of(
                name="Bitbucket Cloud",
                prefix="PENSTOCK_BITBUCKET",
                api=settings.bitbucket_api_url,
                secrets=("WEBHOOK_SECRET",),
                verified=bool(settings.bitbucket_webhook_secret),
                token=settings.bitbucket_token is not None or settings.bitbucket_api_token is not None,
                ask=_bitbucket_cloud,
                tokens=("TOKEN", "API_TOKEN"),
            )
        case "bitbucket-dc":
            host = of(
                name="Bitbucket Data Center",
                prefix="PENSTOCK_BITBUCKET_DC",
                api=settings.bitbucket_dc_url,
                secrets=("WEBHOOK_SECRET",),
                verified=bool(settings.bitbucket_dc_webhook_secret),
                token=settings.bitbucket_dc_token is not None,
                ask=_bitbucket_data_center,
            )
    if configured.file:
        host = replace(host, name=f"{host.name} ({name})", verified=host.verified or bool(configured.limited))
    return host


def _in_file(finding: Finding, host: Host) -> Finding:
    """Remedies name the settings of the environment: in the hosts file the same things have these names."""
    place = f"of {host.provider} in {host.settings.hosts_file}"

    def key(match: re.Match[str]) -> str:
        name = match[1].lower()
        return f"`{name}s` {place}" if name in ("webhook_secret", "signing_token") else f"`{name}` {place}"

    title = host.name.partition(" (")[0]

    def said(text: str) -> str:
        text = text.replace(f"{title}: ", f"{host.name}: ", 1) if text.startswith(f"{title}: ") else text
        return re.sub(rf"{host.prefix}_([A-Z_]+[A-Z])", key, text)

    return replace(finding, what=said(finding.what), remedy=said(finding.remedy))


def _of_host(host: Host, settings: Settings, found: Known) -> Iterator[Finding]:
    verified = host.verified or host.provider in found.connected or bool(given_secrets(settings).get(host.provider))
    if not verified and not host.token:
        yield Finding("good", f"{host.name}: not configured.")
        return
    if not verified:
        names = " or ".join(f"{host.prefix}_{name}" for name in host.secrets)
        yield Finding(
            "bad",
            f"{host.name}: no webhook secret, so every delivery is refused.",
            f"Connect a repository with `penstock connect URL`, or set {names} to the webhook's.",
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
    yield from asyncio.run(_asked(host, found.repositories.get(host.provider, [])))


async def _asked(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    setting = f"{host.prefix}_API_URL or {host.prefix}_URL" if host.prefix in WITH_API_URL else f"{host.prefix}_URL"
    answers, findings = await reached(host.name, host.api, setting, host.settings.ca_bundle)
    if not answers:
        return findings
    try:
        return findings + await host.ask(host, repositories)
    except HostUnavailable as error:
        remedy = (
            f"Try again later; if it stays so, check the address ({host.prefix}_URL, {host.prefix}_API_URL), and whether "
            "this machine may reach it. Does it have a certificate of your own authority? Then set PENSTOCK_CA_BUNDLE."
        )
        return [Finding("bad", f"{host.name}: {host.api} does not answer: {error}", remedy)]
    except ProviderError as error:
        what = f"{host.name}: {host.api} does not take the token: {error}"
        return [Finding("bad", what, f"Make a new token, and set {host.token_settings}.")]


async def _github(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    provider = github_provider(settings, name=host.provider)
    try:
        if settings.github_app_id:
            app = await provider.app()
            found = list(_github_app(app, host)) if app is not None else []
            return found + await _github_app_at_work(provider, settings, repositories)
        token = await provider.token()
        found = [
            Finding("good", f"GitHub: {settings.github_api} knows the token as {token.login}."),
            *_github_token(token),
        ]
        if token.scopes is None and repositories and not await provider.may_set_statuses(repositories[0]):
            remedy = "Give it Commit statuses: write, with Contents: read and Pull requests: write."
            what = f"GitHub: the token may not set a status on {repositories[0].full_name}."
            found.append(Finding("bad", what, remedy))
        return found + await of_hooks(host.name, provider, f"{settings.url}/webhooks/{host.provider}", repositories)
    finally:
        await provider.close()


async def _github_app_at_work(
    provider: GitHubProvider, settings: Settings, repositories: Sequence[Repository]
) -> list[Finding]:
    """Whether it hears of what it should: what could not be delivered to it, and where it is not installed any more."""
    found = []
    failed = await provider.redeliveries.failed(repositories, f"{settings.url}/webhooks/github")
    if failed:
        how_many = f"{len(failed)} {'delivery has' if len(failed) == 1 else 'deliveries have'}"
        what = f"GitHub: {how_many} not reached the bot within the last three days."
        remedy = f"Is it up, and does GitHub reach {settings.url}? While it runs it asks for them again by itself."
        found.append(Finding("warning", what, remedy))
    for repository in repositories[:MOST]:
        if await provider.find(repository.full_name) is None:
            what = f"GitHub: the App is not installed on {repository.full_name}, or not any more."
            found.append(Finding("warning", what, "Install it there, on the App's page, if it is to hear of it."))
    return found


def _github_token(token: TokenFacts) -> Iterator[Finding]:
    """A classic token's scopes: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps."""
    if token.scopes is not None and "repo" not in token.scopes:
        remedy = "Make a fine-grained token, or one with the scope repo, and set PENSTOCK_GITHUB_TOKEN."
        has = ", ".join(token.scopes) or "none"
        yield Finding("bad", f"GitHub: the token has too few scopes: {has}.", remedy)
    yield from _ending("GitHub", token, "PENSTOCK_GITHUB_TOKEN")


def _ending(name: str, token: TokenFacts, setting: str) -> Iterator[Finding]:
    if _ends_soon(token.expires_at):
        remedy = f"Make a new one, and set {setting} to it."
        yield Finding("warning", f"{name}: the token ends on {token.expires_at}.", remedy)


def _github_app(app: AppFacts, host: Host) -> Iterator[Finding]:
    settings = host.settings
    yield Finding("good", f"GitHub: {settings.github_api} knows the App as {app.login}.")
    page = "On the App's settings page"
    if app.lacks:
        remedy = f"{page}, under Permissions & events, add them; each owner then has to accept that."
        yield Finding("bad", f"GitHub: the App may not do enough; it lacks {', '.join(app.lacks)}.", remedy)
    if app.unheard:
        remedy = f"{page}, under Permissions & events, subscribe to them."
        yield Finding("bad", f"GitHub: the App does not hear of the events {', '.join(app.unheard)}.", remedy)
    wanted = f"{settings.url}/webhooks/{host.provider}"
    if app.hook != wanted:
        remedy = f"{page}, under General, set the webhook's URL to {wanted}, and the secret to PENSTOCK_GITHUB_WEBHOOK_SECRET."
        yield Finding("bad", f"GitHub: the App's deliveries go to {app.hook or 'nowhere'}.", remedy)


async def _bitbucket_cloud(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    provider = bitbucket_cloud_provider(settings, name=host.provider)
    try:
        token = await provider.token()
        found = [Finding("good", f"Bitbucket Cloud: {settings.bitbucket_api_url} knows the token as {token.login}.")]
        found += _bitbucket_scopes(token)
        return found + await of_hooks(host.name, provider, f"{settings.url}/webhooks/{host.provider}", repositories)
    finally:
        await provider.close()


def _bitbucket_scopes(token: TokenFacts) -> Iterator[Finding]:
    """Who may write may read: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#scopes.

    An API token's scopes have other names (`read:repository:bitbucket`); of those nothing is concluded.
    """
    has = set(token.scopes or ())
    if token.scopes is None or any(scope.endswith(":bitbucket") for scope in has):
        return
    has |= {scope.removesuffix(":write") for scope in has} | ({"repository"} if "pullrequest:write" in has else set())
    lacks = [scope for scope in BITBUCKET_SCOPES if scope not in has]
    if lacks:
        remedy = "Make a token with Repositories: Read, Admin and Pull requests: Read, Write, and set PENSTOCK_BITBUCKET_TOKEN."
        yield Finding("bad", f"Bitbucket Cloud: the token has too few scopes; it lacks {', '.join(lacks)}.", remedy)


async def _bitbucket_data_center(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    where = f"Bitbucket Data Center: {settings.bitbucket_dc_url}"
    provider = bitbucket_data_center_provider(settings, name=host.provider)
    try:
        found = [Finding("good", f"{where} knows the token as {await provider.login()}.")]
        url = f"{settings.url}/webhooks/{host.provider}"
        return found + await of_hooks(host.name, provider, url, repositories)
    finally:
        await provider.close()


async def _gitlab(host: Host, repositories: Sequence[Repository]) -> list[Finding]:
    settings = host.settings
    provider = gitlab_provider(settings, SystemClock(), name=host.provider)
    try:
        found = _gitlab_token(await provider.token(), settings)
        return found + await of_hooks(host.name, provider, f"{settings.url}/webhooks/{host.provider}", repositories)
    finally:
        await provider.close()


def _gitlab_token(token: TokenFacts, settings: Settings) -> list[Finding]:
    found = [Finding("good", f"GitLab: {settings.gitlab_url} knows the token as {token.login}.")]
    if "api" not in (token.scopes or ()):
        has = ", ".join(token.scopes or ()) or "none"
        remedy = "Make a token with the scope api, and set PENSTOCK_GITLAB_TOKEN."
        found.append(Finding("bad", f"GitLab: the token has too few scopes: {has}.", remedy))
    found += _ending("GitLab", token, "PENSTOCK_GITLAB_TOKEN")
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
