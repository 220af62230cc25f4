"""All settings together, and how they are loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings.authors import Author
from bot.settings.hosts import HostSettings
from bot.settings.lists import Buckets, Grants, Patterns, People, Registries, Values
from bot.settings.reach import ReachSettings
from bot.settings.serving import ServingSettings

T = TypeVar("T", bound=BaseSettings)

_FROM = SettingsConfigDict(env_prefix="PENSTOCK_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)


class SettingsInvalid(Exception):
    """Settings are wrong; the text lists every problem, one a line, and names no secret."""


class Settings(HostSettings, ServingSettings, ReachSettings, BaseSettings):
    """Every setting, its default, and what it means: `.env.example` shows the same (a test compares them)."""

    model_config = _FROM

    outside_runs: People = ()
    drafts: Literal["run", "hold"] = "run"

    source_repositories: Patterns = ()
    source_buckets: Buckets = {}
    source_registries: Registries = {}

    deploy_repositories: Grants = ()
    gitops_repositories: Grants = ()
    gitops_author: Author = "Penstock <penstock@noreply.invalid>"
    gitops_signing_key_file: Path | None = None

    aws_secrets: Grants = ()
    aws_region: str = ""

    notify_targets: Values = {}
    notify_secrets: Values = {}


class OwnSettings(ReachSettings, BaseSettings):
    """Those of whoever runs a working tree."""

    model_config = _FROM


def load(**overrides: object) -> Settings:
    """The settings from the environment, with overrides by name. Raises SettingsInvalid with every problem."""
    return _loaded(Settings, overrides)


def load_own(**overrides: object) -> OwnSettings:
    """Raises SettingsInvalid with every problem."""
    return _loaded(OwnSettings, overrides)


def _loaded(kind: type[T], overrides: Mapping[str, object]) -> T:
    try:
        return kind(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_line(detail) for detail in error.errors(include_input=False))) from None
    except UnicodeDecodeError:
        raise SettingsInvalid(".env: is no text in UTF-8") from None


def _line(detail: object) -> str:
    assert isinstance(detail, dict)  # noqa: S101  pydantic's TypedDict
    name = "_".join(str(part) for part in detail["loc"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"PENSTOCK_{name.upper()}: {message}" if name else message
