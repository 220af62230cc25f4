"""Folders and manifests made to harm: refused, with the path, when packing and when unpacking."""

import contextlib
import os
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from bot.artifacts import names
from bot.artifacts.columns import Entry, Piece
from bot.artifacts.errors import ArtifactDamaged, NothingMatched, PathRefused
from bot.artifacts.keys import MasterKeys, encrypt, new_key
from bot.artifacts.manifest import Manifest, Pack, decode, encode
from bot.artifacts.objects import Objects
from bot.artifacts.rows import found, row
from bot.artifacts.store import ArtifactStore
from bot.artifacts.tree import Kind
from bot.ports import ArtifactError
from bot.sources.removal import remove
from tests.artifacts.conftest import MASTER
from tests.artifacts.trees import describe, make

SPACE = "space"


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../x", "a/../../x", "../../etc/passwd"])
async def test_a_link_that_leads_out_is_refused_when_packing(store: ArtifactStore, tmp_path: Path, target: str) -> None:
    root = make(tmp_path / "in", {"ok": b"1", "link": target})
    with pytest.raises(PathRefused, match=f"^the link link leads out of its folder, to {re.escape(target)}$"):
        await store.pack(SPACE, "a", root)


@pytest.mark.parametrize("target", ["../ok", "../dir/../ok", "../other/../ok"])
async def test_a_link_that_stays_inside_is_kept(store: ArtifactStore, tmp_path: Path, target: str) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"ok": b"1", "dir/link": target}))
    await store.unpack(SPACE, "a", tmp_path / "out")
    assert str((tmp_path / "out/dir/link").readlink()) == target


@pytest.mark.parametrize(
    "links",
    [
        pytest.param({"d/e/s": "../..", "t": "d/e/s/../x"}, id="above where a link leads"),
        pytest.param({"d/s": "..", "t": "d/s/d/s/../x"}, id="twice"),
        pytest.param({"a": "d", "d/s": "..", "d/e/c": "../../a/s/../x"}, id="a chain"),
    ],
)
async def test_links_that_lead_out_together_are_refused_when_packing_and_when_unpacking(
    store: ArtifactStore, tmp_path: Path, links: dict[str, str]
) -> None:
    """Each of them stays inside by its own words; the kernel agrees that one does not."""
    root = make(tmp_path / "in/root", {"ok": b"1", "d/e": None, **links})
    (tmp_path / "in/x").write_text("outside")
    assert any((root / link).resolve() == (tmp_path / "in/x").resolve() for link in links)
    with pytest.raises(PathRefused, match="leads out of its folder, through another link"):
        await store.pack(SPACE, "a", root)
    folders = [Entry(path, Kind.FOLDER, 0o755) for path in ("d", "d/e")]
    entries = (*folders, *(Entry(path, Kind.LINK, 0o777, target) for path, target in links.items()))
    with pytest.raises(PathRefused, match="leads out of its folder, through another link"):
        decode(encode(Manifest.of((), entries)))


@pytest.mark.parametrize(
    "links", [{"a": "b", "b": "a"}, {"d/up": "..", "t": "d/up/ok"}, {"d/up": "..", "t": "d/up/d/up"}]
)
async def test_links_that_lead_through_links_and_stay_inside_are_kept(
    store: ArtifactStore, tmp_path: Path, links: dict[str, str]
) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"ok": b"1", **links}))


async def test_pipes_and_sockets_are_refused_by_name(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "in", {"ok": b"1", "dir": None})
    os.mkfifo(root / "dir/pipe")
    with pytest.raises(PathRefused, match="dir/pipe is neither a file nor a folder nor a link"):
        await store.pack(SPACE, "a", root)
    (root / "dir/pipe").unlink()
    monkeypatch.chdir(root)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("dir/socket")
        with pytest.raises(PathRefused, match="dir/socket is neither"):
            await store.pack(SPACE, "a", root)
    await store.pack(SPACE, "a", root, ["ok"])


async def test_folders_nested_deeper_than_python_s_stack_are_kept_and_removed(
    store: ArtifactStore, tmp_path: Path
) -> None:
    deep, root = "/".join("d" * 1500), make(tmp_path / "in", {"z": b"2"})
    for depth in range(1, 1501):
        os.mkdir(f"{root}/{deep[: 2 * depth]}")  # noqa: PTH102  the library's own way to make them all recurs
    (root / deep / "file").write_bytes(b"1")
    await store.pack(SPACE, "a", root)
    await store.unpack(SPACE, "a", tmp_path / "out")
    assert (tmp_path / "out" / deep / "file").read_bytes() == b"1"
    for folder in (root, tmp_path / "out"):
        await remove(folder)
        assert not folder.exists()


