"""Which files become an artifact: the reference's forms over one tree (section 7)."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actions.building import reach
from bot.actions.building.collect import collect
from bot.actions.building.reach import NothingCollected, Reach
from bot.model.buildspec import ArtifactFiles

TREE = [
    "a.txt", "b.log", ".hidden", "dist/x.js", "dist/y.js", "dist/sub/z.js", "dist/sub/.dot/w", "dist/node_modules/m/i.js",
    "my-build1/one", "my-build2/two", "other/dist/x.js",
]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "source"


def made(source: Path, wanted: ArtifactFiles) -> list[str]:
    into = source.parent / "made"
    collect(wanted, Reach(source), into)
    return sorted(str(path.relative_to(into)) for path in into.rglob("*") if not path.is_dir())


CASES = [
    ("ARF-1 a file", {"files": ("a.txt",)}, ["a.txt"]),
    ("ARF-1 a file in a folder", {"files": ("dist/x.js",)}, ["dist/x.js"]),
    ("ARF-1 files right in a folder", {"files": ("dist/*",)}, ["dist/x.js", "dist/y.js"]),
    ("ARF-1 below", {"files": ("dist/sub/**/*",)}, ["dist/sub/.dot/w", "dist/sub/z.js"]),
    ("ARF-1 everything", {"files": ("**/*",)}, sorted(TREE)),
    ("ARF-1 a leading dot slash", {"files": ("./a.txt",)}, ["a.txt"]),
    ("ARF-2 a base directory", {"files": ("**/*.js",), "base": "dist/sub"}, ["z.js"]),
    ("ARF-2 a glob of base directories", {"files": ("**/*",), "base": "my-build*"}, ["one", "two"]),
    ("ARF-3 discard paths", {"files": ("dist/*", "dist/sub/z.js"), "flat": True}, ["x.js", "y.js", "z.js"]),
    (
        "ARF-4 exclude paths",
        {"files": ("**/*",), "base": "dist", "exclude": ("**/node_modules/**/*", "**/.*/**/*")},
        ["sub/z.js", "x.js", "y.js"],
    ),
    ("ARF-4 hidden files", {"files": ("*",), "exclude": ("**/.*",)}, ["a.txt", "b.log"]),
]


@pytest.mark.parametrize(("case", "wanted", "files"), CASES, ids=[row[0] for row in CASES])
def test_which_files_become_an_artifact(source: Path, case: str, wanted: dict[str, object], files: list[str]) -> None:
    assert made(source, replace(ArtifactFiles(("x",)), **wanted)) == files  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (ArtifactFiles(("{source}/dist/*.js",)), ["dist/x.js", "dist/y.js"]),
        (ArtifactFiles(("{source}/dist/x.js", "x.js"), base="{source}/dist"), ["x.js"]),
        (ArtifactFiles(("**/*",), base="{other}/lib"), ["a/b.jar"]),
        (ArtifactFiles(("{other}/lib/**/*.jar", "a.txt")), ["a.txt", "lib/a/b.jar"]),
        (ArtifactFiles(("{other}/lib/**/*", "{source}/dist/y.js"), flat=True), ["b.jar", "y.js"]),
        (ArtifactFiles(("{other}/**/*", "a.txt"), exclude=("lib/**",)), ["a.txt"]),
        (ArtifactFiles(("{outside}/*", "a.txt")), ["a.txt"]),
        (ArtifactFiles(("{other}/out/secret", "{other}/lib/../../outside/secret", "a.txt")), ["a.txt"]),
    ],
)
def test_arf_1_arf_2_files_that_are_named_in_full(source: Path, wanted: ArtifactFiles, files: list[str]) -> None:
    other, outside = source.parent / "other", source.parent / "outside"
    (other / "lib/a").mkdir(parents=True)
    (other / "lib/a/b.jar").touch()
    outside.mkdir()
    (outside / "secret").touch()
    (other / "out").symlink_to(outside)
    into, places = source.parent / "made", {"source": source, "other": other, "outside": outside}
    wanted = replace(
        wanted, files=tuple(each.format(**places) for each in wanted.files), base=wanted.base.format(**places)
    )
    collect(wanted, Reach(source, (other,)), into)
    assert sorted(str(path.relative_to(into)) for path in into.rglob("*") if not path.is_dir()) == files


def test_arf_2_a_folder_for_what_is_temporary(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a link in it may lead is the folder that was named."""
    temporary = source.parent / "tmp"
    (temporary / "mine").mkdir(parents=True)
    (temporary / "mine/a").touch()
    (temporary / "theirs").touch()
    (temporary / "mine/link").symlink_to("../theirs")
    monkeypatch.setattr(reach, "TEMPORARY", (temporary,))
    into = source.parent / "made"
    collected = collect(ArtifactFiles(("**/*",), base=f"{temporary}/mine"), Reach(source, (temporary,)), into)
    assert [path.name for path in into.iterdir()] == ["a"]
    assert len(collected.warnings) == 1
    collect(ArtifactFiles((f"{temporary}/mine/a",)), Reach(source, (temporary,)), into)
    assert (into / f"{temporary}/mine/a".lstrip("/")).exists()


