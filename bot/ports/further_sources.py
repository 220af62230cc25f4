"""What the runtime asks of further sources besides the pushed commit: their newest revision, in somebody's name."""

from collections.abc import Sequence
from typing import Protocol

from bot.model.people import Person
from bot.model.repository import Repository
from bot.model.source import Source, SourceRevision


class SourceRefused(Exception):
    """The source may not be read for these people, or the bot is not set up for it. The text says what to do."""


class SourceUnavailable(Exception):
    """The source, or the revision that was asked for, is not there. The text says so to a user."""


class FurtherSources(Protocol):
    """Whatever `source` actions can name."""

    async def newest(self, repository: Repository, source: Source, people: Sequence[Person]) -> SourceRevision:
        """As a pipeline of the repository may see it in the name of all these people; its `id` and `name` at least.

        Raises SourceRefused, SourceUnavailable, HostUnavailable.
        """

    async def located(self, repository: Repository, source: Source) -> Repository | None:
        """The repository that the source is a branch of; None for what is no Git source, or is not there."""
