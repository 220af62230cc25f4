"""Work trees: real repositories of their own, filled by git, out of reach for what hostile commits hold."""

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.model.pipeline import Checkout
from bot.ports import CommitUnavailable
from bot.sources import remove
from bot.sources.failures import NotPossible
from tests.sources.git_host import WEB, World, git
from tests.world.patience import PATIENCE

ONE = Checkout()
WHOLE = Checkout(depth=0)
NOBODY = 65534
NewFolder = Callable[[], Path]


async def checked_out(world: World, commit: str, into: Path, checkout: Checkout = ONE) -> Path:
    await world.sources.fetch(WEB, [commit], checkout)
    await world.sources.check_out(WEB, commit, checkout, into)
    return into


async def test_a_work_tree_is_a_repository_of_its_own(world: World, into: NewFolder) -> None:
    commits = world.host.origin().line(3)
    tree = await checked_out(world, commits[-1], into())
    assert (tree / "count").read_bytes() == b"2\n"
    assert git(tree, "rev-parse", "HEAD") == commits[-1]
    assert git(tree, "status", "--porcelain") == ""
    assert git(tree, "log", "--format=%s") == "Number 2"
    assert git(tree, "describe", "--always") == commits[-1][:7]
    assert git(tree, "remote", "get-url", "origin") == f"{world.host.url}/web.git"
    (tree / "count").write_bytes(b"mine")
    git(tree, "commit", "-qam", "A commit in the work tree stays there")
    assert git(world.mirror, "rev-parse", f"refs/penstock/{commits[-1]}") == commits[-1]


async def test_two_work_trees_of_a_commit_do_not_know_each_other(world: World, into: NewFolder) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    one, two = await checked_out(world, commit, into()), await checked_out(world, commit, into())
    (one / "a").write_bytes(b"changed")
    git(one, "add", "a")
    assert git(two, "status", "--porcelain") == ""


async def test_modes_links_and_names_are_as_committed(world: World, into: NewFolder) -> None:
    files = {"run.sh": b"#!/bin/sh", "link": b"run.sh", "-rf": b"1", "line\nbreak": b"2", "日本/ü": b"3"}
    commit = world.host.origin().commit(files, modes={"run.sh": "100755", "link": "120000"})
    tree = await checked_out(world, commit, into())
    assert (tree / "run.sh").stat().st_mode & stat.S_IXUSR
    assert (tree / "link").readlink() == Path("run.sh")
    assert {name: (tree / name).read_bytes() for name in ("-rf", "line\nbreak", "日本/ü")} == {
        name: files[name] for name in ("-rf", "line\nbreak", "日本/ü")
    }
    assert git(tree, "status", "--porcelain") == ""


async def test_a_whole_history_comes_with_branches_and_tags(world: World, into: NewFolder) -> None:
    origin = world.host.origin()
    commits = origin.line(4)
    origin.git("tag", "v1", commits[1])
    origin.commit({"a": b"1"}, commits[0], branch="feature/x")
    tree = await checked_out(world, commits[-1], into(), WHOLE)
    assert git(tree, "describe", "--tags") == f"v1-2-g{commits[-1][:7]}"
    assert git(tree, "rev-list", "--count", "origin/feature/x") == "2"
    assert git(tree, "branch", "--list") == "* (no branch)" or "HEAD detached" in git(tree, "branch")


async def test_a_branch_that_became_a_folder_is_no_obstacle(world: World, into: NewFolder) -> None:
    origin = world.host.origin()
    first = origin.commit({"a": b"1"}, branch="release")
    await checked_out(world, first, into(), WHOLE)
    origin.git("update-ref", "-d", "refs/heads/release")
    second = origin.commit({"a": b"2"}, first, branch="release/2")
    tree = await checked_out(world, second, into(), WHOLE)
    assert git(tree, "for-each-ref", "--format=%(refname)") == "refs/remotes/origin/release/2"


