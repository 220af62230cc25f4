"""The files of a cache: brought to their places over what the commit has, and kept again without being read."""

import os
import tempfile
from pathlib import Path

import pytest

from bot.actions.building.cached import cached, move, within
from bot.artifacts.keys import MasterKeys
from bot.artifacts.stamps import Stamps
from bot.artifacts.store import ArtifactStore
from tests.artifacts.conftest import MASTER, folder_objects
from tests.artifacts.trees import Tree, describe, make

CASES: dict[str, tuple[Tree, Tree, dict[str, bytes | str]]] = {
    "a new folder": ({"deps/a/x": b"1"}, {"code": b"2"}, {"deps/a/x": b"1", "code": b"2"}),
    "into a folder of the commit": (
        {"deps/a/x": b"1", "deps/y": b"1"},
        {"deps/a/z": b"2", "deps/y": b"2"},
        {"deps/a/x": b"1", "deps/a/z": b"2", "deps/y": b"1"},
    ),
    "over a link": ({"deps/x": b"1"}, {"deps/x": "y", "deps/y": b"2"}, {"deps/x": b"1", "deps/y": b"2"}),
    "a link over a file": ({"deps/x": "y"}, {"deps/x": b"2"}, {"deps/x": "y"}),
    "through a link that stays inside": (
        {"deps/x": b"1"},
        {"deps": "other", "other/y": b"2"},
        {"deps": "other", "other/x": b"1", "other/y": b"2"},
    ),
    "not through one that leads out": ({"deps/x": b"1"}, {"deps": "../../outside"}, {"deps": "../../outside"}),
    "not through one that leads to itself": ({"deps/x": b"1"}, {"deps": "deps"}, {"deps": "deps"}),
    "not through two that lead to each other": ({"a/x": b"1"}, {"a": "b", "b": "a"}, {"a": "b", "b": "a"}),
    "not in place of a folder": ({"deps": b"1"}, {"deps/y": b"2"}, {"deps/y": b"2"}),
    "nothing": ({}, {"code": b"2"}, {"code": b"2"}),
}


@pytest.mark.parametrize(("come", "there", "after"), CASES.values(), ids=CASES)
def test_cac_2_what_comes_back_comes_to_its_place(
    tmp_path: Path, come: Tree, there: Tree, after: dict[str, bytes | str]
) -> None:
    (tmp_path / "outside").mkdir()
    folder = tmp_path / "folder"
    make(folder / "source", there)
    if come:
        make(folder / "cache-restored/source", come)
        make(folder / "cache-restored/home", {".m2/x": b"1"})
    move(folder / "cache-restored", folder)
    found = {path: content for path, (kind, _, content) in describe(folder / "source").items() if kind != "folder"}
    assert found == {path: os.fsencode(content) for path, content in after.items()}
    assert (folder / "home/.m2/x").exists() == bool(come)
    assert list((tmp_path / "outside").iterdir()) == []
    assert not (folder / "cache-restored").exists()


def test_cac_2_folders_that_nobody_may_write_to_come_back(tmp_path: Path) -> None:
    """As Go's modules are kept; what is moved out of them, or is one, has to be open to us."""
    folder = make(tmp_path, {"source/mod/b/y": b"2", "cache-restored/source/mod/a/x": b"1"})
    make(folder, {"cache-restored/source/mod/b/x": b"1"})
    for name in ("mod/a", "mod/b", "mod"):
        (folder / "cache-restored/source" / name).chmod(0o555)
    move(folder / "cache-restored", folder)
    assert {"mod/a/x", "mod/b/x", "mod/b/y"} <= describe(folder / "source").keys()
    assert (folder / "source/mod/a").stat().st_mode & 0o777 == 0o755


async def test_cac_2_what_came_from_the_cache_is_kept_again_without_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = ["deps", "/root/.m2/**/*", "**/*.lock"]
    tree = {f"{base}/{number}": b"%d" % number for base in ("source/deps", "home/.m2/a") for number in range(50)}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        if not Stamps()._is_settled(Path(name)):
            pytest.skip("/var/tmp lies on a file system whose times tell too little")
        store = ArtifactStore(folder_objects(Path(name)), MasterKeys([MASTER]))
        first = make(
            Path(name, "first"), {**tree, "source/code": b"not kept", "source/y.lock": b"y", "build/env": b"1"}
        )
        await store.pack("space", "cache", first, within(patterns), only=cached(patterns, first))
        assert "source/code" not in {entry.path for entry in (await store.manifest("space", "cache")).entries}
        second = make(Path(name, "second"), {"source/code": b"of the commit", "home/x": b"1"})
        await store.unpack("space", "cache", second / "cache-restored")
        move(second / "cache-restored", second)
        (second / "source/deps/7").write_bytes(b"changed")
        (second / "source/z.lock").write_bytes(b"z")
        read: list[str] = []
        really = os.open

        def opened(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if dir_fd is not None:
                read.append(path)
            return really(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr("os.open", opened)
        kept = await store.pack("space", "cache", second, within(patterns), only=cached(patterns, second))
        monkeypatch.undo()
        assert (kept.files, read) == (102, ["source/deps/7", "source/y.lock", "source/z.lock"])
        await store.unpack("space", "cache", Path(name, "third"))
        expected = describe(second)
        assert describe(Path(name, "third")) == {
            path: expected[path] for path in expected if path not in ("source/code", "home/x")
        }
