"""All settings together, and how they are loaded."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings.hosts import HostSettings
from bot.settings.lists import Addresses, Buckets, Grants, Patterns, People, Registries, Values
from bot.settings.serving import ServingSettings


class SettingsInvalid(Exception):
    """Settings are wrong; the text lists every problem, one a line, and names no secret."""


class Settings(HostSettings, ServingSettings, BaseSettings):
    """Every setting, its default, and what it means: `.env.example` shows the same (a test compares them)."""

    model_config = SettingsConfigDict(
        env_prefix="PENSTOCK_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    outside_runs: People = ()
    drafts: Literal["run", "hold"] = "run"

    source_repositories: Patterns = ()
    source_buckets: Buckets = {}
    source_registries: Registries = {}

    invoke_endpoints: Addresses = {}
    metrics_servers: Addresses = {}

    targets_file: Path | None = None
    clusters_file: Path | None = None
    deploy_buckets: Buckets = {}
    deploy_repositories: Grants = ()
    gitops_repositories: Grants = ()

    aws_secrets: Grants = ()
    aws_region: str = ""

    notify_targets: Values = {}
    notify_secrets: Values = {}


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
