"""The Git hosts: whether each that is configured answers. What each then says of its token is in a file of its own."""

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.cli.doctor.bitbucket import of_bitbucket_cloud, of_bitbucket_data_center
from bot.cli.doctor.finding import Finding
from bot.cli.doctor.github import of_github
from bot.cli.doctor.gitlab import of_gitlab
from bot.cli.doctor.hooks import Known, known
from bot.cli.doctor.host import Host
from bot.cli.doctor.reach import reached
from bot.composition.hosts import ConfiguredHost, Kind, configured_hosts
from bot.composition.keys import given_secrets
from bot.composition.setup import settings_with_app
from bot.model.repository import Repository
from bot.ports import HostUnavailable, ProviderError
from bot.settings import Settings
from providers.base.settings_named import in_file

WITH_API_URL = ("PENSTOCK_GITHUB", "PENSTOCK_BITBUCKET")
ORDER: tuple[Kind, ...] = ("github", "gitlab", "bitbucket", "bitbucket-dc")


def of_hosts(settings: Settings) -> Iterator[Finding]:
    settings, found = asyncio.run(settings_with_app(settings)), asyncio.run(known(settings))
    for configured in sorted(configured_hosts(settings, os.environ), key=lambda each: ORDER.index(each.kind)):
        host = host_of(configured)
        for finding in _of_host(host, settings, found):
            yield _in_file(finding, host) if configured.file else finding


def host_of(configured: ConfiguredHost) -> Host:
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
                ask=of_github,
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
                ask=of_gitlab,
            )
        case "bitbucket":
            host = of(
                name="Bitbucket Cloud",
                prefix="PENSTOCK_BITBUCKET",
                api=settings.bitbucket_api_url,
                secrets=("WEBHOOK_SECRET",),
                verified=bool(settings.bitbucket_webhook_secret),
                token=settings.bitbucket_token is not None or settings.bitbucket_api_token is not None,
                ask=of_bitbucket_cloud,
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
                ask=of_bitbucket_data_center,
            )
    if configured.file:
        host = replace(host, name=f"{host.name} ({name})", verified=host.verified or bool(configured.limited))
    return host


def _in_file(finding: Finding, host: Host) -> Finding:
    """Remedies name the settings of the environment: in the hosts file the same things have these names."""
    named = in_file(host.provider, host.settings.hosts_file or Path())

    def key(match: re.Match[str]) -> str:
        return named(match[1])

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
