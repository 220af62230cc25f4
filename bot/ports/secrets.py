"""What the runtime asks of secrets: values sealed in pipeline files, opened when an action starts and never before; and those that others keep."""

from collections.abc import Sequence
from typing import Protocol

from bot.model.buildspec import SecretReference
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


class OutsideSecretRefused(Exception):
    """A value that others keep is not to be had; the text says why and what to do, and holds nothing secret."""


class OutsideSecrets(Protocol):
    """What AWS keeps: parameters of its Parameter Store, secrets of its Secrets Manager."""

    def may_read(self, repository: Repository, name: str) -> bool:
        """Whether the operator lets builds of the repository have what is called so."""

    async def parameters(self, names: Sequence[str]) -> Sequence[str]:
        """Their values in the same order, decrypted. Raises OutsideSecretRefused, naming all that are not to be had."""

    async def secret(self, wanted: SecretReference) -> str:
        """The whole text of one, whatever `wanted.key` says. Raises OutsideSecretRefused."""


# --- Artifacts -------------------------------------------------------------------------------------------------------
