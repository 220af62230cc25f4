"""The Git hosts: whether each that is configured answers. What each then says of its token is in a file of its own."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """What all hosts of a kind have in common. `secrets` and `tokens` are settings behind its prefix: one of each is enough."""

    name: str
    prefix: str
    api: Callable[[Settings], str]
    secrets: tuple[str, ...]
    tokens: tuple[str, ...]
    ask: Callable[[Host, Sequence[Repository]], Awaitable[list[Finding]]]

    def has_any(self, names: Sequence[str], settings: Settings) -> bool:
        stem = self.prefix.removeprefix("PENSTOCK_")
        return any(getattr(settings, f"{stem}_{name}".lower()) for name in names)


_HOOK = ("WEBHOOK_SECRET",)
_KINDS: Mapping[Kind, _Kind] = {
    "github": _Kind("GitHub", "PENSTOCK_GITHUB", lambda s: s.github_api, _HOOK, ("TOKEN", "APP_ID"), of_github),
    "gitlab": _Kind(
        "GitLab", "PENSTOCK_GITLAB", lambda s: s.gitlab_url, ("SIGNING_TOKEN", *_HOOK), ("TOKEN",), of_gitlab
    ),
    "bitbucket": _Kind(
        "Bitbucket Cloud",
        "PENSTOCK_BITBUCKET",
        lambda s: s.bitbucket_api_url,
        _HOOK,
        ("TOKEN", "API_TOKEN"),
        of_bitbucket_cloud,
    ),
    "bitbucket-dc": _Kind(
        "Bitbucket Data Center",
        "PENSTOCK_BITBUCKET_DC",
        lambda s: s.bitbucket_dc_url,
        _HOOK,
        ("TOKEN",),
        of_bitbucket_data_center,
    ),
}


def host_of(configured: ConfiguredHost) -> Host:
    settings, kind = configured.settings, _KINDS[configured.kind]
    return Host(
        f"{kind.name} ({configured.name})" if configured.file else kind.name,
        configured.name,
        kind.prefix,
        kind.api(settings),
        kind.secrets,
        kind.has_any(kind.secrets, settings) or bool(configured.limited),
        kind.has_any(kind.tokens, settings),
        kind.ask,
        settings,
        kind.tokens,
    )


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
