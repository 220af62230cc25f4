"""The Git hosts as the settings and the hosts file have them: for the bot, and for whoever only asks them something."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.hosts_file import FileHost, read_hosts
from bot.model.host_secret import HostSecret
from bot.ports import Clock, Provider
from bot.settings import LOOPBACK, Settings, SettingsInvalid
from providers.base.further import Further
from providers.base.settings_named import Named, in_environment, in_file
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from providers.github.provider import GitHubProvider
from providers.github.sign_in import AppKey
from providers.gitlab.provider import GitLabProvider

Kind = Literal["github", "gitlab", "bitbucket", "bitbucket-dc"]
KINDS: tuple[Kind, ...] = ("bitbucket", "bitbucket-dc", "github", "gitlab")


@dataclass(frozen=True, slots=True)
class ConfiguredHost:
    """A host by its name. `settings` are those of a bot that had no other of its kind. `limited` are secrets of some repositories.

    `file`: the hosts file names it, and not the environment; `patterns`: for which repositories it is, all when empty.
    """

    name: str
    kind: Kind
    settings: Settings
    limited: tuple[HostSecret, ...] = ()
    file: bool = False
    patterns: tuple[str, ...] = ()

    @property
    def named(self) -> Named:
        """What the operator calls its settings."""
        if self.file and self.settings.hosts_file is not None:
            return in_file(self.name, self.settings.hosts_file)
        return _NAMED[self.kind]


_PREFIX: Mapping[Kind, str] = {
    "github": "github",
    "gitlab": "gitlab",
    "bitbucket": "bitbucket",
    "bitbucket-dc": "bitbucket_dc",
}
_NAMED: Mapping[Kind, Named] = {kind: in_environment(f"PENSTOCK_{prefix.upper()}") for kind, prefix in _PREFIX.items()}


def configured_hosts(settings: Settings, environment: Mapping[str, str]) -> Sequence[ConfiguredHost]:
    """Those of the environment, one of each kind, and those of the hosts file. Raises SettingsInvalid with all its problems."""
    ours = [ConfiguredHost(kind, kind, settings) for kind in KINDS]
    path = settings.hosts_file
    if path is None:
        return ours
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsInvalid(f"PENSTOCK_HOSTS_FILE: {path} can't be read: {error.strerror}") from None
    reading = read_hosts(data, path.name, path.absolute().parent, environment)
    insecure = [] if settings.allow_insecure_hosts else _insecure(reading.hosts)
    if reading.problems or insecure:
        raise SettingsInvalid("\n".join(["PENSTOCK_HOSTS_FILE:", *map(str, reading.problems), *insecure]))
    return [*ours, *(_of_file(host, settings) for host in reading.hosts)]


def provider_of(host: ConfiguredHost, clock: Clock, further: Further = tuple) -> Provider:
    """`further` are secrets of repositories that the bot itself has connected."""
    settings = host.settings

    def secrets() -> Sequence[HostSecret]:
        return (*host.limited, *further())

    both, named = secrets if host.limited else further, host.named
    match host.kind:
        case "github":
            return github_provider(settings, both, host.name, named)
        case "gitlab":
            return gitlab_provider(settings, clock, both, host.name, named)
        case "bitbucket":
            return bitbucket_cloud_provider(settings, both, host.name, named)
        case "bitbucket-dc":
            return bitbucket_data_center_provider(settings, both, host.name, named)


def github_provider(
    settings: Settings, further: Further = tuple, name: str = "github", named: Named = _NAMED["github"]
) -> GitHubProvider:
    """GitHub as the settings have it."""
    secrets, token = plain_all(settings.github_webhook_secret), plain(settings.github_token)
    app = AppKey(settings.github_app_id, settings.github_app_key) if settings.github_app_id else None
    return GitHubProvider(
        settings.github_url,
        settings.github_api,
        secrets,
        token,
        ca_bundle=ca_bundle(settings),
        app=app,
        checks=settings.github_checks,
        further=further,
        name=name,
        named=named,
    )


def bitbucket_cloud_provider(
    settings: Settings, further: Further = tuple, name: str = "bitbucket", named: Named = _NAMED["bitbucket"]
) -> BitbucketCloudProvider:
    """Bitbucket Cloud as the settings have it."""
    return BitbucketCloudProvider(
        settings.bitbucket_url,
        settings.bitbucket_api_url,
        plain_all(settings.bitbucket_webhook_secret),
        plain(settings.bitbucket_token),
        settings.bitbucket_user,
        plain(settings.bitbucket_api_token),
        ca_bundle=ca_bundle(settings),
        further=further,
        name=name,
        named=named,
    )


def bitbucket_data_center_provider(
    settings: Settings, further: Further = tuple, name: str = "bitbucket-dc", named: Named = _NAMED["bitbucket-dc"]
) -> BitbucketDataCenterProvider:
    """Bitbucket Data Center as the settings have it."""
    secrets, token = plain_all(settings.bitbucket_dc_webhook_secret), plain(settings.bitbucket_dc_token)
    return BitbucketDataCenterProvider(
        settings.bitbucket_dc_url,
        secrets,
        token,
        ca_bundle=ca_bundle(settings),
        further=further,
        name=name,
        named=named,
    )


def gitlab_provider(
    settings: Settings, clock: Clock, further: Further = tuple, name: str = "gitlab", named: Named = _NAMED["gitlab"]
) -> GitLabProvider:
    """GitLab as the settings have it."""
    secrets, signing = plain_all(settings.gitlab_webhook_secret), plain_all(settings.gitlab_signing_token)
    token, bundle = plain(settings.gitlab_token), ca_bundle(settings)
    return GitLabProvider(
        settings.gitlab_url, clock, secrets, signing, token, ca_bundle=bundle, further=further, name=name, named=named
    )


def _of_file(host: FileHost, settings: Settings) -> ConfiguredHost:
    """The settings with this host in the place of the environment's of its kind."""
    entry, token = host.entry, _secret(host, "token")
    hooks = tuple(map(SecretStr, host.webhook_secrets))
    url = {} if entry.url is None else {f"{_PREFIX[entry.kind]}_url": entry.url}
    own: dict[str, Any] = {"token": token, "webhook_secret": hooks}
    match entry.kind:
        case "github":
            own |= {"url": "https://github.com", "api_url": entry.api_url or "", "app_id": entry.app_id or ""}
            own |= {"private_key": _secret(host, "private_key"), "private_key_file": None}
            own |= {"checks": entry.checks or settings.github_checks}
        case "gitlab":
            own |= {"url": "https://gitlab.com", "signing_token": tuple(map(SecretStr, host.signing_tokens))}
        case "bitbucket":
            own |= {"url": "https://bitbucket.org", "api_url": entry.api_url or "https://api.bitbucket.org/2.0"}
            own |= {"user": entry.user or "", "api_token": _secret(host, "api_token")}
    update = {f"{_PREFIX[entry.kind]}_{key}": value for key, value in own.items()} | url
    own_settings = settings.model_copy(update=update)
    return ConfiguredHost(entry.name, entry.kind, own_settings, host.limited, True, entry.repositories or ())


def _secret(host: FileHost, key: str) -> SecretStr | None:
    value = host.secrets.get(key)
    return SecretStr(value) if value else None


def _insecure(hosts: Sequence[FileHost]) -> list[str]:
    said = "uses plain http to another machine: use https, or set PENSTOCK_ALLOW_INSECURE_HOSTS=true"
    return [
        f"{host.entry.name}: {said}"
        for host in hosts
        for url in (host.entry.url or "", host.entry.api_url or "")
        if url.startswith("http://") and not on_loopback(url)
    ]


def on_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def ca_bundle(settings: Settings) -> str:
    return str(settings.ca_bundle.absolute()) if settings.ca_bundle else ""


def for_git(settings: Settings) -> Mapping[str, str]:
    """What git may know of the machine's environment, and whom it trusts."""
    return os.environ if settings.ca_bundle is None else {**os.environ, "GIT_SSL_CAINFO": ca_bundle(settings)}


def plain_all(secrets: Sequence[SecretStr]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


def plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
