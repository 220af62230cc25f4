"""What was unpacked here is packed again without being read, and whatever has changed in any way is read."""

import mmap
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.artifacts import stamps
from bot.artifacts.keys import MasterKeys
from bot.artifacts.listing import listed
from bot.artifacts.stamps import Stamps
from bot.artifacts.store import ArtifactStore
from tests.artifacts.conftest import MASTER, folder_objects
from tests.artifacts.trees import describe, make

SPACE = "space"
TREE = {f"d{number // 10}/f{number}": b"content %d" % number for number in range(100)}


@pytest.fixture
def disk() -> Iterator[Path]:
    """On a file system that proves itself, which one in memory does not."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        if not Stamps()._is_settled(Path(name)):
            pytest.skip("/var/tmp lies on a file system whose times tell too little")
        yield Path(name)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are opened to be packed."""
    names: list[str] = []
    really = os.open

    def opened(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            names.append(path)
        return really(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr("os.open", opened)
    return names


@pytest.fixture
async def unpacked(disk: Path) -> tuple[ArtifactStore, Path]:
    """A store, and a folder in which its artifact "first" lies."""
    store = ArtifactStore(folder_objects(disk), MasterKeys([MASTER]))
    await store.pack(SPACE, "first", make(disk / "made", TREE))
    await store.unpack(SPACE, "first", disk / "coming")
    (disk / "coming").rename(disk / "there")
    return store, disk / "there"


def _in_place(file: Path) -> None:
    """As long as it was, and with the time of its content set back."""
    before = file.stat()
    file.write_bytes(b"C" + file.read_bytes()[1:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _through_a_mapping(file: Path) -> None:
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0) as page:
        page[0] ^= 1


def _another(file: Path) -> None:
    before = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"C" + file.read_bytes()[1:])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)


def _swapped(file: Path) -> None:
    other = file.parent.parent / "d1/f17"
    file.rename(file.with_name("x"))
    other.rename(file)
    file.with_name("x").rename(other)


def _closed(file: Path) -> None:
    file.chmod(0o600)


def _link(file: Path) -> None:
    file.unlink()
    file.symlink_to("f17")


async def test_what_has_not_changed_is_not_read(
    unpacked: tuple[ArtifactStore, Path], read: list[str], disk: Path
) -> None:
    store, there = unpacked
    (there / "d3/f33").write_bytes(b"changed")
    (there / "new").write_bytes(b"new")
    (there / "d4/f44").unlink()
    kept = await store.pack(SPACE, "second", there)
    assert read == ["d3/f33", "new"]
    assert kept.files == 100
    await store.unpack(SPACE, "second", disk / "out")
    assert describe(disk / "out") == describe(there)


@pytest.mark.parametrize("change", [_in_place, _through_a_mapping, _another, _swapped, _closed, _link])
async def test_however_a_file_changes_it_is_read(
    unpacked: tuple[ArtifactStore, Path], disk: Path, change: Callable[[Path], None]
) -> None:
    store, there = unpacked
    change(there / "d1/f11")
    await store.pack(SPACE, "second", there)
    await store.unpack(SPACE, "second", disk / "out")
    assert describe(disk / "out") == describe(there)
    assert describe(disk / "out") != describe(disk / "made")


async def test_a_change_right_after_the_unpacking_is_seen(unpacked: tuple[ArtifactStore, Path], disk: Path) -> None:
    """Within one tick of the clock that files' times are taken from: "racily clean", as Git has it."""
    store, _ = unpacked
    for number in range(6):
        there = disk / f"at-once-{number}"
        await store.unpack(SPACE, "first", there)
        with (there / "d9/f99").open("r+b") as file:
            file.write(b"C")
        await store.pack(SPACE, f"second-{number}", there)
        manifest = await store.manifest(SPACE, f"second-{number}")
        before = await store.manifest(SPACE, "first")
        changed = [one.path for one, other in zip(manifest.entries, before.entries, strict=True) if _differ(one, other)]
        assert changed == ["d9/f99"]


def _differ(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    def digests(entry: tuple[object, ...]) -> list[object]:
        pieces = entry[4]
        assert isinstance(pieces, tuple)
        return [piece.digest for piece in pieces]

    return digests(one) != digests(other)


async def test_what_was_removed_or_replaced_or_is_another_space_s_is_not_relied_on(
    unpacked: tuple[ArtifactStore, Path], read: list[str]
) -> None:
    store, there = unpacked
    await store.pack("other", "second", there)
    assert len(read) == 100, "content of another space is not there"
    await store.remove(SPACE, ["first"])
    read.clear()
    await store.pack(SPACE, "second", there)
    assert len(read) == 100, "its packs may be collected"


async def test_an_artifact_that_was_packed_anew_has_its_old_packs_no_more(
    unpacked: tuple[ArtifactStore, Path], disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash, under the same id: what lies unpacked of the first try must not be looked for where it was."""
    store, there = unpacked
    monkeypatch.setattr("bot.artifacts.store._GRACE", timedelta(days=-1))
    await store.pack(SPACE, "first", make(disk / "anew", {"f": b"anew"}))
    assert await store.collect(SPACE) == 1
    await store.pack(SPACE, "second", there)
    await store.unpack(SPACE, "second", disk / "out")
    assert describe(disk / "out") == describe(there)


async def test_stamps_are_of_one_space_and_of_what_is_there_still(unpacked: tuple[ArtifactStore, Path]) -> None:
    """The store looks at both once more; whoever asks the stamps alone must not be told wrong either."""
    store, there = unpacked
    known, rows = Stamps(), listed(str(there))
    known.remember(SPACE, "first", await store.manifest(SPACE, "first"), there)
    assert [each.artifact for each in known.among(SPACE, rows)] == ["first"]
    assert known.among("other", rows) == []
    known.forget("other", ["first"])
    known.forget(SPACE, ["another"])
    assert known.among(SPACE, rows)
    known.forget(SPACE, ["first"])
    assert known.among(SPACE, rows) == []


async def test_a_folder_that_has_other_names_than_were_unpacked_is_not_remembered(
    unpacked: tuple[ArtifactStore, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a file system that writes them otherwise. Each row is to be of the entry in its place."""
    store, there = unpacked
    known, rows, manifest = Stamps(), listed(str(there)), await store.manifest(SPACE, "first")
    monkeypatch.setattr(stamps, "listed", lambda _: [rows[0].replace("d0", "D0"), *rows[1:]])
    known.remember(SPACE, "first", manifest, there)
    assert known.among(SPACE, rows) == []


async def test_nothing_is_remembered_before_the_clock_of_its_times_has_moved_on(
    unpacked: tuple[ArtifactStore, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once more for each folder, although its file system has proved itself long since."""
    store, there = unpacked
    known, rows, manifest = Stamps(), listed(str(there)), await store.manifest(SPACE, "first")
    known.remember(SPACE, "proves it", manifest, there)
    monkeypatch.setattr(stamps, "_touched", lambda _: 7)
    known.remember(SPACE, "first", manifest, there)
    assert [each.artifact for each in known.among(SPACE, rows)] == ["proves it"]


async def test_a_clock_that_was_set_tells_nothing(
    unpacked: tuple[ArtifactStore, Path], read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, there = unpacked
    really = stamps._clocks
    monkeypatch.setattr(stamps, "_clocks", lambda: (really()[0] - 60, really()[1]))
    await store.pack(SPACE, "second", there)
    assert len(read) == 100


async def test_a_file_system_that_does_not_prove_itself_is_not_relied_on(
    disk: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that keeps the times of whole seconds, and one that has no nameless files."""
    store = ArtifactStore(folder_objects(disk), MasterKeys([MASTER]))
    await store.pack(SPACE, "first", make(disk / "made", TREE))
    monkeypatch.setattr(stamps, "_touched", lambda _: int(time.time()))
    monkeypatch.setattr(stamps, "_PATIENCE", 0.002)
    await store.unpack(SPACE, "first", disk / "coarse")
    read.clear()
    await store.pack(SPACE, "second", disk / "coarse")
    assert len(read) == 100


async def test_what_is_written_through_a_mapping_in_memory_is_read(read: list[str]) -> None:
    """There, a page that was mapped to be read takes what is written without any time being changed (tmpfs, Linux 6.18)."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        store = ArtifactStore(folder_objects(Path(name)), MasterKeys([MASTER]))
        await store.pack(SPACE, "first", make(Path(name, "made"), TREE))
        await store.unpack(SPACE, "first", Path(name, "there"))
        _through_a_mapping(Path(name, "there/d1/f11"))
        read.clear()
        await store.pack(SPACE, "second", Path(name, "there"))
    assert "d1/f11" in read


async def test_no_more_is_remembered_than_there_is_room_for(
    unpacked: tuple[ArtifactStore, Path], read: list[str], disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, there = unpacked
    monkeypatch.setattr(stamps, "MOST_ENTRIES", 150)
    await store.unpack(SPACE, "first", disk / "newer")
    for folder, count in ((disk / "newer", 0), (there, 100)):
        read.clear()
        await store.pack(SPACE, "second", folder)
        assert len(read) == count


async def test_sparse_packs_are_packed_anew_from_what_was_not_read(
    unpacked: tuple[ArtifactStore, Path], read: list[str], disk: Path
) -> None:
    store, there = unpacked
    for number in range(90):
        (there / f"d{number // 10}/f{number}").unlink()
    await store.pack(SPACE, "second", there)
    assert len(read) == 10
    assert [pack.size for pack in (await store.manifest(SPACE, "second")).packs] == [100]
    await store.unpack(SPACE, "second", disk / "out")
    assert describe(disk / "out") == describe(there)


async def test_files_of_several_artifacts_in_one_folder_are_known(
    unpacked: tuple[ArtifactStore, Path], read: list[str], disk: Path
) -> None:
    """Where the newest of the series is another one still, packs of three artifacts are referred to."""
    store, there = unpacked
    more = {f"e/g{number}": b"more %d" % number for number in range(60)}
    await store.pack(SPACE, "more", make(disk / "more", more))
    await store.pack(SPACE, "newest", make(disk / "new", {"n/new": b"in the newest" * 50}), series="s")
    await store.unpack(SPACE, "more", disk / "out-more")
    (disk / "out-more/e").rename(there / "e")
    make(there, {"n/other": b"in the newest" * 50})
    read.clear()
    kept = await store.pack(SPACE, "second", there, series="s")
    assert (read, kept.stored) == (["n/other"], 0)
    await store.unpack(SPACE, "second", disk / "again")
    assert describe(disk / "again") == describe(there)
