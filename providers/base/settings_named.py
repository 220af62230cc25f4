"""What whoever operates the bot calls a host's settings, for the remedies in errors: in the environment or in the hosts file. Reads neither."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Named: TypeAlias = Callable[[str], str]
"""Takes a setting as the environment has it behind the host's prefix, such as `TOKEN`."""

_LISTS = ("WEBHOOK_SECRET", "SIGNING_TOKEN")
"""Of these the hosts file has several."""


def in_environment(prefix: str) -> Named:
    return lambda setting: f"{prefix}_{setting}"


def in_file(host: str, file: Path) -> Named:
    return lambda setting: f"`{setting.lower()}{'s' if setting in _LISTS else ''}` of {host} in {file}"
