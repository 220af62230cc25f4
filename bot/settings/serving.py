"""The settings of the bot itself: where it listens and keeps things, how much of what, how it logs."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from bot.settings.lists import Ranges, RegionalStores
from bot.settings.urls import LOOPBACK, Url


class ServingSettings(BaseSettings):
    """A part of `Settings`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: Url = ""
    data_dir: Path = Path("penstock-data")
    database_url: Annotated[str, Field(repr=False)] = ""
    artifacts_url: Annotated[str, Field(repr=False)] = ""
    artifacts_region: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,30}$")] = ""
    artifact_stores: RegionalStores = {}
    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    page_token: SecretStr | None = None
    local_host: bool = True
    trusted_proxies: Ranges = ()

    executor: Literal["local"] = "local"
    max_parallel_actions: Annotated[int, Field(ge=1, le=1000)] = Field(
        default_factory=lambda: max(2, os.cpu_count() or 2)
    )
    action_timeout: Annotated[int, Field(ge=1)] = 3600
    action_processes: Annotated[int, Field(ge=16)] = 4096
    action_memory: Annotated[int, Field(ge=1 << 20)] | None = None
    action_open_files: Annotated[int, Field(ge=256)] = 65536
    action_file_size: Annotated[int, Field(ge=1 << 20)] | None = None
    log_limit: Annotated[int, Field(ge=1 << 16)] = 64 << 20
    cache_limit: Annotated[int, Field(ge=0)] = 5 << 30
    delivery_retention: Annotated[int, Field(ge=1)] = 30
    history_retention: Annotated[int, Field(ge=1)] = 365
    artifact_retention: Annotated[int, Field(ge=1)] | None = None
    history_count: Annotated[int, Field(ge=1)] | None = None
    artifact_count: Annotated[int, Field(ge=1)] | None = None
    retry_period: Annotated[int, Field(ge=0)] = 900
    grace_period: Annotated[int, Field(ge=0)] = 30
    catch_up_interval: Annotated[int, Field(ge=0)] = 900

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @model_validator(mode="after")
    def _check_regions(self) -> Self:
        if self.artifacts_region in self.artifact_stores:
            raise ValueError(
                "PENSTOCK_ARTIFACT_STORES and PENSTOCK_ARTIFACTS_REGION: name the region of PENSTOCK_ARTIFACTS_URL in the second alone"
            )
        return self

    @property
    def url(self) -> str:
        """Where people and hosts reach the bot."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'penstock.db'}"

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK
