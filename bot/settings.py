"""Settings: the environment and `.env`, read once at start, frozen, every problem reported together. Nothing else reads the environment."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SIGNING_TOKEN = re.compile(r"whsec_([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsInvalid(Exception):
    """Settings are wrong; the text lists every problem, one a line, and names no secret."""


def _without_slash(url: str) -> str:
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_without_slash)]


class Settings(BaseSettings):
    """Every setting, its default, and what it means: `.env.example` shows the same (a test compares them)."""

    model_config = SettingsConfigDict(
        env_prefix="PENSTOCK_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: Url = ""
    data_dir: Path = Path("penstock-data")
    database_url: str = ""
    artifacts_url: str = ""
    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    page_token: SecretStr | None = None
    local_host: bool = True
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    executor: Literal["local"] = "local"
    max_parallel_actions: Annotated[int, Field(ge=1, le=1000)] = Field(
        default_factory=lambda: max(2, os.cpu_count() or 2)
    )
    action_timeout: Annotated[int, Field(ge=1)] = 3600
    log_limit: Annotated[int, Field(ge=1 << 16)] = 64 << 20
    cache_limit: Annotated[int, Field(ge=0)] = 5 << 30
    delivery_retention: Annotated[int, Field(ge=1)] = 30
    history_retention: Annotated[int, Field(ge=1)] = 365
    artifact_retention: Annotated[int, Field(ge=1)] | None = None
    grace_period: Annotated[int, Field(ge=0)] = 30
    catch_up_interval: Annotated[int, Field(ge=0)] = 900

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    # Before the URLs, since whether a URL is right depends on it.
    allow_insecure_hosts: bool = False
    ca_bundle: Path | None = None
    github_url: Url = "https://github.com"
    github_api_url: Url = ""
    github_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    github_token: SecretStr | None = None
    github_app_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.]*$")] = ""
    github_private_key: SecretStr | None = None
    github_private_key_file: Path | None = None
    github_checks: Literal["off", "beside", "instead"] = "beside"

    bitbucket_url: Url = "https://bitbucket.org"
    bitbucket_api_url: Url = "https://api.bitbucket.org/2.0"
    bitbucket_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    bitbucket_token: SecretStr | None = None
    bitbucket_user: str = ""
    bitbucket_api_token: SecretStr | None = None
    bitbucket_dc_url: Url = ""
    bitbucket_dc_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    bitbucket_dc_token: SecretStr | None = None

    gitlab_url: Url = "https://gitlab.com"
    gitlab_token: SecretStr | None = None
    gitlab_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    gitlab_signing_token: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    outside_runs: Annotated[tuple[str, ...], NoDecode] = ()
    drafts: Literal["run", "hold"] = "run"

    source_repositories: Annotated[tuple[str, ...], NoDecode] = ()
    source_buckets: Annotated[dict[str, SecretStr], NoDecode] = {}
    source_registries: Annotated[dict[str, SecretStr], NoDecode] = {}

    invoke_endpoints: Annotated[dict[str, SecretStr], NoDecode] = {}
    metrics_servers: Annotated[dict[str, SecretStr], NoDecode] = {}

    notify_targets: Annotated[dict[str, SecretStr], NoDecode] = {}
    notify_secrets: Annotated[dict[str, SecretStr], NoDecode] = {}

    @field_validator("invoke_endpoints", "metrics_servers", mode="before")
    @classmethod
    def _split_named(cls, value: object) -> object:
        """Addresses by name, separated by spaces: `gate=https://gate.example.org/holds`."""
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        for name, _, url in pairs:
            parts = urlsplit(url)
            if not name or parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must hold names with http or https URLs, such as gate=https://gate.example.org/holds")
        return {name: SecretStr(url.rstrip("/")) for name, _, url in pairs}

    @field_validator("notify_targets", "notify_secrets", mode="before")
    @classmethod
    def _split_values(cls, value: object) -> object:
        """Values by name, separated by spaces: `team=slack://… ops=mailtos://…`. What they are worth is seen where they are used."""
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        if not all(name and text for name, _, text in pairs):
            raise ValueError("must hold names with values, such as team=slack://TokenA/TokenB/TokenC")
        return {name: SecretStr(text) for name, _, text in pairs}

    @field_validator(
        "github_webhook_secret",
        "gitlab_webhook_secret",
        "gitlab_signing_token",
        "bitbucket_webhook_secret",
        "bitbucket_dc_webhook_secret",
        mode="before",
    )
    @classmethod
    def _split_secrets(cls, value: object) -> object:
        """Several values, separated by spaces, for rotation."""
        return tuple(SecretStr(part) for part in value.split()) if isinstance(value, str) else value

    @field_validator("source_buckets", mode="before")
    @classmethod
    def _split_buckets(cls, value: object) -> object:
        """Buckets by name, separated by spaces: `assets=s3://acme-assets?region=eu-west-1`."""
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        for name, _, url in pairs:
            parts = urlsplit(url)
            if not name or parts.scheme not in ("s3", "gs", "az", "file") or parts.username or parts.password:
                raise ValueError("must hold names with s3, gs, az or file URLs, such as assets=s3://acme-assets")
        return {name: SecretStr(url) for name, _, url in pairs}

    @field_validator("source_registries", mode="before")
    @classmethod
    def _split_registries(cls, value: object, info: ValidationInfo) -> object:
        """Registries by name, separated by spaces: `main=https://user:password@registry.example.org`."""
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        for name, _, url in pairs:
            parts = urlsplit(url)
            if not name or parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must hold names with http or https URLs, such as main=https://registry.example.org")
            insecure = parts.scheme == "http" and parts.hostname not in LOOPBACK
            if insecure and not info.data.get("allow_insecure_hosts"):
                raise ValueError(
                    "uses plain http to another machine: use https, or set PENSTOCK_ALLOW_INSECURE_HOSTS=true"
                )
        return {name: SecretStr(url) for name, _, url in pairs}

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_ranges(cls, value: object) -> object:
        """Ranges of addresses, separated by spaces: `10.0.0.0/8 127.0.0.1`."""
        ranges = tuple(value.split()) if isinstance(value, str) else value
        for each in ranges if isinstance(ranges, tuple) else ():
            try:
                ip_network(each)
            except ValueError:
                raise ValueError("must hold addresses or ranges of them, such as 10.0.0.0/8 or 127.0.0.1") from None
        return ranges

    @field_validator("outside_runs", mode="before")
    @classmethod
    def _split_people(cls, value: object) -> object:
        """People and bots by their hosts, separated by spaces, and `contributors`: `github:dependabot[bot] contributors`."""
        people = tuple(value.split()) if isinstance(value, str) else value
        for person in people if isinstance(people, tuple) else ():
            host, _, login = person.partition(":")
            if person != "contributors" and (not (host and login) or "*" in login):
                raise ValueError(
                    "must hold people or bots with their hosts, such as github:dependabot[bot], or contributors"
                )
        return people

    @field_validator("source_repositories", mode="before")
    @classmethod
    def _split_patterns(cls, value: object) -> object:
        """Patterns of repositories by their hosts, separated by spaces: `github:acme/docs gitlab:acme/*`."""
        patterns = tuple(value.split()) if isinstance(value, str) else value
        for pattern in patterns if isinstance(patterns, tuple) else ():
            host, colon, name = pattern.partition(":")
            if not (host and colon and "/" in name):
                raise ValueError("must hold repositories with their hosts, such as github:acme/docs or gitlab:acme/*")
        return patterns

    @field_validator("gitlab_signing_token")
    @classmethod
    def _check_signing_tokens(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for token in tokens:
            if not SIGNING_TOKEN.fullmatch(token.get_secret_value()):
                raise ValueError("must be the signing token as GitLab shows it: whsec_ and a key in base64")
        return tokens

    @field_validator("ca_bundle")
    @classmethod
    def _check_ca_bundle(cls, bundle: Path | None) -> Path | None:
        if bundle is not None and not bundle.is_file():
            raise ValueError("is no file that can be read: it must hold certificates in PEM form")
        return bundle

    @field_validator(
        "public_url",
        "github_url",
        "github_api_url",
        "gitlab_url",
        "bitbucket_url",
        "bitbucket_api_url",
        "bitbucket_dc_url",
    )
    @classmethod
    def _check_url(cls, url: str, info: ValidationInfo) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https URL, such as https://example.org")
        if parts.username or parts.password:
            raise ValueError("must not hold a user name or password")
        ours = info.field_name == "public_url"
        insecure = parts.scheme == "http" and parts.hostname not in LOOPBACK
        if insecure and not ours and not info.data.get("allow_insecure_hosts"):
            raise ValueError("uses plain http to another machine: use https, or set PENSTOCK_ALLOW_INSECURE_HOSTS=true")
        return url

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        """What is of no use alone."""
        if bool(self.bitbucket_user) != (self.bitbucket_api_token is not None):
            raise ValueError("PENSTOCK_BITBUCKET_USER and PENSTOCK_BITBUCKET_API_TOKEN: set both, or neither")
        if (self.bitbucket_dc_token is not None or self.bitbucket_dc_webhook_secret) and not self.bitbucket_dc_url:
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
            return isinstance(load_pem_private_key(self.github_app_key.encode(), None), RSAPrivateKey)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
            return False

    @property
    def github_app_key(self) -> str:
        """The App's private key in PEM form, "" when there is none. In one line, a backslash and an n stand for each end of a line."""
        if self.github_private_key_file is not None:
            return self.github_private_key_file.read_text()
        key = self.github_private_key
        return key.get_secret_value().replace("\\n", "\n") if key is not None else ""

    @property
    def url(self) -> str:
        """Where people and hosts reach the bot."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'penstock.db'}"

    @property
    def github_api(self) -> str:
        if self.github_api_url:
            return self.github_api_url
        return "https://api.github.com" if self.github_url == "https://github.com" else f"{self.github_url}/api/v3"

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK


def load(**overrides: object) -> Settings:
    """The settings from the environment, with overrides by name. Raises SettingsInvalid with every problem."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_line(detail) for detail in error.errors(include_input=False))) from None


def _line(detail: object) -> str:
    assert isinstance(detail, dict)  # noqa: S101  pydantic's TypedDict
    name = "_".join(str(part) for part in detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"PENSTOCK_{name.upper()}: {message}" if name else message