async def test_deeper_than_any_path_is_long_is_refused_by_name(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for _ in range(20):
        os.mkdir("d" * 250)  # noqa: PTH102  relative, since no path leads there
        os.chdir("d" * 250)
    with pytest.raises(PathRefused, match=r"d/d+ can't be read: File name too long"):
        await store.pack(SPACE, "a", tmp_path / "in")
    os.chdir(tmp_path)
    await remove(tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize(
    ("put", "why"), [("", "No such file or directory"), ("/etc/passwd", "Too many levels of symbolic links")]
)
async def test_what_goes_while_it_is_packed_is_told_by_name(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put: str, why: str
) -> None:
    """By a process that the action has left behind, say. It may put a link in its place: that is not followed."""
    root = make(tmp_path / "in", {"a": b"1", "b": b"2"})
    really = os.readv

    def read(descriptor: int, buffers: Sequence[memoryview]) -> int:
        (root / "b").unlink(missing_ok=True)
        if put:
            (root / "b").symlink_to(put)
        return really(descriptor, buffers)

    monkeypatch.setattr("os.readv", read)
    with pytest.raises(PathRefused, match=f"^b can't be read: {why}$"):
        await store.pack(SPACE, "a", root)


async def test_what_somebody_puts_into_the_folder_meanwhile_is_not_written_through(
    store: ArtifactStore, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.pack(SPACE, "a", make(tmp_path / "in", {"file": b"1"}))
    get = objects.get

    def planted(name: str) -> memoryview | None:
        if name.startswith(names.packs(SPACE)):
            (tmp_path / "out/file").symlink_to(tmp_path / "outside")
        return get(name)

    monkeypatch.setattr(objects, "get", planted)
    with pytest.raises(FileExistsError):
        await store.unpack(SPACE, "a", tmp_path / "out")
    assert not (tmp_path / "outside").exists()


async def test_entries_without_end_are_refused(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "in", {str(number): b"" for number in range(11)})
    few = ArtifactStore(store.objects, MasterKeys([bytes(32)]), most=10)
    with pytest.raises(ArtifactError, match=r"more than 10 files and folders.*raise PENSTOCK_ARTIFACT_ENTRIES"):
        await few.pack(SPACE, "a", root)
    monkeypatch.setattr("bot.artifacts.listing.LONGEST_NAME", 0)
    with pytest.raises(ArtifactError, match="MB of paths: choose fewer"):
        await store.pack(SPACE, "a", root)


async def test_names_of_any_bytes_in_any_case_and_holes_come_back(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {"Same": b"1", "same": b"2", "\u00e9" * 127: b"3", "-rf": b"4", "a\\b": b"5"})
    with (root / "holes").open("wb") as sparse:
        sparse.truncate(10 << 20)
    kept = await store.pack(SPACE, "a", root)
    assert kept.stored < 10_000
    await store.unpack(SPACE, "a", tmp_path / "out")
    assert describe(tmp_path / "out") == describe(root)


@pytest.mark.parametrize("pattern", ["**/**/**/*", "**/" * 200 + "*", "{a,b}" * 200 + "/**", "*a*" * 300])
async def test_globs_that_would_explode_take_no_longer_than_others(
    store: ArtifactStore, tmp_path: Path, pattern: str
) -> None:
    """Steps of the automaton that have been taken are remembered: the cost is that of the text, whatever the pattern."""
    root = make(tmp_path / "in", {f"{'a/' * 100}{'a' * 200}{number}": b"1" for number in range(200)})
    began = time.process_time()
    with contextlib.suppress(NothingMatched):
        await store.pack(SPACE, "a", root, [pattern])
    assert time.process_time() - began < 5


async def test_setuid_does_not_survive(store: ArtifactStore, tmp_path: Path) -> None:
    root = make(tmp_path / "in", {"tool": b"1"})
    (root / "tool").chmod(0o6755)
    await store.pack(SPACE, "a", root)
    await store.unpack(SPACE, "a", tmp_path / "out")
    assert (tmp_path / "out/tool").stat().st_mode & 0o7777 == 0o755
    assert found(row("tool", str(root / "tool"), (root / "tool").stat())).mode == 0o755, "it is not even written down"
    tool = Entry("tool", Kind.FILE, 0o6755)
    assert decode(encode(Manifest.of((), (tool,)))).entries == (tool._replace(mode=0o755),)


def folder(path: str) -> Entry:
    return Entry(path, Kind.FOLDER, 0o755)


def file(path: str) -> Entry:
    return Entry(path, Kind.FILE, 0o644)


def link(path: str, target: str) -> Entry:
    return Entry(path, Kind.LINK, 0o777, target)


def piece(pack: int = 0, offset: int = 0, length: int = 1) -> Manifest:
    content = (Piece(b"d" * 32, pack, offset, length),)
    return Manifest.of((Pack("ab", b"k" * 32, 10),), (Entry("a", Kind.FILE, 0o644, "", content),))


HOSTILE = {
    "absolute": Manifest.of((), (file("/etc/cron.d/x"),)),
    "up": Manifest.of((), (file("../x"),)),
    "up in a folder": Manifest.of((), (folder(".."), file("../x"))),
    "up from inside": Manifest.of((), (folder("a"), file("a/../../x"))),
    "dot": Manifest.of((), (file("."),)),
    "nothing": Manifest.of((), (file(""),)),
    "a link out": Manifest.of((), (link("a", "/etc"),)),
    "a link up": Manifest.of((), (folder("d"), link("d/a", "../../x"))),
    "through a link": Manifest.of((), (link("a", "b"), folder("b"), file("a/x"))),
    "through a file": Manifest.of((), (file("a"), file("a/x"))),
    "in no folder": Manifest.of((), (file("a/x"),)),
    "twice": Manifest.of((), (file("a"), link("a", "b"))),
    "outside its pack": piece(offset=5, length=6),
    "before its pack": piece(offset=-1),
    "no length": piece(length=0),
    "no such pack": piece(pack=1),
    "a pack from behind": piece(pack=-1),
}


@pytest.mark.parametrize("manifest", HOSTILE.values(), ids=HOSTILE)
async def test_a_manifest_that_leads_out_is_refused_before_anything_is_written(
    store: ArtifactStore, objects: Objects, tmp_path: Path, manifest: Manifest
) -> None:
    """It would take the artifact's key to write one; even then nothing leaves the destination."""
    key, name = new_key(), names.key(SPACE, "a")
    objects.put(name, MasterKeys([MASTER]).wrap(key, name))
    name = names.manifest(SPACE, "a")
    objects.put(name, encrypt(key, zstandard.compress(encode(manifest)), name))
    with pytest.raises(ArtifactError):
        await store.unpack(SPACE, "a", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@given(st.binary(max_size=200))
def test_whatever_is_not_a_manifest_is_damage(data: bytes) -> None:
    with pytest.raises(ArtifactDamaged):
        decode(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":3', b'"version":1'),
        (b'"version":3', b'"version":4'),
        (b"}", b',"more":1}'),
        (b"}", b',"lengths":[1]}'),
        (b'"kinds":"d"', b'"kinds":"x"'),
        (b'"counts":[0]', b'"counts":[1]'),
        (b'"modes":[493]', b'"modes":[]'),
    ],
)
def test_a_manifest_with_anything_else_in_it_is_damage(old: bytes, new: bytes) -> None:
    whole = encode(Manifest.of((), (folder("a"),)))
    assert decode(whole).entries == (folder("a"),)
    assert old in whole
    with pytest.raises(ArtifactDamaged):
        decode(whole.replace(old, new))


BEFORE = (
    b'{"version":2,"packs":[["ab","%s",10]],"paths":"a\\u0000a/b","targets":"\\u0000","kinds":"df","modes":[493,420],"counts":[0,2],'
    b'"in_packs":[0,0],"offsets":[0,4],"lengths":[4,6]}\n' % (b"00" * 32)
)


def test_a_manifest_of_the_version_before_is_read_as_strictly() -> None:
    pieces = (Piece(b"d" * 32, 0, 0, 4), Piece(b"e" * 32, 0, 4, 6))
    assert decode(BEFORE + b"d" * 32 + b"e" * 32).entries == (folder("a"), file("a/b")._replace(pieces=pieces))
    for damaged in (
        BEFORE + b"d" * 63,
        BEFORE.replace(b"[4,6]", b"[4,7]") + b"d" * 64,
        BEFORE.replace(b"[4,6]", b"[4]") + b"d" * 64,
        BEFORE.replace(b"[4,6]", b"[4,18446744073709551615]") + b"d" * 64,
        BEFORE.replace(b'"version":2', b'"version":3') + encode(Manifest.of((), (folder("a"),))).partition(b"\n")[2],
    ):
        with pytest.raises(ArtifactDamaged):
            decode(damaged)
