"""What `penstock build -c` hands on of your own AWS configuration, and which of a build's values are secret wherever they come from."""

from collections.abc import Iterable, Mapping
from pathlib import Path

SECRET = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Masked in the build's log: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html."""

_FILES = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
"""A build has a home of its own, so these lead to yours."""


def handed_on(environment: Mapping[str, str], home: Path, profile: str) -> Mapping[str, str]:
    """All AWS_* variables, and where `~/.aws` is; of its profiles that one, where it is named."""
    found = {name: str(home / ".aws" / file) for name, file in _FILES.items() if (home / ".aws" / file).is_file()}
    found |= {name: value for name, value in environment.items() if name.startswith("AWS_")}
    return found | ({"AWS_PROFILE": profile} if profile else {})


def secret(names: Iterable[str]) -> list[str]:
    """Those of the variables that are secret."""
    return [name for name in names if name in SECRET]
