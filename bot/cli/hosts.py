"""The hosts as the settings have them, for commands that ask one by name or address."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from bot.clock import SystemClock
from bot.composition_of_hosts import (
    bitbucket_cloud_provider,
    bitbucket_data_center_provider,
    github_provider,
    gitlab_provider,
)
from bot.connecting.places import HostAddress
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
    """`title` is what people call it, `tokens` the settings that sign in."""

    address: HostAddress
    title: str
    tokens: str
    open: Callable[[], Connectable]

    @property
    def on_loopback(self) -> bool:
        return urlsplit(self.address.url).hostname in LOOPBACK


def known_hosts(settings: Settings) -> list[KnownHost]:
    """Those that can be connected."""
    found = [
        KnownHost(
            HostAddress("github", "github", settings.github_url),
            "GitHub",
            "PENSTOCK_GITHUB_TOKEN",
            lambda: github_provider(settings),
        ),
        KnownHost(
            HostAddress("gitlab", "gitlab", settings.gitlab_url),
            "GitLab",
            "PENSTOCK_GITLAB_TOKEN",
            lambda: gitlab_provider(settings, SystemClock()),
        ),
        KnownHost(
            HostAddress("bitbucket", "bitbucket", settings.bitbucket_url),
            "Bitbucket Cloud",
            "PENSTOCK_BITBUCKET_TOKEN or PENSTOCK_BITBUCKET_API_TOKEN",
            lambda: bitbucket_cloud_provider(settings),
        ),
        KnownHost(
            HostAddress("bitbucket-dc", "bitbucket-dc", settings.bitbucket_dc_url),
            "Bitbucket Data Center",
            "PENSTOCK_BITBUCKET_DC_TOKEN",
            lambda: bitbucket_data_center_provider(settings),
        ),
    ]
    return [host for host in found if host.address.url]
