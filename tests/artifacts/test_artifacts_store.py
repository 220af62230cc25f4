"""What goes into the store comes out the same, on a folder and on S3; what is shared costs nothing; nothing half looks whole."""

import asyncio
import errno
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.artifacts import names
from bot.artifacts.errors import ArtifactMissing, NothingMatched
from bot.artifacts.keys import MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.packs import PACK_BYTES
from bot.artifacts.store import ArtifactStore
from bot.model.artifact import Artifact, space_of
from bot.model.repository import Repository
from bot.ports import ArtifactError, StorageUnavailable
from tests.artifacts.conftest import MASTER, folder_objects
from tests.artifacts.trees import Tree, describe, make

SPACE = space_of(Repository("github", "42", "acme/web"))


def noise(seed: int, size: int) -> bytes:
    """What can't be compressed, so that sizes tell something."""
    return random.Random(seed).randbytes(size)


async def test_art_9_modes_links_empty_folders_and_odd_names_survive(store: ArtifactStore, tmp_path: Path) -> None:
    tree: Tree = {
        "bin/tool": b"#!/bin/sh\n",
        "bin/alias": "tool",
        "lib/deep/er/empty": None,
        "lib/up": "../bin/tool",
        "nothing": b"",
        "Unicode \u00e9 \u6f22": b"1",
        "line\nbreak": b"2",
    }
    root = make(tmp_path / "in", tree)
    (root / os.fsdecode(b"not-utf8-\xff")).write_bytes(b"3")
    (root / "bin/tool").chmod(0o755)
    (root / "nothing").chmod(0o444)
    (root / "lib/deep").chmod(0o550)
    kept = await store.pack(SPACE, "a", root)
    assert (kept.files, kept.size) == (7, 13)
    await store.unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)


async def test_files_larger_than_a_pack_are_kept_in_pieces(store: ArtifactStore, tmp_path: Path) -> None:
    content = noise(7, 2 * PACK_BYTES + 12345)
    root = make(tmp_path / "in", {"large": content, "exact": content[:PACK_BYTES], "small": b"x"})
    (root / "large").chmod(0o400)
    await store.pack(SPACE, "a", root)
    await store.unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    sizes = sorted(pack.size for pack in (await store.manifest(SPACE, "a")).packs)
    assert sizes == [12346, PACK_BYTES, PACK_BYTES], "a piece that is there twice is kept once"


async def test_patterns_choose_and_keep_the_folders_of_what_they_choose(store: ArtifactStore, tmp_path: Path) -> None:
    tree: Tree = {
        "dist/a.js": b"1",
        "dist/sub/b.js": b"2",
        "src/a.py": b"3",
        "docs/x/y.md": b"4",
        "dist/empty": None,
    }
    root = make(tmp_path / "in", tree)
    (root / "dist/sub").chmod(0o711)
    await store.pack(SPACE, "a", root, ["dist/**", "**/*.md"])
    await store.unpack(SPACE, "a", tmp_path / "out")
    found = describe(tmp_path / "out")
    assert found.keys() == {*tree, "dist", "dist/sub", "docs", "docs/x"} - {"src/a.py"}
    assert found["dist/sub"][1] == 0o711


async def test_art_5_patterns_that_match_no_file_are_an_error(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {"src/a": b"1", "dist": None})
    with pytest.raises(NothingMatched, match=r"no file matches dist/\*\*, out/\*"):
        await store.pack(SPACE, "a", root, ["dist/**", "out/*"])
    with pytest.raises(ArtifactMissing):
        await store.manifest(SPACE, "a")


async def test_an_unchanged_file_costs_nothing_the_second_time(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {f"{n % 7}/{n}": noise(n, 10_000) for n in range(200)})
    first = await store.pack(SPACE, "a", root)
    assert first.stored > 1_900_000
    (root / "3/3").write_bytes(noise(1000, 10_000))
    second = await store.pack(SPACE, "b", root, like=["a"])
    assert 10_000 < second.stored < 11_000
    await store.unpack(SPACE, "b", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)