@pytest.mark.parametrize(("mode", "name"), [("100755", "run"), ("40000", "hooks")], ids=["program", "folder"])
@pytest.mark.parametrize("folder", [".git", ".GIT", "..", ".git\u200c", "git~1", "."])
async def test_a_tree_that_reaches_beyond_itself_is_refused_by_git(
    world: World, into: NewFolder, folder: str, mode: str, name: str
) -> None:
    origin = world.host.origin()
    world.in_place(origin)
    blob = origin.blob(b"#!/bin/sh\ntouch /tmp/owned\n")
    inner = origin.hostile_tree(("100755", "post-checkout", blob))
    commit = origin.commit_tree(
        origin.hostile_tree(("40000", folder, origin.hostile_tree((mode, name, inner if mode == "40000" else blob))))
    )
    tree = into()
    with pytest.raises(NotPossible, match="can't be checked out: git refuses it"):
        await checked_out(world, commit, tree)
    assert not tree.exists()


@pytest.mark.parametrize("name", ["../up", "a/../../up", "/etc/x", "a/../../../up", ""])
async def test_a_name_with_a_slash_in_it_writes_nothing_outside(world: World, into: NewFolder, name: str) -> None:
    origin = world.host.origin()
    world.in_place(origin)
    blob = origin.blob(b"x")
    commit = origin.commit_tree(origin.hostile_tree(("100644", name, blob)))
    tree = into()
    before = sorted(tree.parent.rglob("up"))
    with pytest.raises(NotPossible, match="git refuses it"):
        await checked_out(world, commit, tree)
    assert not tree.exists()
    assert sorted(tree.parent.rglob("up")) == before


async def test_nothing_of_a_repository_is_run_by_checking_it_out(world: World, into: NewFolder, tmp_path: Path) -> None:
    """Filters named by attributes have no program behind them; hooks and monitors are off."""
    witness = tmp_path / "witness"
    attributes = b"* filter=evil diff=evil merge=evil\n"
    commit = world.host.origin().commit(
        {
            ".gitattributes": attributes,
            ".gitconfig": f'[filter "evil"]\n\tsmudge = touch {witness}\n'.encode(),
            "a": b"1\n",
        }
    )
    tree = await checked_out(world, commit, into())
    assert (tree / "a").read_bytes() == b"1\n"
    assert not witness.exists()


async def test_attributes_that_only_say_how_lines_end_are_obeyed(world: World, into: NewFolder) -> None:
    commit = world.host.origin().commit({".gitattributes": b"*.bat eol=crlf\n", "a.bat": b"1\n"})
    tree = await checked_out(world, commit, into())
    assert (tree / "a.bat").read_bytes() == b"1\r\n"


async def test_a_commit_that_is_not_there_leaves_no_folder(world: World, into: NewFolder) -> None:
    tree = into()
    world.in_place(world.host.origin())
    with pytest.raises(CommitUnavailable):
        await world.sources.check_out(WEB, "1" * 40, ONE, tree)
    assert not tree.exists()


async def test_a_cancelled_checkout_leaves_no_folder(world: World, into: NewFolder) -> None:
    origin = world.host.origin()
    world.in_place(origin)
    commit = origin.commit({f"d{number % 50}/{number}": b"x" * 20_000 for number in range(400)})
    tree = into()
    work = asyncio.create_task(checked_out(world, commit, tree))
    async with asyncio.timeout(PATIENCE):
        while not (tree / ".git" / "index.lock").exists() and not work.done():  # noqa: ASYNC110  a file of git's
            await asyncio.sleep(0.001)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not tree.exists()


@pytest.fixture
def without_rights() -> Iterator[Path]:
    """A folder of a user without special rights, as whom the test runs: root may delete from any folder."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() != 0:
        yield folder
    else:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        yield folder
        os.seteuid(0)
    shutil.rmtree(folder)


async def test_whatever_an_action_left_behind_is_removed(without_rights: Path) -> None:
    """Read-only folders, links to elsewhere, odd names."""
    outside, tree = without_rights / "outside", without_rights / "tree"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "line\nbreak").write_text("x")
    (tree / "a" / "b" / "outside").symlink_to(outside)
    (tree / "a" / "dangling").symlink_to("nowhere")
    for folder in (tree / "a" / "b", tree / "a", tree):
        folder.chmod(0o500)
    with pytest.raises(PermissionError):
        shutil.rmtree(tree)
    await remove(tree)
    assert not tree.exists()
    assert (outside / "kept").exists()


async def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    await remove(tmp_path / "nothing")
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    await remove(tmp_path / "link")
    assert (tmp_path / "target").exists()
    assert not (tmp_path / "link").is_symlink()