def test_arf_2_arf_3_names_that_meet(source: Path) -> None:
    (source / "my-build2/one").write_text("second")
    with pytest.raises(NothingCollected, match="one is in more than one folder"):
        collect(ArtifactFiles(("**/*",), base="my-build*"), Reach(source), source.parent / "a")
    flat = collect(ArtifactFiles(("**/*",), base="my-build*", flat=True), Reach(source), source.parent / "b")
    assert ((source.parent / "b/one").read_text(), len(flat.warnings)) == ("second", 1)


@pytest.mark.parametrize("keep", [True, False])
def test_arf_5_links(source: Path, keep: bool) -> None:
    (source / "dist/inside").symlink_to("x.js")
    (source / "dist/folder").symlink_to("sub")
    (source / "dist/sub/away").symlink_to("/etc/passwd")
    (source / "dist/outside").symlink_to("/etc/passwd")
    (source / "dist/broken").symlink_to("nowhere")
    into = source.parent / "made"
    collected = collect(ArtifactFiles(("dist/*",), keep_links=keep), Reach(source), into)
    assert (into / "dist/inside").is_symlink() is keep
    assert (into / "dist/folder").is_symlink() is keep
    assert keep or (into / "dist/folder/z.js").read_text() == "dist/sub/z.js"
    assert not (into / "dist/outside").exists()
    assert keep or not (into / "dist/folder/away").is_symlink()
    assert [warning.split()[2] for warning in collected.warnings] == ["dist/broken", "dist/outside"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (ArtifactFiles(("nope/*",)), "no matching artifact paths found: nothing matches nope/*"),
        (ArtifactFiles(("*",), base="nope"), "no matching base directory path found for nope"),
        (ArtifactFiles(("*",), base="../.."), "no matching base directory path found"),
        (
            ArtifactFiles(("*",), base="/etc"),
            "found for /etc (files are taken from below the source or a further input)",
        ),
        (ArtifactFiles(("[",)), "is malformed"),
    ],
)
def test_arf_10_nothing_to_collect(source: Path, wanted: ArtifactFiles, words: str) -> None:
    with pytest.raises(NothingCollected) as raised:
        collect(wanted, Reach(source), source.parent / "made")
    assert words in str(raised.value)
    assert str(raised.value).startswith("CLIENT_ERROR: ")


def test_folders_may_be_as_deep_as_a_build_likes(source: Path) -> None:
    """Deeper than Python recurses, and then deeper than a path is long."""
    here = os.open(source, os.O_RDONLY)
    for depth in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
        if depth in (1500, 2999):
            os.close(os.open("leaf", os.O_CREAT, dir_fd=here))
    os.close(here)
    try:
        with pytest.raises(NothingCollected, match="File name too long"):
            collect(ArtifactFiles(("**/*",)), Reach(source), source.parent / "made")
    finally:
        subprocess.run(["rm", "-rf", str(source / "d")], check=True)
