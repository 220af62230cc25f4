"""The Git hosts as the settings have them: for the bot, and for whoever only asks them something."""

from collections.abc import Sequence

from pydantic import SecretStr

from bot.ports import Clock
from bot.settings import Settings
from providers.base.further import Further
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from providers.bitbucket.data_center.provider import BitbucketDataCenterProvider
from providers.github.provider import GitHubProvider
from providers.github.sign_in import AppKey
from providers.gitlab.provider import GitLabProvider


def github_provider(settings: Settings, further: Further = tuple) -> GitHubProvider:
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
    )


def bitbucket_cloud_provider(settings: Settings, further: Further = tuple) -> BitbucketCloudProvider:
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
    )


def bitbucket_data_center_provider(settings: Settings, further: Further = tuple) -> BitbucketDataCenterProvider:
    """Bitbucket Data Center as the settings have it."""
    secrets, token = plain_all(settings.bitbucket_dc_webhook_secret), plain(settings.bitbucket_dc_token)
    return BitbucketDataCenterProvider(
        settings.bitbucket_dc_url, secrets, token, ca_bundle=ca_bundle(settings), further=further
    )


def gitlab_provider(settings: Settings, clock: Clock, further: Further = tuple) -> GitLabProvider:
    """GitLab as the settings have it."""
    secrets, signing = plain_all(settings.gitlab_webhook_secret), plain_all(settings.gitlab_signing_token)
    token, bundle = plain(settings.gitlab_token), ca_bundle(settings)
    return GitLabProvider(settings.gitlab_url, clock, secrets, signing, token, ca_bundle=bundle, further=further)


def ca_bundle(settings: Settings) -> str:
    return str(settings.ca_bundle.absolute()) if settings.ca_bundle else ""


def plain_all(secrets: Sequence[SecretStr]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


def plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
