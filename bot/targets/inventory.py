"""The operator's targets file: which targets there are, how each is reached, and which repositories may deploy to it; which balancers
(`balancers`) send them their traffic.

Read anew at every deployment, so that a host that comes or goes needs no restart. A repository names targets and tags, and nothing else of them.
"""

from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.targets.balancers import Balancer
from bot.targets.written import Folder, Name, Pattern


class InventoryInvalid(Exception):
    """The file is wrong; the text lists every problem, one a line."""


class Entry(BaseModel):
    """One target: `local: true`, or an `address`. Empty `repositories`: nobody deploys to it. `directory` is put before every destination there; `state` is where revisions are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    local: bool = False
    address: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str = ""
    key_file: Path | None = None
    known_hosts: Path | None = None
    python: str = "python3"
    directory: Folder = ""
    state: Folder = ""
    zone: str = ""
    tags: dict[str, str] = {}
    repositories: tuple[Pattern, ...]

    @model_validator(mode="after")
    def _reached_one_way(self) -> Self:
        if self.local == bool(self.address):
            raise ValueError("needs an `address`, or `local: true`, and not both")
        if self.address and not (self.user and self.key_file):
            raise ValueError("needs a `user` and a `key_file` beside its address")
        return self


class Inventory(BaseModel):
    """`defaults` are keys of every target that does not say otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: dict[Name, Entry]
    balancers: dict[Name, Balancer] = {}

    @model_validator(mode="after")
    def _balancers_of_targets(self) -> Self:
        for name, balancer in self.balancers.items():
            unknown = [each for each in (balancer.target, *balancer.servers) if each not in self.targets]
            if unknown:
                raise ValueError(f"balancer {name} names {', '.join(unknown)}, and `targets` has no such target")
        return self


def read_inventory(path: Path) -> Inventory:
    """Raises InventoryInvalid. What the file says of keys and users is in none of the texts."""
    try:
        body = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InventoryInvalid(f"{path} can't be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise InventoryInvalid(f"{path}{where}: is not YAML") from None
    if not isinstance(body, dict) or not isinstance(body.get("targets"), dict):
        raise InventoryInvalid(f"{path}: must have `targets:` with a name for each, and `defaults:` if you like")
    defaults = body.pop("defaults", None) or {}
    if not isinstance(defaults, dict):
        raise InventoryInvalid(f"{path}: `defaults` must have keys of targets")
    named = {
        str(name): {**defaults, **(entry or {})} if isinstance(entry, dict | None) else entry
        for name, entry in body["targets"].items()
    }
    try:
        return Inventory.model_validate({**body, "targets": named})
    except ValidationError as error:
        problems = [
            f"{path}: {'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise InventoryInvalid("\n".join(problems)) from None
