"""The hosts as the settings have them, for commands that ask one by name or address."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from bot.clock import SystemClock
from bot.composition.hosts import ConfiguredHost, Kind, configured_hosts, provider_of
from bot.connecting.places import HostAddress, Place
from bot.ports import FoundRepository, HostHooks
from bot.settings import LOOPBACK, Settings


class Connectable(Protocol):
    """A provider, as far as connecting asks it."""

    @property
    def hooks(self) -> HostHooks: ...

    async def find(self, full_name: str) -> FoundRepository | None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class KnownHost:
    """`title` is what people call it, `tokens` what signs in. `patterns`: the repositories that this account is for, all when empty."""

    address: HostAddress
    title: str
    tokens: str
    open: Callable[[], Connectable]
    settings: Settings
    patterns: tuple[str, ...] = ()

    @property
    def on_loopback(self) -> bool:
        return urlsplit(self.address.url).hostname in LOOPBACK


def known_hosts(settings: Settings) -> list[KnownHost]:
    """Those that can be connected; of one that has several accounts, those that are for some repositories come first."""
    found = [_known(host) for host in configured_hosts(settings, os.environ)]
    found.sort(key=lambda host: not host.patterns)
    return [host for host in found if host.address.url]


def of_place(place: Place, hosts: Sequence[KnownHost]) -> KnownHost:
    """The host's account that is for the repository, or for all."""
    same = [host for host in hosts if (host.address.url, host.address.kind) == (place.host.url, place.host.kind)]
    for host in same:
        if host.address.name == place.host.name and place.named:
            return host
    name = place.full_name.casefold()
    fits = (h for h in same if not h.patterns or any(fnmatchcase(name, each.casefold()) for each in h.patterns))
    return next(fits, same[0])


def _known(host: ConfiguredHost) -> KnownHost:
    title, tokens, url = _OF_KIND[host.kind]
    if host.file:
        title, tokens = f"{title} ({host.name})", f"its token in {host.settings.hosts_file}"
    address = HostAddress(host.name, host.kind, getattr(host.settings, url))
    return KnownHost(address, title, tokens, partial(_opened, host), host.settings, host.patterns)


def _opened(host: ConfiguredHost) -> Connectable:
    found: Any = provider_of(host, SystemClock())
    connectable: Connectable = found
    return connectable


_OF_KIND: Mapping[Kind, tuple[str, str, str]] = {
    "github": ("GitHub", "PENSTOCK_GITHUB_TOKEN", "github_url"),
    "gitlab": ("GitLab", "PENSTOCK_GITLAB_TOKEN", "gitlab_url"),
    "bitbucket": (
        "Bitbucket Cloud",
        "PENSTOCK_BITBUCKET_TOKEN or PENSTOCK_BITBUCKET_API_TOKEN",
        "bitbucket_url",
    ),
    "bitbucket-dc": ("Bitbucket Data Center", "PENSTOCK_BITBUCKET_DC_TOKEN", "bitbucket_dc_url"),
}
"""By kind: what people call it, what signs in, and the setting with its address."""
