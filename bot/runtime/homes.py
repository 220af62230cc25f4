"""The pipelines as their home branches have them (VER-9): what stands there says which webhooks, sources and revisions start what.

What a pull request or another branch defines is its own affair, and is never looked at here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.core.edit import home_branch
from bot.definition import Definitions
from bot.model.host_event import Pushed
from bot.model.pipeline import Pipeline
from bot.model.repository import RefKind, Repository
from bot.ports import Store


@dataclass(frozen=True, slots=True)
class Home:
    """A pipeline on its home branch."""

    repository: Repository
    branch: str
    pipeline: Pipeline


class Homes:
    """What it keeps in memory follows from the versions that the store has. `changes` counts: another number, other pipelines."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._homes: dict[tuple[str, str, str], Home] = {}
        self.changes = 0

    async def start(self) -> None:
        branches = {(each.provider, each.id): branch for each, branch in await self._store.repositories()}
        for repository, pipeline in await self._store.home_pipelines():
            default = branches.get((repository.provider, repository.id), "")
            self._put(Home(repository, home_branch(pipeline, default), pipeline))
        self.changes += 1

    def pushed(self, event: Pushed, definitions: Definitions) -> list[Home]:
        """A branch was pushed to: the pipelines at home there, as they are now. What a broken file had stays until it is mended.

        Where a pipeline is at home the default branch says. Another branch can be one's home, but take none away: whoever
        may push some branch would else decide what another's webhooks and sources start.
        """
        if event.ref.kind is not RefKind.BRANCH:
            return []
        self.changes += 1
        here = [home for pipeline in definitions.pipelines if (home := self._at_home(event, pipeline)) is not None]
        kept = {home.pipeline.name for home in here} | {n for names in definitions.broken.values() for n in names}
        for known in list(self.of(event.repository)):
            if known.branch == event.ref.name and known.pipeline.name not in kept:
                self._drop(known)
        for home in here:
            self._put(home)
        return here

    def _at_home(self, event: Pushed, pipeline: Pipeline) -> Home | None:
        branch = home_branch(pipeline, event.default_branch)
        known, by_default = self.find(event.repository, pipeline.name), event.ref.name == event.default_branch
        if by_default and known is not None and known.branch != branch:
            self._drop(known)
        taken = known is not None and known.branch != branch and not by_default
        return Home(event.repository, branch, pipeline) if branch == event.ref.name and not taken else None

    def renamed(self, repository: Repository) -> None:
        """It has this name by now."""
        for known in list(self.of(repository)):
            self._put(replace(known, repository=repository))

    def leave(self, repository: Repository) -> None:
        """Nothing is at home there any more."""
        self.changes += 1
        for known in list(self.of(repository)):
            self._drop(known)

    def _drop(self, home: Home) -> None:
        del self._homes[_key(home.repository, home.pipeline.name)]

    def of(self, repository: Repository) -> Iterator[Home]:
        yield from (home for (provider, name, _), home in self._homes.items() if _same(repository, provider, name))

    def find(self, repository: Repository, pipeline: str) -> Home | None:
        return self._homes.get(_key(repository, pipeline))

    def __iter__(self) -> Iterator[Home]:
        yield from list(self._homes.values())

    def _put(self, home: Home) -> None:
        self._homes[_key(home.repository, home.pipeline.name)] = home


def _key(repository: Repository, pipeline: str) -> tuple[str, str, str]:
    return repository.provider, repository.id, pipeline


def _same(repository: Repository, provider: str, name: str) -> bool:
    return (repository.provider, repository.id) == (provider, name)
