"""What every kind of source answers: its newest revision, and one revision as files. Errors are those of `bot.ports`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.model.people import Person
from bot.model.repository import Repository
from bot.model.source import Reference, SourceRevision


@dataclass(frozen=True, slots=True)
class Asker:
    """The repository whose pipeline asks, and everybody in whose name it does: none where nobody is known."""

    repository: Repository
    people: Sequence[Person]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A revision with its output variables (section 4.1). With a `reference` there are no files: whoever uses it clones."""

    revision: SourceRevision
    variables: Mapping[str, str]
    reference: Reference | None = None


class SourceKind(Protocol):
    """`source` is always the model's noun of that kind. Raises SourceRefused, SourceUnavailable, HostUnavailable."""

    async def newest(self, source: Any, asker: Asker) -> SourceRevision:
        """What there is now: its `id` and `name` at least."""

    async def fetch(self, source: Any, asker: Asker, revision: str, into: Path) -> Fetched:
        """The revision of that id, "" for the newest, below the folder `into`, which does not exist yet."""
