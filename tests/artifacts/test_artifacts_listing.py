"""Two ways to list a folder, find's and our own, say the same of everything; what find can't say is said by name."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.artifacts import listing
from bot.artifacts.errors import PathRefused, TooMuch
from bot.artifacts.listing import listed
from bot.artifacts.rows import path_of
from bot.artifacts.walking import walk
from tests.artifacts.trees import Tree, make

ODD: Tree = {
    "-rf": b"1",
    "(": b"1",
    "!": b"1",
    "a/x": b"22",
    "a-b": b"333",
    "a.b/x": None,
    "a/b/c/d": b"1",
    "dist/a/x": b"1",
    "dist/empty": None,
    "other/empty": None,
    "line\nbreak": b"",
    "sp ace": b"1",
    os.fsdecode(b"not-utf8-\xff"): b"1",
    os.fsdecode(b"cut-\xe2\x82"): b"1",
    "link": "a/x",
    "li nk": "sp ace",
    "behind": "a",
    "gone": "nowhere",
    **{f"many/{number}": b"1" for number in range(500)},
}


@pytest.fixture
def odd(tmp_path: Path) -> str:
    assert shutil.which("find"), "an essential package of Debian's"
    root = make(tmp_path / "odd", ODD)
    (root / "a/x").chmod(0o4755)
    (root / "dist").chmod(0o711)
    os.mkfifo(root / "other/pipe")
    return str(root)


@pytest.mark.parametrize(
    "patterns",
    [
        ["**"],
        ["many/**"],
        ["many/**", "dist/**", "dist/a/**"],
        ["many/**", "a/b/c/**"],
        ["many/**", "nowhere/**", "other/empty/**", "a/x/**", "behind/**", "behind/b/**"],
        ["many/**", "../**", "../../etc/**", "./a/**", "/etc/**", "a//b/**", "many/../**"],
        ["many/**", "a/\0/**", "a/\ud800/**"],
        ["many/**", "a/**/d/**"],
        ["many/*", "a/*"],
    ],
)
def test_find_and_our_own_walk_list_the_same(
    odd: str, patterns: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = listed(odd, patterns)
    monkeypatch.setattr(listing, "_has_find", lambda: False)
    assert rows == listed(odd, patterns) == sorted(walk(odd, patterns))
    assert set(rows) <= set(walk(odd))
    assert len(rows) > 500


def test_a_folder_in_the_middle_of_two_wildcards_is_not_all_that_is_above_it(odd: str) -> None:
    assert [path_of(row) for row in walk(odd, ["a/**/c/**"])] == ["a", "a/b", "a/b/c", "a/b/c/d"]


def test_no_folder_is_left_behind_by_more_names_than_a_command_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(make(tmp_path / "wide", {f"{number}/x": b"1" for number in range(listing._MOST_NAMED + 1)}))
    assert len(listed(root)) == 2 * listing._MOST_NAMED + 2
    monkeypatch.setattr(listing, "_CHUNK", 100)
    assert listed(root) == sorted(walk(root))


def test_what_find_can_t_read_is_told_by_name(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As whoever may read everything, by a folder that has gone when our own walk comes to it."""
    real = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("/many"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(listing, "_found", lambda *_: (_ for _ in ()).throw(listing._Complained))
    monkeypatch.setattr("os.scandir", scandir)
    with pytest.raises(PathRefused, match=r"^many can't be read: Permission denied$"):
        listed(odd)


@pytest.mark.parametrize(("longest", "most"), [(listing.LONGEST_NAME, 400), (0, listing.MOST_ENTRIES)])
def test_find_is_stopped_when_it_finds_too_much(
    odd: str, monkeypatch: pytest.MonkeyPatch, longest: int, most: int
) -> None:
    monkeypatch.setattr(listing, "LONGEST_NAME", longest)
    with pytest.raises(TooMuch):
        listed(odd, most=most)


def test_find_gets_nothing_of_the_bots_environment_and_is_not_believed_when_it_fails(
    odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = tmp_path / "bin/find"
    find.parent.mkdir()
    find.write_text('#!/bin/sh\nenv > "$0.env"\nexit 1\n')
    find.chmod(0o755)
    monkeypatch.setenv("PATH", f"{find.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PENSTOCK_TOKEN", "hush-7f3a")
    monkeypatch.setattr(listing, "_has_find", lambda: True)
    assert listed(odd) == sorted(walk(odd))
    assert "hush-7f3a" not in find.with_name("find.env").read_text()
