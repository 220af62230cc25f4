"""The settings of the Git hosts: where each is, how the bot signs in there, and how deliveries are signed."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from bot.settings.lists import RepositorySecrets, Secrets, SigningTokens
from bot.settings.secret_forms import is_app_key, unfolded
from bot.settings.urls import HostUrl


def a_file(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise ValueError("is no file that can be read: it must hold certificates in PEM form")
    return path


class HostSettings(BaseSettings):
    """A part of `Settings`."""

    # Before the URLs, since whether a URL is right depends on it.
    allow_insecure_hosts: bool = False
    ca_bundle: Annotated[Path | None, AfterValidator(a_file)] = None
    hosts_file: Path | None = None
    github_url: HostUrl = "https://github.com"
    github_api_url: HostUrl = ""
    github_webhook_secret: Secrets = ()
    github_repository_secrets: RepositorySecrets = ()
    github_token: SecretStr | None = None
    github_app_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.]*$")] = ""
    github_private_key: SecretStr | None = None
    github_private_key_file: Path | None = None
    github_checks: Literal["off", "beside", "instead"] = "beside"

    bitbucket_url: HostUrl = "https://bitbucket.org"
    bitbucket_api_url: HostUrl = "https://api.bitbucket.org/2.0"
    bitbucket_webhook_secret: Secrets = ()
    bitbucket_repository_secrets: RepositorySecrets = ()
    bitbucket_token: SecretStr | None = None
    bitbucket_user: str = ""
    bitbucket_api_token: SecretStr | None = None
    bitbucket_dc_url: HostUrl = ""
    bitbucket_dc_webhook_secret: Secrets = ()
    bitbucket_dc_repository_secrets: RepositorySecrets = ()
    bitbucket_dc_token: SecretStr | None = None

    gitlab_url: HostUrl = "https://gitlab.com"
    gitlab_token: SecretStr | None = None
    gitlab_webhook_secret: Secrets = ()
    gitlab_signing_token: SigningTokens = ()
    gitlab_repository_secrets: RepositorySecrets = ()

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        """What is of no use alone."""
        if bool(self.bitbucket_user) != (self.bitbucket_api_token is not None):
            raise ValueError("PENSTOCK_BITBUCKET_USER and PENSTOCK_BITBUCKET_API_TOKEN: set both, or neither")
        secrets = self.bitbucket_dc_webhook_secret or self.bitbucket_dc_repository_secrets
        if (self.bitbucket_dc_token is not None or secrets) and not self.bitbucket_dc_url:
            raise ValueError("PENSTOCK_BITBUCKET_DC_URL: must be set where Bitbucket Data Center's token or secret is")
        self._check_github_app()
        return self

    def _check_github_app(self) -> None:
        key, file = self.github_private_key, self.github_private_key_file
        if bool(self.github_app_id) != bool(key or file) or (key and file):
            raise ValueError(
                "PENSTOCK_GITHUB_APP_ID and PENSTOCK_GITHUB_PRIVATE_KEY (or PENSTOCK_GITHUB_PRIVATE_KEY_FILE): set both, or neither"
            )
        if self.github_app_id and self.github_token is not None:
            raise ValueError("PENSTOCK_GITHUB_TOKEN and PENSTOCK_GITHUB_APP_ID: set one of them")
        if self.github_app_id and not self._github_app_key_is_one():
            name = "PENSTOCK_GITHUB_PRIVATE_KEY" + ("_FILE" if file else "")
            raise ValueError(f"{name}: must be the App's private key as GitHub gives it, in PEM form")

    def _github_app_key_is_one(self) -> bool:
        try:
            return is_app_key(self.github_app_key)
        except (OSError, UnicodeDecodeError):
            return False

    @property
    def github_app_key(self) -> str:
        """The App's private key in PEM form, "" when there is none. In one line, a backslash and an n stand for each end of a line."""
        if self.github_private_key_file is not None:
            return self.github_private_key_file.read_text()
        key = self.github_private_key
        return unfolded(key.get_secret_value()) if key is not None else ""

    @property
    def github_api(self) -> str:
        if self.github_api_url:
            return self.github_api_url
        return "https://api.github.com" if self.github_url == "https://github.com" else f"{self.github_url}/api/v3"
