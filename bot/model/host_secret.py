"""What a host's deliveries may be signed with beside its general secret, and whose deliveries that is good for."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bot.model.repository import Repository


@dataclass(frozen=True, slots=True)
class HostSecret:
    """`value` as the host has it. `good_for`: a repository by its id (`#123`) or the pattern of its name (`acme/*`)."""

    value: str = field(repr=False)
    good_for: str


def covers(good_for: str, repository: Repository) -> bool:
    """Whether deliveries that were signed so may speak of that repository. "" is a host's general secret: of every one."""
    if not good_for:
        return True
    if good_for.startswith("#"):
        return good_for == f"#{repository.id}"
    return fnmatchcase(repository.full_name.casefold(), good_for.casefold())


def by_name(good_for: str) -> bool:
    """Whether it goes by the repository's name, which whoever writes a delivery may write beside another one's id."""
    return bool(good_for) and not good_for.startswith("#")
