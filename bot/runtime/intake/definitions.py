"""The pipeline definitions at a commit, as pushes, reruns and whatever else starts pipelines need them."""

import asyncio

from bot.definition import PIPELINE_PATHS, Definitions, read_definitions
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import SealBroken, Secrets, Sources

JUST_THE_COMMIT = Checkout()


class DefinitionReader:
    """Reads what a commit defines. Secrets are opened only to see that they can be."""

    def __init__(self, sources: Sources, secrets: Secrets) -> None:
        self._sources = sources
        self._secrets = secrets

    async def at(self, repository: Repository, commit: str) -> Definitions:
        """Raises CommitUnavailable and ProviderError."""
        await self._sources.fetch(repository, [commit], JUST_THE_COMMIT)
        files = await self._sources.files(repository, commit, PIPELINE_PATHS)

        def unsealed(name: str, sealed: str) -> str:
            try:
                self._secrets.open(repository, name, sealed)
            except SealBroken as broken:
                return str(broken)
            return ""

        def read() -> Definitions:
            return read_definitions(files, repository.name, unsealed=unsealed, whole=True)

        # In a thread: a file made to be slow to read costs its own execution time, and nobody else's.
        return await asyncio.to_thread(read)
