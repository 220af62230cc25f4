"""The GitHub App that was made in a browser: how it is made, and how it signs in where the settings name nothing else."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.composition.hosts import ca_bundle
from bot.composition.keys import TOO_EARLY, vault
from bot.connecting.app import PROVIDER, KeptApp
from bot.ports import AppForm, ArtifactError, StoreUnavailable
from bot.security.kept import Vault
from bot.settings import LOOPBACK, Settings, SettingsInvalid
from bot.stores.schema import HEAD, current
from bot.stores.sql import SqlStore
from providers.github import manifest


def app_setup(settings: Settings, kept: Vault, url: str) -> KeptApp:
    """For a bot that is reached at `url`; `settings` as they were before the kept App was added to them."""

    async def convert(code: str) -> Mapping[str, str]:
        made = await manifest.convert(settings.github_api, code, ca_bundle(settings))
        return {name: str(value) for name, value in made.model_dump().items()}

    def form(name: str, organization: str, state: str) -> AppForm:
        return manifest.form(settings.github_url, url, name, organization, state)

    unreachable = _on_loopback(url) and not _on_loopback(settings.github_url)
    return KeptApp(settings.github_url, signs_in(settings), unreachable, kept, form, convert)


def _on_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def signs_in(settings: Settings) -> str:
    """Which setting signs in at GitHub, "" when none does."""
    if settings.github_app_id:
        return "PENSTOCK_GITHUB_APP_ID"
    return "PENSTOCK_GITHUB_TOKEN" if settings.github_token is not None else ""


async def with_kept_app(settings: Settings, kept: Vault) -> Settings:
    """The settings, and where they name nothing to sign in with at GitHub, the App that is kept. Raises SettingsInvalid."""
    try:
        app = None if signs_in(settings) else await kept.app(PROVIDER)
    except ArtifactError:
        raise SettingsInvalid(TOO_EARLY) from None
    if app is None:
        return settings
    secrets = (*settings.github_webhook_secret, SecretStr(app["webhook_secret"]))
    known = {"github_app_id": app["id"], "github_private_key": SecretStr(app["pem"]), "github_webhook_secret": secrets}
    return settings.model_copy(update=known)


async def settings_with_app(settings: Settings) -> Settings:
    """The same for a command beside the bot, or without one: where the database or the master key can't be read, the settings are all there is."""
    try:
        if signs_in(settings) or current(settings.database) != HEAD:
            return settings
        store = await SqlStore.open(settings.database, upgrade=False)
    except StoreUnavailable:
        return settings
    try:
        return await with_kept_app(settings, vault(settings, store))
    except (StoreUnavailable, SettingsInvalid, OSError):
        return settings
    finally:
        await store.close()
