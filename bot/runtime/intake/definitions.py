"""The pipeline definitions at a commit, as both pushes and reruns need them."""

import asyncio

from bot.definition import PIPELINE_PATHS, Definitions, read_definitions
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import Sources

JUST_THE_COMMIT = Checkout()


async def definitions_at(sources: Sources, repository: Repository, commit: str) -> Definitions:
    """Raises CommitUnavailable and ProviderError."""
    await sources.fetch(repository, [commit], JUST_THE_COMMIT)
    files = await sources.files(repository, commit, PIPELINE_PATHS)
    # In a thread: a file made to be slow to read costs its own execution time, and nobody else's.
    return await asyncio.to_thread(read_definitions, files, repository.name)
