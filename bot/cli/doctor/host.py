"""A Git host as the doctor sees it, and what is said alike of all their tokens."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.cli.doctor.finding import Finding
from bot.model.repository import Repository
from bot.settings import Settings
from providers.base.token_facts import TokenFacts

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Host:
    """A host as the settings have it. `prefix` begins the names of its settings; `secrets` are those that verify deliveries.

    `ask` has the host say what it knows of the token. `provider` is what the bot's own records call it.
    """

    name: str
    provider: str
    prefix: str
    api: str
    secrets: tuple[str, ...]
    verified: bool
    token: bool
    ask: Callable[["Host", Sequence[Repository]], Awaitable[list[Finding]]]
    settings: Settings
    tokens: tuple[str, ...] = ("TOKEN",)

    @property
    def token_settings(self) -> str:
        return " or ".join(f"{self.prefix}_{name}" for name in self.tokens)


def ending(name: str, token: TokenFacts, setting: str) -> Iterator[Finding]:
    if _ends_soon(token.expires_at):
        remedy = f"Make a new one, and set {setting} to it."
        yield Finding("warning", f"{name}: the token ends on {token.expires_at}.", remedy)


def _ends_soon(day: str) -> bool:
    try:
        return bool(day) and date.fromisoformat(day) <= datetime.now(UTC).date() + SOON
    except ValueError:
        return False