async def test_packs_of_which_little_is_used_are_not_held_on_to(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {str(n): noise(n, 50_000) for n in range(20)})
    await store.pack(SPACE, "a", root)
    for n in range(1, 20):
        (root / str(n)).unlink()
    lean = await store.pack(SPACE, "b", root, like=["a"])
    assert 50_000 < lean.stored < 51_000, "what is left is written anew"
    assert [pack.size for pack in (await store.manifest(SPACE, "b")).packs] == [50_000]


async def test_art_2_what_was_kept_never_changes(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {"a": b"1"})
    await store.pack(SPACE, "first", root)
    (root / "a").write_bytes(b"2")
    await store.pack(SPACE, "second", root, like=["first"])
    for artifact, content in (("first", b"1"), ("second", b"2")):
        await store.unpack(SPACE, artifact, tmp_path / artifact)
        assert (tmp_path / artifact / "a").read_bytes() == content


class Failing(Objects):
    """Takes so many objects, then is full."""

    left = 0

    def put(self, name: str, data: bytes, *, durable: bool = True) -> None:
        self._count(name)
        super().put(name, data, durable=durable)

    def create(self, name: str, data: bytes, *, durable: bool = True) -> bool:
        self._count(name)
        return super().create(name, data, durable=durable)

    def _count(self, name: str) -> None:
        if self.left == 0:
            raise StorageUnavailable(f"{name}: no space left")
        self.left -= 1


