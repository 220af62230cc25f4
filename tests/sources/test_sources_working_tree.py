"""The working tree as a source: what a copy holds, and that a copy that nobody wants any more is no longer written."""

import asyncio
import os
import shutil
import threading
from pathlib import Path

import pytest

from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import CommitUnavailable
from bot.sources.working_tree import WorkingTree

HERE = Repository("working-tree", "here", "here")


async def git(folder: Path, *words: str) -> None:
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    process = await asyncio.create_subprocess_exec("git", *identity, *words, cwd=folder, env=env)
    assert await process.wait() == 0


@pytest.fixture
async def root(tmp_path: Path) -> Path:
    """A repository with one commit and a file that is not in it yet."""
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "committed").write_text("1")
    await git(folder, "init", "--quiet", "--initial-branch=main")
    await git(folder, "add", ".")
    await git(folder, "commit", "--quiet", "--message", "Begin")
    (folder / "new").write_text("2")
    return folder


async def check_out(tree: WorkingTree, into: Path) -> list[str]:
    commit, _ = await tree.head()
    await tree.check_out(HERE, commit, Checkout(), into)
    return sorted(path.name for path in into.iterdir())


async def test_a_folder_inside_finds_the_whole_tree(root: Path, tmp_path: Path) -> None:
    (root / "deep").mkdir()
    tree = await WorkingTree.around(root / "deep")
    assert tree.root == root
    assert await check_out(tree, tmp_path / "copy") == [".git", "committed", "new"]


async def test_a_repository_without_a_commit_is_copied_too(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    folder.mkdir()
    await git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("ignored\n")
    (folder / "ignored").touch()
    assert await check_out(await WorkingTree.around(folder), tmp_path / "copy") == [".gitignore"]


async def test_a_copy_inside_the_tree_does_not_hold_itself(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "file").touch()
    assert await check_out(WorkingTree(folder), folder / "work/1") == ["file"]


async def test_what_can_t_be_copied_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    with pytest.raises(CommitUnavailable, match=r"the working tree could not be copied: .*pipe"):
        await check_out(WorkingTree(folder), tmp_path / "copy")


async def test_a_git_of_a_cancelled_copy_has_ended(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, _ = await WorkingTree(root).head()
    os.mkfifo(tmp_path / "begun")
    (tmp_path / "git").write_text(f"#!/bin/sh\necho $$ >'{tmp_path}/begun'\nexec sleep 600\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    copying = asyncio.create_task(WorkingTree(root).check_out(HERE, commit, Checkout(), tmp_path / "copy"))
    pid = int(await asyncio.to_thread((tmp_path / "begun").read_text))
    copying.cancel()
    await asyncio.gather(copying, return_exceptions=True)
    assert copying.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("repository", [True, False], ids=["a repository", "a plain folder"])
async def test_a_cancelled_copy_writes_nothing_more(
    repository: bool, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not repository:
        shutil.rmtree(root / ".git")
    for number in range(50):
        (root / f"file-{number}").touch()
    begun, go_on, copied = threading.Event(), threading.Event(), []
    copy2 = shutil.copy2

    def slowly(source: str, target: str) -> None:
        begun.set()
        go_on.wait(20)
        copied.append(copy2(source, target))

    monkeypatch.setattr(shutil, "copy2", slowly)
    copying = asyncio.create_task(check_out(WorkingTree(root), tmp_path / "copy"))
    assert await asyncio.to_thread(begun.wait, 20)
    copying.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    await asyncio.gather(copying, return_exceptions=True)
    assert copying.cancelled()
    assert len(copied) == 1, "the file that was being copied, and no other"
