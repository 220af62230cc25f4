"""What the runtime asks of sealed values: opened when an action starts, never before."""

from typing import Protocol

from bot.model.repository import Repository


class SealBroken(Exception):
    """A value can't be opened, or can't be sealed; the text says why, and holds nothing secret."""


class Secrets(Protocol):
    """The keys to what is sealed in pipeline files. A sealed value opens only for its own repository and name."""

    def public_key(self, repository: Repository) -> str:
        """What `penstock seal` seals to."""

    def unguessable(self, repository: Repository, *names: str) -> str:
        """A name that nobody else can find out, always the same for the same repository and names; safe in a URL."""

    def open(self, repository: Repository, name: str, sealed: str) -> str:
        """The secret itself. Raises SealBroken."""


# --- Artifacts -------------------------------------------------------------------------------------------------------
