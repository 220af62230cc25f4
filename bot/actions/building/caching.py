"""A build's cache: files of an earlier build brought before INSTALL, and kept after a success (section 8). It never fails a build (CAC-9).

What is kept is an artifact like any other; which entry is wanted, and which go when there are too many, is decided here, too.
Which files it is of, and how they come back to their places, is said in `cached`.
"""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.building.cached import cached, move, within
from bot.model.artifact import space_of
from bot.model.buildspec import Cache
from bot.model.cache import CacheEntry
from bot.model.repository import Repository
from bot.ports import ActionContext, ArtifactError, Artifacts, Clock, StorageUnavailable, Store

LONGEST_KEY = 512


@dataclass(frozen=True, slots=True)
class Keys:
    """The key and the fallback keys, as the build's own shell has evaluated them."""

    key: str
    fallback: tuple[str, ...] = ()


def wanted(
    entries: Sequence[CacheEntry], scope: str, version: str, refs: Sequence[str], keys: Keys
) -> CacheEntry | None:
    """CAC-3, CAC-4, CAC-6, B10: the very key on the own ref, then on the others; then the newest that begins with a fallback key."""
    of = [entry for entry in entries if (entry.scope, entry.version) == (scope, version)]
    newest = sorted(of, key=lambda entry: -entry.at)
    for ref in refs:
        for entry in newest:
            if (entry.ref, entry.key) == (ref, keys.key):
                return entry
    for prefix in keys.fallback if keys.key else ():
        for ref in refs:
            for entry in newest:
                if entry.ref == ref and entry.key.startswith(prefix):
                    return entry
    return None


def evicted(entries: Collection[CacheEntry], limit: int) -> list[CacheEntry]:
    """The least recently used ones that are too many for so many bytes."""
    left = sum(entry.size for entry in entries)
    gone = []
    for entry in sorted(entries, key=lambda entry: entry.used):
        if left <= limit:
            break
        gone.append(entry)
        left -= entry.size
    return gone


