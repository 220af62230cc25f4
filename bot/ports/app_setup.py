"""Making an App on a host, which people do there, in a browser that comes and goes with what the host says of it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AppForm:
    """What the browser is to send to the host, by a form: the field `manifest`, to that address."""

    address: str
    manifest: str


@dataclass(frozen=True, slots=True)
class AppMade:
    """An App of the bot's: its name in addresses, its page, and where it is installed on repositories."""

    slug: str
    page: str
    install: str


class AppSetup(Protocol):
    """For one host."""

    @property
    def signs_in(self) -> str:
        """The setting by which the bot signs in already, which counts more; "" where there is none."""

    @property
    def unreachable(self) -> bool:
        """The bot's address is one that the host can't deliver to."""

    def form(self, name: str, organization: str, state: str) -> AppForm:
        """`organization` "" is whoever's browser it is. The host brings the state back with its code."""

    async def finish(self, code: str) -> AppMade:
        """Have the App's credentials for the code, once, and keep them sealed. Raises ProviderError."""

    async def made(self) -> AppMade | None:
        """The App whose credentials are kept."""
