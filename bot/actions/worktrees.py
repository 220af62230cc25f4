"""Work trees for actions: each attempt gets a fresh one, made ahead while the action before it runs, and removed when there is time.

The folder of an attempt holds its checkout (`source`), its home and its temporary folder; `ready` in it says that it is whole.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.actions.job_folders import JobFolders
from bot.core.sources import people
from bot.model.execution import Execution
from bot.model.people import Person
from bot.model.pipeline import Checkout, Pipeline
from bot.model.repository import Repository
from bot.ports import Sources

log = structlog.get_logger(__name__)

REMOVE_AFTER = 5.0
"""Seconds after which what is no longer needed is removed: not beside the next checkout, which it would slow down."""

SPARES = 4
"""Trees kept ready at once; when more executions run, the others make theirs when they need them."""


KEEP_SPARE = 60.0
"""Seconds after which a tree that nobody has come for is removed."""

SPARE = "spare"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to check out, and how; `people` are those in whose name what else belongs to it is read."""

    repository: Repository
    commit: str
    checkout: Checkout
    people: tuple[Person, ...] = ()


def tree_of(execution: Execution, pipeline: Pipeline) -> Wanted:
    """The work tree that the actions of an execution begin with."""
    return Wanted(execution.lane.repository, execution.revision.commit, pipeline.checkout, people(execution))


class WorkTrees:
    """Below `root`: a folder a job, and `spare` with trees made ahead."""

    def __init__(self, root: Path, sources: Sources) -> None:
        self._root = root
        self._folders = JobFolders(root)
        self._sources = sources
        self._spares: dict[Wanted, asyncio.Task[Path]] = {}
        self._made = 0
        self._leaving: set[Path] = set()
        self._removal: asyncio.Task[None] | None = None

    def folder(self, job: str) -> Path:
        return self._folders.of(job)

    def below(self, job: str) -> list[str]:
        """The jobs that have folders and whose names go on from this one's with a `/`."""
        return self._folders.below(job)

    async def prepare(self, job: str, wanted: Wanted | None) -> Path:
        """The job's folder, whole. One that an earlier life made is found again: its job may have begun, or even ended. None: without a checkout."""
        folder = self.folder(job)
        ready = folder / "ready"
        if ready.exists():
            return folder
        await self._sources.remove(folder)
        spare = await self._spare(wanted) if wanted is not None else None
        if spare is not None:
            spare.rename(folder)
        else:
            await self._make(folder, wanted)
        ready.touch()
        return folder

    def make_ahead(self, wanted: Wanted) -> None:
        """Another job of this commit is to come soon: have its tree ready by then."""
        if wanted not in self._spares and len(self._spares) < SPARES:
            self._made += 1
            folder = self._root / SPARE / str(self._made)
            self._spares[wanted] = spare = asyncio.create_task(self._make(folder, wanted))
            asyncio.get_running_loop().call_later(KEEP_SPARE, self._drop_spare, wanted, spare)

    def _drop_spare(self, wanted: Wanted, made: "asyncio.Task[Path]") -> None:
        """It was not fetched in time."""
        if self._spares.get(wanted) is not made:
            return
        del self._spares[wanted]
        made.add_done_callback(self._drop)

    def remove_later(self, job: str) -> None:
        self._leave(self.folder(job))

    async def sweep(self, keep: Collection[str]) -> None:
        """Remove what a former life left, but for the folders of these jobs."""
        await asyncio.gather(*(self._sources.remove(folder) for folder in self._folders.left(keep)))

    async def close(self) -> None:
        for spare in self._spares.values():
            spare.cancel()
        await asyncio.gather(*self._spares.values(), return_exceptions=True)
        if self._removal is not None:
            self._removal.cancel()
            await asyncio.gather(self._removal, return_exceptions=True)
        await self._sources.remove(self._root / SPARE)
        await self._remove()

    async def _spare(self, wanted: Wanted) -> Path | None:
        spare = self._spares.pop(wanted, None)
        if spare is None:
            return None
        try:
            return await spare
        except Exception as error:  # noqa: BLE001  whatever it was, the tree is made anew, and then fails with its reason
            log.info("no work tree ahead", commit=wanted.commit, error=str(error))
            return None

    async def _make(self, folder: Path, wanted: Wanted | None) -> Path:
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        if wanted is None:
            return folder
        await self._sources.fetch(wanted.repository, [wanted.commit], wanted.checkout)
        into = folder / "source"
        await self._sources.check_out(wanted.repository, wanted.commit, wanted.checkout, into, wanted.people)
        return folder

    def _drop(self, spare: "asyncio.Task[Path]") -> None:
        if not spare.cancelled() and spare.exception() is None:
            self._leave(spare.result())

    def _leave(self, folder: Path) -> None:
        self._leaving.add(folder)
        if self._removal is None:
            self._removal = asyncio.create_task(self._remove_later())

    async def _remove_later(self) -> None:
        while self._leaving:
            await asyncio.sleep(REMOVE_AFTER)
            await self._remove()
        self._removal = None

    async def _remove(self) -> None:
        leaving, self._leaving = self._leaving, set()
        for folder in leaving:
            await self._sources.remove(folder)
