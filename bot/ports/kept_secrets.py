"""Secrets that stay in the database, wrapped with a master key: what hosts were told, and what they told us."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """`kind` says what for. `repository` is the id of the one that it belongs to, "" for the whole host; `ends`: from when on
    it counts no more, 0 for never. It was wrapped for this `name`, and opens under no other.
    """

    name: str
    kind: str
    provider: str
    repository: str
    full_name: str
    ends: float
    wrapped: bytes = field(repr=False)


class KeptSecrets(Protocol):
    """Where they are kept."""

    async def kept_secrets(self) -> Sequence[KeptSecret]: ...

    async def keep_secrets(self, secrets: Sequence[KeptSecret]) -> None:
        """Keep all or none of them, each in the place of one of its name."""

    async def forget_secrets(self, names: Collection[str]) -> None:
        """Unknown names are no error."""
