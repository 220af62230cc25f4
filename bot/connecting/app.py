"""The GitHub App that was made in a browser: its credentials, kept sealed for the next start. How GitHub is asked is its provider's affair."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from bot.ports import AppForm, AppMade
from bot.security.kept import Vault

PROVIDER = "github"

Form = Callable[[str, str, str], AppForm]
"""Of a name, an organization and a state."""

Convert = Callable[[str], Awaitable[Mapping[str, str]]]
"""A code to the credentials of the App."""


@dataclass(frozen=True, slots=True)
class KeptApp:
    """A `bot.ports.AppSetup`. `url` is where GitHub's pages are."""

    url: str
    signs_in: str
    unreachable: bool
    vault: Vault
    to_form: Form
    convert: Convert

    def form(self, name: str, organization: str, state: str) -> AppForm:
        return self.to_form(name, organization, state)

    async def finish(self, code: str) -> AppMade:
        credentials = await self.convert(code)
        await self.vault.keep_app(PROVIDER, credentials)
        return self._made(credentials)

    async def made(self) -> AppMade | None:
        kept = await self.vault.app(PROVIDER)
        return self._made(kept) if kept is not None else None

    def _made(self, credentials: Mapping[str, str]) -> AppMade:
        """An Enterprise Server has its Apps' pages elsewhere."""
        slug = credentials["slug"]
        page = f"{self.url}/{'apps' if self.url == 'https://github.com' else 'github-apps'}/{quote(slug, safe='')}"
        return AppMade(slug, page, f"{page}/installations/new")
