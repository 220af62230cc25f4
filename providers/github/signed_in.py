"""What GitHub knows of the App that the bot signs in as, and whether it may do enough. For `penstock doctor`."""

from dataclasses import dataclass

LEVELS = ("read", "write", "admin")


@dataclass(frozen=True, slots=True)
class AppFacts:
    """An App as it is set up on GitHub: what it may not do and does not hear of, and needs to; where its deliveries go."""

    login: str
    lacks: tuple[str, ...]
    unheard: tuple[str, ...]
    hook: str


def allows(given: str | None, needed: str) -> bool:
    return given in LEVELS and LEVELS.index(given) >= LEVELS.index(needed)
