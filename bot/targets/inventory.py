"""The operator's targets file: which targets there are, how each is reached, and which repositories may deploy to it; which balancers
(`balancers`) send them their traffic.

Read anew at every deployment, so that a host that comes or goes needs no restart. A repository names targets and tags, and nothing else of them.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.targets.balancers import Balancer
from bot.targets.operator_file import read_operator_file
from bot.targets.written import Folder, Name, Pattern


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
    """Raises OperatorFileInvalid."""
    return read_operator_file(path, "targets", Inventory)