async def test_an_interrupted_upload_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    root = make(tmp_path / "in", {str(n): noise(n, PACK_BYTES // 2 + 1) for n in range(4)})
    objects = Failing((tmp_path / "objects").as_uri())
    for left in range(6):  # the four packs, key and manifest; the space's secrets come first, and remain
        objects.left = left + (left == 0)
        store = ArtifactStore(objects, MasterKeys([MASTER]))
        with pytest.raises(StorageUnavailable):
            await store.pack(SPACE, f"try-{left}", root)
        with pytest.raises(ArtifactMissing):
            await store.manifest(SPACE, f"try-{left}")
    objects.left = 6
    await store.pack(SPACE, "whole", root)
    await store.unpack(SPACE, "whole", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)


async def test_what_a_power_cut_has_left_of_a_pack_is_written_anew(
    store: ArtifactStore, objects: Objects, tmp_path: Path
) -> None:
    """It was named, but never brought to the disk; no artifact refers to it yet."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_bytes(bytes(range(256)) * 100)
    await store.pack("space", "lost", tree)
    await store.remove("space", ["lost"])
    [(pack, _)] = objects.names("space/packs")
    (tmp_path / "objects" / pack).write_bytes(b"")
    await store.pack("space", "again", tree)
    await store.unpack("space", "again", tmp_path / "copy")
    assert (tmp_path / "copy/file").read_bytes() == (tree / "file").read_bytes()


async def test_what_is_packed_or_copied_is_on_the_disk_before_its_manifest_is_written(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that, too, when the call returns: whoever is told so writes it down as made. A disk takes its time over packs."""
    there, synced, put = tmp_path / "objects", set[str](), Objects.put

    def sync(path: Path) -> None:
        if "/packs/" in str(path):
            time.sleep(0.05)
        synced.add(str(path.relative_to(tmp_path)))

    monkeypatch.setattr("bot.artifacts.objects._fsync", sync)

    def seen(objects: Objects, name: str, data: bytes, *, durable: bool = True) -> None:
        if name.endswith("/manifest"):
            base = "away" if objects is away else "objects"
            packs = [f"{base}/{pack}" for pack, _ in objects.names(names.packs(SPACE))]
            assert {*packs, *(pack.rpartition("/")[0] for pack in packs)} <= synced
        put(objects, name, data, durable=durable)

    away = Objects((tmp_path / "away").as_uri())
    monkeypatch.setattr(Objects, "put", seen)
    await store.pack(SPACE, "a", make(tmp_path / "in", {"a": noise(1, 1000), "b": noise(2, PACK_BYTES)}))
    await ArtifactStore(away, MasterKeys([MASTER])).receive(store, SPACE, "a")
    for place in (there, tmp_path / "away"):
        files = {file.relative_to(tmp_path) for file in place.rglob("*") if file.is_file()}
        assert {*map(str, files), *(str(file.parent) for file in files)} <= synced


async def test_packs_that_a_disk_does_not_take_make_no_artifact(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(path: Path) -> None:
        if "/packs/" in str(path):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("bot.artifacts.objects._fsync", sync)
    with pytest.raises(OSError, match="Input/output error"):
        await store.pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    assert not await store.has(SPACE, "a")


async def test_what_is_removed_is_no_artifact_from_the_first_step_on(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    delete, gone = objects.delete, list[str]()

    def killed(name: str) -> None:
        if gone:
            raise KeyboardInterrupt
        gone.append(name)
        delete(name)

    monkeypatch.setattr(objects, "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        store._remove(SPACE, ["a"])
    assert not await store.has(SPACE, "a")
    assert await store.held(SPACE) == {"a"}, "something is left of it, and is removed the next time"


async def test_nothing_is_collected_while_an_artifact_can_t_be_read(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A master key is not set, say: what it opens is not lost."""
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    await store.pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    with pytest.raises(ArtifactError):
        await ArtifactStore(objects, MasterKeys([b"x" * 32])).collect(SPACE)
    await store.unpack(SPACE, "a", tmp_path / "out")


async def test_a_cancelled_packing_stops_and_leaves_no_artifact(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {str(n): noise(n, 100_000) for n in range(200)})
    packing = asyncio.create_task(store.pack(SPACE, "a", root))
    await asyncio.sleep(0)
    packing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await packing
    with pytest.raises(ArtifactMissing):
        await store.manifest(SPACE, "a")


async def test_what_no_artifact_refers_to_is_collected_and_nothing_else(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    root = make(tmp_path / "in", {"kept": noise(1, 200_000), "goes": noise(2, PACK_BYTES)})
    await store.pack(SPACE, "a", root)
    (root / "goes").write_bytes(noise(3, 1000))
    await store.pack(SPACE, "b", root, like=["a"])
    assert await store.collect(SPACE) == 0
    await store.remove(SPACE, ["a", "never-was"])
    assert await store.collect(SPACE) == 1
    await store.unpack(SPACE, "b", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    await store.remove(SPACE, ["b"])
    assert await store.collect(SPACE) == 2
    assert [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()] == ["secrets"]


async def test_what_a_packing_under_way_refers_to_is_not_collected(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The artifact that it found its content in is removed before its own manifest is written."""
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    root = make(tmp_path / "in", {"same": noise(1, 200_000)})
    await store.pack(SPACE, "a", root)
    reached, go_on, put = threading.Event(), threading.Event(), objects.put

    def held(name: str, data: bytes, *, durable: bool = True) -> None:
        if name == names.manifest(SPACE, "b"):
            reached.set()
            assert go_on.wait(20)
        put(name, data, durable=durable)

    monkeypatch.setattr(objects, "put", held)
    packing = asyncio.create_task(store.pack(SPACE, "b", root, like=["a"]))
    assert await asyncio.to_thread(reached.wait, 20)
    await store.remove(SPACE, ["a"])
    spared = await store.collect(SPACE)
    go_on.set()
    assert (await packing).stored == 0, "all of it was there"
    assert spared == 0
    await store.unpack(SPACE, "b", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    await store.remove(SPACE, ["b"])
    assert await store.collect(SPACE) == 1, "nothing is kept for a packing that has ended"


async def test_what_is_removed_and_collected_while_a_packing_looks_at_it_is_not_relied_on(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    root = make(tmp_path / "in", {"same": noise(1, 1000)})
    await ArtifactStore(objects, MasterKeys([MASTER])).pack(SPACE, "a", root)
    get, loop = objects.get, asyncio.get_running_loop()

    async def gone() -> None:
        await store.remove(SPACE, ["a"])
        assert await store.collect(SPACE) == 1

    def looked_at(name: str) -> memoryview | None:
        found = get(name)
        if name == names.manifest(SPACE, "a"):
            monkeypatch.setattr(objects, "get", get)
            get_key = get(names.key(SPACE, "a"))
            asyncio.run_coroutine_threadsafe(gone(), loop).result(20)
            monkeypatch.setattr(objects, "get", lambda key: get_key if key == names.key(SPACE, "a") else get(key))
        return found

    monkeypatch.setattr(objects, "get", looked_at)
    assert (await store.pack(SPACE, "b", root, like=["a"])).stored > 0
    await store.unpack(SPACE, "b", tmp_path / "out")


async def test_what_a_packing_finds_there_already_is_not_collected_though_that_was_decided_before(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same files are made again while a collecting is about to delete what a removed artifact had of them."""
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(hours=-1))
    root = make(tmp_path / "in", {"same": noise(1, 1000)})
    await store.pack(SPACE, "a", root)
    await store.remove(SPACE, ["a"])
    listed, loop = objects.names, asyncio.get_running_loop()

    def slow(below: str) -> Iterator[tuple[str, datetime]]:
        found = list(listed(below))
        if below == names.packs(SPACE):
            asyncio.run_coroutine_threadsafe(store.pack(SPACE, "b", root), loop).result(20)
        return iter(found)

    monkeypatch.setattr(objects, "names", slow)
    assert await store.collect(SPACE) == 0
    await store.unpack(SPACE, "b", tmp_path / "out")


async def test_what_is_young_is_not_collected(store: ArtifactStore, tmp_path: Path) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"a": b"1"}))
    await store.remove(SPACE, ["a"])
    assert await store.collect(SPACE) == 0, "it may belong to an artifact whose manifest is about to be written"


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20)


@st.composite
def _trees(draw: st.DrawFn) -> Tree:
    """Folders of files: each folder's name begins with d, each file's with f, so that none is both."""
    paths = draw(st.lists(st.lists(_NAMES, min_size=1, max_size=3), min_size=1, max_size=8))
    return {
        "/".join([*(f"d{part}" for part in path[:-1]), f"f{path[-1]}"]): draw(st.binary(max_size=300)) for path in paths
    }


@settings(deadline=None, max_examples=25)
@given(first=_trees(), second=_trees())
def test_any_tree_comes_back_whatever_was_there_before(first: Tree, second: Tree) -> None:
    async def there_and_back() -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            store = ArtifactStore(folder_objects(folder), MasterKeys([MASTER]))
            await store.pack(SPACE, "1", make(folder / "1", first))
            await store.pack(SPACE, "2", make(folder / "2", {**first, **second}), like=["1"])
            for artifact in ("1", "2"):
                await store.unpack(SPACE, artifact, folder / f"out{artifact}")
                assert describe(folder / f"out{artifact}") == describe(folder / artifact)

    asyncio.run(there_and_back())


async def test_the_same_code_serves_s3(s3_objects: Objects, tmp_path: Path) -> None:
    store = ArtifactStore(s3_objects, MasterKeys([MASTER]))
    root = make(tmp_path / "in", {"a": noise(1, PACK_BYTES + 1), "b/c": b"2", "b/l": "c"})
    first = await store.pack(SPACE, "a", root)
    again = await store.pack(SPACE, "b", root, like=["a"])
    assert again == Artifact(SPACE, "b", 3, first.size, 0)
    await store.unpack(SPACE, "b", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)
    with pytest.raises(ArtifactMissing):
        await store.manifest(SPACE, "c")
    await store.remove(SPACE, ["a", "b"])
    assert await store.collect(SPACE) == 0
    assert await ArtifactStore(s3_objects, MasterKeys([b"n" * 32, MASTER])).rotate() == 1
