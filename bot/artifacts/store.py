"""One artifact store: pack, unpack, receive, look, remove, collect, rotate. How content is cut and encrypted is in the files beside this.

One process writes to a space at a time: what a packing refers to is kept from being collected by a note in memory.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock

from bot.artifacts import names, sealed
from bot.artifacts.copying import copy_packs
from bot.artifacts.download import tar_of
from bot.artifacts.errors import ArtifactDamaged, ArtifactMissing
from bot.artifacts.keys import KEY_BYTES, MasterKeys, SpaceSecrets, new_key, wrapped_by
from bot.artifacts.known import Known
from bot.artifacts.listing import MOST_ENTRIES, listed
from bot.artifacts.manifest import Manifest, Pack
from bot.artifacts.objects import Objects
from bot.artifacts.packing import Packing
from bot.artifacts.packs import WORKERS, Hold
from bot.artifacts.rows import Row
from bot.artifacts.stamps import Stamps, Unpacked
from bot.artifacts.threads import in_thread
from bot.artifacts.tree import EVERYTHING, Kind
from bot.artifacts.unpacking import Unpacking
from bot.model.artifact import Artifact

_REMEMBERED = 50_000
"""Entries of the artifact that is kept in mind: some 20 MB."""

_GRACE = timedelta(hours=1)
"""A pack this young may belong to an artifact that is being packed, whose manifest comes last."""


class ArtifactStore:
    """Blocking work is done in threads. A cancelled call stops soon, and leaves nothing that looks whole.

    `home` is the store whose spaces this one has, too: what is the same is then named the same in both, and copied once.
    """

    def __init__(
        self, objects: Objects, keys: MasterKeys, home: "ArtifactStore | None" = None, *, most: int = MOST_ENTRIES
    ) -> None:
        self.objects = objects
        self._keys = keys
        self._home = home
        self._most = most
        self._secrets: dict[str, SpaceSecrets] = {}
        self._pins: Counter[tuple[str, str]] = Counter()
        self._spared: list[set[tuple[str, str]]] = []
        self._pinning = Lock()
        self._recent: tuple[str, str, Known] = ("", "", Known(Manifest.of((), ())))
        self._stamps = Stamps()

    async def pack(
        self,
        space: str,
        artifact: str,
        root: Path,
        patterns: Sequence[str] = EVERYTHING,
        *,
        series: str = "",
        like: Sequence[str] = (),
        only: Collection[str] | None = None,
    ) -> Artifact:
        """Keep what the patterns choose below `root`, of that these paths `only`. `like`: artifacts that probably have much of it, as the newest of its
        `series` has. Done again under the same id (after a crash, say) it replaces what the first try made. Raises ArtifactError,
        StorageUnavailable.
        """
        return await in_thread(
            lambda gone: self._pack(
                space, artifact, root, listed(str(root), patterns, only, self._most), series, like, gone
            )
        )

    async def unpack(self, space: str, artifact: str, root: Path) -> None:
        """Make the folder `root`, which must not exist, as it was packed. Raises ArtifactError, StorageUnavailable."""
        await in_thread(lambda gone: self._unpack(space, artifact, root, gone))

    async def has(self, space: str, artifact: str) -> bool:
        """Whether it is there, whole. Raises StorageUnavailable."""
        return await asyncio.to_thread(sealed.is_there, self.objects, space, artifact)

    async def receive(self, source: "ArtifactStore", space: str, artifact: str) -> int:
        """Copy an artifact from there, and of its content what is not here; how many bytes that were.

        One of that name is replaced. Raises ArtifactError, StorageUnavailable.
        """
        return await in_thread(lambda gone: self._receive(source, space, artifact, gone))

    async def tar(self, space: str, artifact: str) -> AsyncIterator[bytes]:
        """The artifact as a tar file, compressed with gzip. Raises ArtifactError, StorageUnavailable."""
        manifest = await self.manifest(space, artifact)
        async for chunk in tar_of(self.objects, space, manifest):
            yield chunk

    async def manifest(self, space: str, artifact: str) -> Manifest:
        """What is in it. Raises ArtifactMissing, ArtifactDamaged, StorageUnavailable."""
        return await asyncio.to_thread(self._manifest, space, artifact)

    async def remove(self, space: str, artifacts: Sequence[str]) -> None:
        """Forget artifacts; unknown ones are no error. Their content goes with the next `collect`."""
        await asyncio.to_thread(self._remove, space, artifacts)

    async def held(self, space: str) -> set[str]:
        """The ids of the artifacts of which there is anything, unfinished ones among them. Raises StorageUnavailable."""
        return await asyncio.to_thread(self._artifacts, space)

    async def collect(self, space: str) -> int:
        """Delete packs that no artifact of the space refers to; how many they were."""
        return await asyncio.to_thread(self._collect, space)

    async def rotate(self) -> int:
        """Wrap every key with the newest master key; how many there were. No content is rewritten."""
        return await asyncio.to_thread(self._rotate)

    async def wrapped_by(self) -> Counter[str]:
        """How many keys each master key wraps, by its fingerprint, whether it is set here or not."""
        return await asyncio.to_thread(lambda: Counter(wrapped_by(wrapped) for _, wrapped in self._wrapped()))

    # --- in threads ---

    def space_secrets(self, space: str) -> SpaceSecrets:
        """Blocking. Made when they are first needed. Raises ArtifactDamaged, StorageUnavailable."""
        known = self._secrets.get(space)
        if known is None:
            name = names.secrets(space)
            wrapped = self.objects.get(name)
            if wrapped is None:
                fresh = SpaceSecrets(new_key(), new_key()) if self._home is None else self._home.space_secrets(space)
                self.objects.create(name, self._keys.wrap(fresh.naming + fresh.content, name))
                wrapped = self.objects.get(name)
                assert wrapped is not None  # noqa: S101  it was just created, by us or by another
            both = self._keys.unwrap(bytes(wrapped), name)
            known = self._secrets[space] = SpaceSecrets(both[:KEY_BYTES], both[KEY_BYTES:])
        return known

    def _pack(
        self,
        space: str,
        artifact: str,
        root: Path,
        rows: Sequence[Row],
        series: str,
        like: Sequence[str],
        cancelled: Event,
    ) -> Artifact:
        with self._held(space) as hold, ThreadPoolExecutor(WORKERS, "packing") as pool:
            unpacked = self._stamps.among(space, rows)
            before = self._kept_alive(space, unpacked, [*like, *self._latest(space, series)], hold)
            packing = Packing(self.objects, space, self.space_secrets(space), before, cancelled, hold)
            manifest, stored, durable = packing.run(str(root), rows, pool)
            self._stamps.forget(space, [artifact])
            sealed.write(self.objects, self._keys, space, artifact, manifest, durable)
            if len(manifest) <= _REMEMBERED:
                self._recent = (space, artifact, Known(manifest))
            if series:
                self.objects.put(names.latest(space, series), artifact.encode(), durable=False)
        files = len(manifest) - manifest.columns.outline.kinds.count(Kind.FOLDER)
        return Artifact(space, artifact, files, sum(manifest.columns.contents.lengths), stored)

    def _latest(self, space: str, series: str) -> Sequence[str]:
        """Only a hint: whatever it names, and whether that is there, content is found by what it is."""
        newest = self.objects.get(names.latest(space, series)) if series else None
        return [bytes(newest).decode(errors="replace")] if newest else []

    def _unpack(self, space: str, artifact: str, root: Path, cancelled: Event) -> None:
        manifest = self._manifest(space, artifact)
        Unpacking(self.objects, space, cancelled).run(manifest, root)
        self._stamps.remember(space, artifact, manifest, root)

    def _receive(self, source: "ArtifactStore", space: str, artifact: str, cancelled: Event) -> int:
        manifest = sealed.read(source.objects, self._keys, space, artifact)
        with self._held(space) as hold:
            hold({pack.id for pack in manifest.packs})
            moved = copy_packs(source.objects, self.objects, space, manifest.packs, cancelled)
            self._stamps.forget(space, [artifact])
            sealed.write(self.objects, self._keys, space, artifact, manifest)
        return moved

    def _manifest(self, space: str, artifact: str) -> Manifest:
        return sealed.read(self.objects, self._keys, space, artifact)

    @contextmanager
    def _held(self, space: str) -> Iterator[Hold]:
        """Takes packs that are not to be collected meanwhile, nor by a collecting under way: that had looked before they were referred to."""
        pins: Counter[tuple[str, str]] = Counter()

        def hold(packs: Collection[str]) -> None:
            with self._pinning:
                for each in (pins, self._pins):
                    each.update((space, pack) for pack in packs)

        try:
            yield hold
        finally:
            with self._pinning:
                self._pins -= pins
                for spared in self._spared:
                    spared.update(pins)

    def _kept_alive(self, space: str, unpacked: Sequence[Unpacked], like: Sequence[str], hold: Hold) -> list[Known]:
        """What the earlier artifacts have that there still are, looked at once more: what was removed meanwhile may be collected already."""
        lying = {each.artifact: each.known for each in reversed(unpacked)}
        before = []
        for artifact in dict.fromkeys([*lying, *like]):
            found = lying.get(artifact) or self._known(space, artifact)
            if found is not None:
                hold({pack.id for pack in found.manifest.packs})
                if sealed.is_there(self.objects, space, artifact):
                    before.append(found)
        return before

    def _known(self, space: str, artifact: str) -> Known | None:
        """The newest artifact's is in memory, since the next one most often is like it."""
        recent = self._recent
        if recent[:2] == (space, artifact):
            return recent[2]
        try:
            return Known(self._manifest(space, artifact))
        except (ArtifactMissing, ArtifactDamaged):
            return None  # then everything is new

    def _remove(self, space: str, artifacts: Sequence[str]) -> None:
        self._stamps.forget(space, artifacts)
        for artifact in artifacts:
            self.objects.delete(names.manifest(space, artifact))  # first: without it the artifact is none any more
            self.objects.delete(names.key(space, artifact))

    def _collect(self, space: str) -> int:
        began = datetime.now(UTC)
        spared: set[tuple[str, str]] = set()
        with self._pinning:
            self._spared.append(spared)
        try:
            return self._delete_unused(space, began, spared)
        finally:
            with self._pinning:
                self._spared = [each for each in self._spared if each is not spared]

    def _delete_unused(self, space: str, began: datetime, spared: Collection[tuple[str, str]]) -> int:
        wanted = {pack.id for artifact in self._artifacts(space) for pack in self._packs_of(space, artifact)}
        deleted = 0
        for name, written in list(self.objects.names(names.packs(space))):
            identity = name.rpartition("/")[2]
            if identity in wanted or written >= began - _GRACE:
                continue
            with self._pinning:
                if self._pins[(space, identity)] or (space, identity) in spared:
                    continue
                self.objects.delete(name)
            deleted += 1
        return deleted

    def _artifacts(self, space: str) -> set[str]:
        return {names.artifact_of(name) for name, _ in self.objects.names(names.artifacts(space))}

    def _packs_of(self, space: str, artifact: str) -> Sequence[Pack]:
        """Raises ArtifactDamaged: while it is unknown what an artifact refers to, nothing may be deleted."""
        try:
            return self._manifest(space, artifact).packs
        except ArtifactMissing:
            return ()

    def _rotate(self) -> int:
        rewrapped = 0
        for name, wrapped in self._wrapped():
            if not self._keys.is_current(wrapped):
                self.objects.put(name, self._keys.wrap(self._keys.unwrap(wrapped, name), name))
                rewrapped += 1
        return rewrapped

    def _wrapped(self) -> Iterator[tuple[str, bytes]]:
        for name, _ in list(self.objects.names("")):
            if name.rpartition("/")[2] in ("key", "secrets") and (wrapped := self.objects.get(name)) is not None:
                yield name, bytes(wrapped)
