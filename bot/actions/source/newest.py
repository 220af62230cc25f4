"""The kinds of source as the runtime asks them for what is new (`bot.ports.FurtherSources`)."""

from collections.abc import Mapping, Sequence

from bot.actions.source.git import GitKind
from bot.actions.source.kind import Asker, SourceKind
from bot.model.people import Person
from bot.model.repository import Repository
from bot.model.source import GitSource, Source, SourceRevision


class Newest:
    """`kinds` by the name that the model gives them, `git` among them."""

    def __init__(self, git: GitKind, kinds: Mapping[str, SourceKind]) -> None:
        self._git = git
        self._kinds = {**kinds, "git": git}

    @property
    def kinds(self) -> Mapping[str, SourceKind]:
        return self._kinds

    async def newest(self, repository: Repository, source: Source, people: Sequence[Person]) -> SourceRevision:
        return await self._kinds[source.kind].newest(source, Asker(repository, people))

    async def located(self, repository: Repository, source: Source) -> Repository | None:
        return await self._git.located(source, repository) if isinstance(source, GitSource) else None