class Caching:
    """The caches of all repositories, which are at home; `limit` bytes of each are kept, 0 keeps none. `tell` says a line in the build's log."""

    def __init__(self, store: Store, artifacts: Artifacts, clock: Clock, limit: int) -> None:
        self._store = store
        self._home = artifacts.in_region("")
        self._clock = clock
        self._limit = limit

    async def restore(
        self, context: ActionContext, build: str, cache: Cache, keys: Keys, folder: Path, tell: Callable[[str], None]
    ) -> None:
        """Bring what there is into the build's folder. `build` is its name."""
        if cache.action == "save":
            return
        if problem := _unusable(keys) if self._limit else "none is kept here":
            tell(f"No cache: {problem}")
            return
        if context.execution.outside:
            tell("No cache: a change from outside is given none")
            return
        repository = context.execution.lane.repository
        found = wanted(
            await self._store.cache_entries(repository),
            _scope(context, build),
            _version(cache),
            await self._refs(context),
            keys,
        )
        if found is None:
            tell(f"No cache{_named(keys.key)}")
            return
        made = folder / "cache-restored"
        await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)  # of a life that was killed over it
        try:
            await self._home.unpack(space_of(repository), found.artifact, made)
        except (ArtifactError, StorageUnavailable) as error:
            tell(f"The cache{_named(found.key)} can't be had: {error}")
            return
        try:
            await asyncio.to_thread(move, made, folder)
        except OSError as error:
            tell(f"The cache{_named(found.key)} can't be brought: {error.strerror}")
            return
        await self._store.keep_cache_entry(repository, replace(found, used=self._clock.now()))
        tell(f"Cache restored{_named(found.key)}, saved by {found.ref}")

    async def save(
        self, context: ActionContext, build: str, cache: Cache, keys: Keys, folder: Path, tell: Callable[[str], None]
    ) -> None:
        """AFT-3, CAC-10: of a success, and not by changes from outside, who could leave there what others then run."""
        execution, repository = context.execution, context.execution.lane.repository
        if cache.action == "restore" or not execution.may_keep_cache or not self._limit or _unusable(keys):
            return
        scope, version, ref = _scope(context, build), _version(cache), str(execution.lane.ref)
        entries = await self._store.cache_entries(repository)
        there = [
            one for one in entries if (one.scope, one.version, one.ref, one.key) == (scope, version, ref, keys.key)
        ]
        if there and keys.key:
            return  # CAC-3: an entry under a key never changes
        now = self._clock.now()
        try:
            files = await asyncio.to_thread(cached, cache.paths, folder)
        except OSError as error:
            tell(f"The cache can't be kept: {error.strerror}")
            return
        if not files:
            tell("No file is there to be cached")
            return
        artifact = "cache-" + hashlib.sha256(f"{build}:{version}:{keys.key}".encode()).hexdigest()[:32]
        try:
            space, series = space_of(repository), f"cache/{scope}"
            kept = await self._home.pack(space, artifact, folder, within(cache.paths), series=series, only=files)
        except (ArtifactError, StorageUnavailable) as error:
            tell(f"The cache can't be kept: {error}")
            return
        entry = CacheEntry(scope, version, ref, keys.key, artifact, kept.size, now, now)
        await self._keep(
            repository, entry, [one.artifact for one in there if one.artifact != artifact], len(files), tell
        )

    async def _keep(
        self,
        repository: Repository,
        entry: CacheEntry,
        older: Collection[str],
        files: int,
        tell: Callable[[str], None],
    ) -> None:
        """What is packed becomes the entry, in the place of `older` artifacts, unless it is too large."""
        space = space_of(repository)
        try:
            if entry.size > self._limit:  # all others would have to go for it, and then it, too
                await self._home.remove(space, [entry.artifact])
                size = f"its {entry.size:,} bytes are more than the {self._limit:,} of PENSTOCK_CACHE_LIMIT"
                tell(f"The cache is not kept: {size}")
                return
            # What goes is removed while it is known still: killed in between, or when the storage fails, it goes the next time.
            await self._home.remove(space, list(older))
            await self._store.keep_cache_entry(repository, entry)
            tell(f"Cache saved{_named(entry.key)}: {files} {'file' if files == 1 else 'files'}")
            await self._evict(repository)
        except StorageUnavailable as error:
            tell(f"Older caches can't be removed yet: {error}")

    async def _evict(self, repository: Repository) -> None:
        gone = [entry.artifact for entry in evicted(await self._store.cache_entries(repository), self._limit)]
        if gone:
            await self._home.remove(space_of(repository), gone)
            await self._store.forget_cache_entries(repository, gone)

    async def _refs(self, context: ActionContext) -> list[str]:
        """The own ref, then the target branch, then the default branch: never another change's."""
        execution = context.execution
        branches = [execution.revision.target_branch, await self._store.default_branch(execution.lane.repository)]
        return list(dict.fromkeys([str(execution.lane.ref), *(f"heads/{name}" for name in branches if name)]))


def _unusable(keys: Keys) -> str:
    """Why nothing can be kept under such a key; "" where something can. It is what a command has printed."""
    if len(keys.key) > LONGEST_KEY:
        return f"its key has {len(keys.key)} characters, and may have {LONGEST_KEY}"
    return "" if keys.key.isprintable() else "its key is more than one line of text"


def _named(key: str) -> str:
    return f" under the key {key}" if key else ""


def _scope(context: ActionContext, build: str) -> str:
    """A batch's builds have a cache each: they run at once, and one would take the other's place."""
    return f"{context.pipeline.name}/{context.action.name}{build.removeprefix(context.job)}"


def _version(cache: Cache) -> str:
    return hashlib.sha256(json.dumps(cache.paths).encode()).hexdigest()[:16]
