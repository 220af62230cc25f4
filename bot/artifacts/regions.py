"""The stores of a bot: one at home, and one for each further region that its operator names (ART-7).

At home is every artifact. An action that names another region has its inputs copied into that region's store first, writes
its outputs there, and has them copied back; only then has it ended. One store's own work is in `store`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import structlog

from bot.artifacts.errors import RegionUnknown
from bot.artifacts.store import ArtifactStore
from bot.artifacts.tree import EVERYTHING
from bot.locks import Locks
from bot.model.artifact import Artifact
from bot.ports import ArtifactError, RegionalArtifacts, StorageUnavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Regions:
    """`further` stores by region. `name` is what files may call the home region; they need not name it."""

    def __init__(self, home: ArtifactStore, further: Mapping[str, ArtifactStore], name: str = "") -> None:
        self._home = home
        self._further = further
        self._name = name
        self._copying: Locks[tuple[str, str, str]] = Locks()

    def in_region(self, region: str) -> RegionalArtifacts:
        """What an action of that region is given. Raises RegionUnknown."""
        if region in ("", self._name):
            return self._home
        if region not in self._further:
            known = ", ".join(sorted({*self._further, self._name} - {""})) or "none but its own"
            raise RegionUnknown(
                f"the bot has no artifact store in the region {region} (it has {known}); whoever operates it can name one: "
                "PENSTOCK_ARTIFACT_STORES"
            )
        return _Away(region, self)

    async def pack(
        self,
        space: str,
        artifact: str,
        root: Path,
        patterns: Sequence[str] = EVERYTHING,
        *,
        series: str = "",
        only: Collection[str] | None = None,
    ) -> Artifact:
        return await self._home.pack(space, artifact, root, patterns, series=series, only=only)

    async def unpack(self, space: str, artifact: str, root: Path) -> None:
        await self._home.unpack(space, artifact, root)

    def tar(self, space: str, artifact: str) -> AsyncIterator[bytes]:
        return self._home.tar(space, artifact)

    async def remove(self, space: str, artifacts: Sequence[str]) -> None:
        """Wherever there are copies. Where a store does not answer, the others forget them all the same, and it is asked again the next time."""
        await self._in_each(lambda store: store.remove(space, artifacts))

    async def held(self, space: str) -> set[str]:
        return set().union(*await self._in_each(lambda store: store.held(space)))

    async def collect(self, space: str) -> int:
        return sum(await self._in_each(lambda store: store.collect(space)))

    async def rotate(self) -> int:
        """Wrap every key of every store with the newest master key; how many there were."""
        return sum(await self._in_each(ArtifactStore.rotate))

    async def wrapped_by(self) -> Counter[str]:
        """How many keys each master key wraps, by its fingerprint."""
        return sum(await self._in_each(ArtifactStore.wrapped_by), Counter())

    async def _in_each(self, work: Callable[[ArtifactStore], Awaitable[T]]) -> list[T]:
        """The first error comes when all have had their turn. It names its region."""
        found: list[T] = []
        errors: list[Exception] = []
        for region, store in {"": self._home, **self._further}.items():
            try:
                found.append(await work(store))
            except StorageUnavailable as error:
                errors.append(StorageUnavailable(f"{region}: {error}") if region else error)
            except ArtifactError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return found

    async def bring(self, region: str, space: str, artifact: str) -> ArtifactStore:
        """The region's store, with the artifact in it. What is there is whole, and never changes."""
        store = self._further[region]
        async with self._lock(region, space, artifact):
            if not await store.has(space, artifact):
                moved = await store.receive(self._home, space, artifact)
                log.info("artifact copied", artifact=artifact, to=region, bytes=moved)
        return store

    async def bring_back(self, region: str, space: str, artifact: str) -> None:
        """What is at home under that name is an earlier try's at the same attempt: it is replaced."""
        async with self._lock("", space, artifact):
            moved = await self._home.receive(self._further[region], space, artifact)
        log.info("artifact copied", artifact=artifact, to="home", bytes=moved)

    def _lock(self, region: str, space: str, artifact: str) -> asyncio.Lock:
        """Two actions that need the same one wait for one copy of it."""
        return self._copying[region, space, artifact]

    def store(self, region: str) -> ArtifactStore:
        return self._further[region]


class _Away:
    """Another region's artifacts, as an action there has them."""

    def __init__(self, region: str, regions: Regions) -> None:
        self._region = region
        self._regions = regions

    async def pack(
        self,
        space: str,
        artifact: str,
        root: Path,
        patterns: Sequence[str] = EVERYTHING,
        *,
        series: str = "",
        only: Collection[str] | None = None,
    ) -> Artifact:
        made = await self._regions.store(self._region).pack(space, artifact, root, patterns, series=series, only=only)
        await self._regions.bring_back(self._region, space, artifact)
        return replace(made, region=self._region)

    async def unpack(self, space: str, artifact: str, root: Path) -> None:
        store = await self._regions.bring(self._region, space, artifact)
        await store.unpack(space, artifact, root)

    async def remove(self, space: str, artifacts: Sequence[str]) -> None:
        await self._regions.store(self._region).remove(space, artifacts)
