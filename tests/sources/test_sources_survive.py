"""Cancelled, killed, crashed, pruned: the mirror stays usable, and no process stays behind."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import uvloop

from bot.model.pipeline import Checkout
from bot.ports import CommitUnavailable, GitRemote, HostUnavailable
from bot.sources import lock
from tests.sources.git_host import PASSWORD, WEB, Host, World, git, serve
from tests.world.patience import PATIENCE

ONE = Checkout()
NewFolder = Callable[[], Path]
ROOT = Path(__file__).parents[2]


def processes(mirror: Path) -> list[int]:
    """Processes that work in the mirror."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == mirror:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


async def started_fetch(world: World, commit: str) -> "asyncio.Task[None]":
    """A fetch that hangs at the host, until the gate is opened."""
    world.host.gate, world.host.reached = asyncio.Event(), asyncio.Event()
    fetching = asyncio.create_task(world.sources.fetch(WEB, [commit], ONE))
    await world.host.reached.wait()
    return fetching


def open_gate(host: Host) -> None:
    assert host.gate is not None
    host.gate.set()
    host.gate = None


async def test_a_cancelled_fetch_leaves_a_usable_mirror_and_no_process(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    fetching = await started_fetch(world, commit)
    assert processes(world.mirror)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    open_gate(world.host)
    await world.sources.fetch(WEB, [commit], ONE)
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}
    await world.sources.close()
    assert processes(world.mirror) == []


async def test_a_fetch_may_be_cancelled_at_any_moment(world: World) -> None:
    """Neither the lock nor a half of anything stays behind."""
    commits = world.host.origin().line(16)
    for number, commit in enumerate(commits):
        fetching = asyncio.create_task(world.sources.fetch(WEB, [commit], ONE))
        await asyncio.wait({fetching}, timeout=number * 0.003)
        fetching.cancel()
        await asyncio.wait({fetching})
    async with asyncio.timeout(PATIENCE):
        await world.sources.fetch(WEB, commits, ONE)
    assert await world.sources.files(WEB, commits[9], ["count"]) == {"count": b"9\n"}
    git(world.mirror, "fsck")


async def test_a_commit_that_came_without_its_end_of_history_is_fetched_again(world: World) -> None:
    """Killed between the pack and the note of where its history is cut: a ref to it would promise the host its parents."""
    commits = world.host.origin().line(4)
    await world.sources.fetch(WEB, commits[2:3], ONE)
    (world.mirror / "shallow").unlink()
    (world.mirror / "refs" / "penstock" / commits[2]).unlink()
    later = World(world.host, world.root)
    await later.sources.fetch(WEB, commits[2:3], ONE)
    assert world.host.fetches == 2
    await later.sources.fetch(WEB, commits, ONE)
    git(world.mirror, "fsck")
    await later.sources.close()


def without_end(mirror: Path, commit: str) -> None:
    (mirror / "shallow").write_text((mirror / "shallow").read_text().replace(f"{commit}\n", ""))


def emptied(mirror: Path, commit: str) -> None:
    (mirror / "refs" / "penstock" / commit).write_bytes(b"")


def without_objects(mirror: Path, commit: str) -> None:
    for pack in (mirror / "objects" / "pack").iterdir():
        pack.unlink()


@pytest.mark.parametrize("damage", [without_end, emptied, without_objects])
async def test_a_damaged_mirror_is_mended_by_the_next_fetch(
    world: World, damage: Callable[[Path, str], None], into: NewFolder
) -> None:
    commits = world.host.origin().line(6)
    await world.sources.fetch(WEB, [commits[3], commits[1]], ONE)
    damage(world.mirror, commits[3])
    later = World(world.host, world.root)
    await later.sources.fetch(WEB, [*commits[:3], *commits[4:]], Checkout(depth=2))
    await later.sources.fetch(WEB, commits, ONE)
    for commit in commits:
        await later.sources.check_out(WEB, commit, ONE, into())
    git(world.mirror, "fsck")
    await later.sources.close()


async def test_one_callers_cancellation_is_not_the_others(world: World) -> None:
    origin = world.host.origin()
    one, two = origin.line(2)
    blocker = await started_fetch(world, origin.commit({"b": b"1"}, branch="other"))
    waiting = [asyncio.create_task(world.sources.fetch(WEB, [commit], ONE)) for commit in (one, two)]
    await world.gathered(2)
    waiting[0].cancel()
    blocker.cancel()
    await asyncio.wait({blocker, waiting[0]})
    open_gate(world.host)
    await waiting[1]
    assert await world.sources.files(WEB, two, ["count"]) == {"count": b"1\n"}


async def test_closing_ends_a_running_fetch(world: World) -> None:
    fetching = await started_fetch(world, world.host.origin().commit({"a": b"1"}))
    await world.sources.close()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert processes(world.mirror) == []


async def test_a_git_that_is_killed_is_an_outage_and_the_next_fetch_works(world: World) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    fetching = await started_fetch(world, commit)
    os.killpg(int((world.mirror / "penstock.writer").read_text()), signal.SIGKILL)
    with pytest.raises(HostUnavailable):
        await fetching
    open_gate(world.host)
    await world.sources.fetch(WEB, [commit], ONE)
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


async def test_what_a_killed_git_leaves_is_swept_away(world: World, into: NewFolder) -> None:
    commits = world.host.origin().line(4)
    await world.sources.fetch(WEB, commits[-1:], ONE)
    leavings = [
        "shallow.lock",
        f"refs/penstock/{commits[-2]}.lock",
        "packed-refs.lock",
        "objects/pack/pack-1.keep",
        "objects/pack/tmp_pack_x1",
        "HEAD.lock",
    ]
    for name in leavings:
        (world.mirror / name).write_bytes(b"half")
    later = World(world.host, world.root)
    await later.sources.fetch(WEB, commits[-2:], Checkout(depth=2))
    tree = into()
    await later.sources.check_out(WEB, commits[-1], Checkout(depth=2), tree)
    assert git(tree, "rev-list", "--count", "HEAD") == "2"
    assert [name for name in leavings if (world.mirror / name).exists()] == []
    await later.sources.close()


BOT = """
import asyncio, sys
from pathlib import Path
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.ports import GitRemote
from bot.sources import MirrorSources

async def main(root, url, password, commit):
    async def remote(repository):
        return GitRemote(url, "x-access-token", password)
    sources = MirrorSources(Path(root), remote)
    await sources.fetch(Repository("github", "42", "acme/web"), [commit], Checkout())

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_fetch_of_a_killed_bot_is_ended_by_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL leaves git running and writing; the new bot waits a little, ends it, and only then writes itself."""
    monkeypatch.setattr(lock, "PATIENCE", 0.2)
    commit = world.host.origin().commit({"a": b"1"})
    world.host.gate = asyncio.Event()
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOT, str(world.root), f"{world.host.url}/web.git", PASSWORD, commit, cwd=ROOT
    )
    await world.host.reached.wait()
    bot.kill()
    await bot.wait()
    orphans = processes(world.mirror)
    assert orphans
    gate, world.host.gate = world.host.gate, None
    await world.sources.fetch(WEB, [commit], ONE)
    gate.set()
    assert not set(orphans) & set(processes(world.mirror))
    assert await world.sources.files(WEB, commit, ["a"]) == {"a": b"1"}


async def test_a_living_writer_that_does_not_end_is_waited_for_then_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    commits = world.host.origin().line(2)
    await world.sources.fetch(WEB, commits[:1], ONE)
    held = lock.MirrorLock(world.mirror / "penstock.writer", threading.Event())
    with pytest.raises(HostUnavailable, match="another process is fetching"):
        await world.sources.fetch(WEB, commits[1:], ONE)
    held.close()
    await world.sources.fetch(WEB, commits[1:], ONE)


async def test_the_password_is_nowhere_but_in_the_environment_of_the_fetch(
    world: World, into: NewFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    fetching = await started_fetch(world, commit)
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes(world.mirror)}
    holders = [pid for pid in lines if PASSWORD.encode() in Path(f"/proc/{pid}/environ").read_bytes()]
    assert holders, "git gets the password somehow"
    assert not [line for line in lines.values() if PASSWORD.encode() in line]
    open_gate(world.host)
    await fetching
    assert f"x-access-token:{PASSWORD}" not in str(lines)
    await world.sources.files(WEB, commit, ["a"])
    (slot,) = world.sources._readers._slots.values()
    assert slot.cat is not None
    assert PASSWORD.encode() not in Path(f"/proc/{slot.cat._process.pid}/environ").read_bytes()
    tree = into()
    await world.sources.check_out(WEB, commit, ONE, tree)
    written = [path for folder in (world.root, tree) for path in folder.rglob("*") if path.is_file()]
    assert len(written) > 10
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in "".join(capfd.readouterr())


async def test_a_user_name_and_password_in_the_address_are_taken_out_of_it(world: World, into: NewFolder) -> None:
    commit = world.host.origin().commit({"a": b"1"})
    url = world.host.url.replace("http://", "http://ada:in-the-url@") + "/web.git"
    world.remotes[WEB.id] = GitRemote(url, "x-access-token", PASSWORD)
    await world.sources.fetch(WEB, [commit], ONE)
    tree = into()
    await world.sources.check_out(WEB, commit, ONE, tree)
    assert git(tree, "remote", "get-url", "origin") == f"{world.host.url}/web.git"


async def test_pruning_lets_go_of_what_nobody_needs(world: World, into: NewFolder) -> None:
    origin = world.host.origin()
    old, kept, newest = (origin.commit({"a": b"%d" % number}, branch=f"b{number}") for number in range(3))
    for commit in (old, kept, newest):
        await world.sources.fetch(WEB, [commit], ONE)
        os.utime(world.mirror / "refs" / "penstock" / commit, (1, 1 + int(commit == newest)))
    tree = into()
    await world.sources.check_out(WEB, kept, ONE, tree)
    assert await world.sources.prune({WEB: [kept]}, grace=3600) == 0, "all were wanted within the hour"
    assert await world.sources.prune({WEB: [kept]}, grace=0) == 1
    git(tree, "fsck")
    for commit in (kept, newest):
        assert await world.sources.files(WEB, commit, ["a"])
    with pytest.raises(CommitUnavailable):
        await world.sources.files(WEB, old, ["a"])
    await world.sources.fetch(WEB, [old], ONE)
    assert await world.sources.files(WEB, old, ["a"]) == {"a": b"0"}


async def test_pruning_spares_what_was_wanted_lately_and_old_mirrors_are_found(world: World) -> None:
    commits = world.host.origin().line(3)
    for commit in commits:
        await world.sources.fetch(WEB, [commit], ONE)
        os.utime(world.mirror / "refs" / "penstock" / commit, (1, 1))
    later = World(world.host, world.root)
    await later.sources.fetch(WEB, commits[:1], ONE)
    assert await later.sources.prune({}, grace=600) == 2
    assert await later.sources.files(WEB, commits[0], ["count"]) == {"count": b"0\n"}
    await later.sources.close()


async def test_many_fetches_are_packed_together_in_the_background(host: Host, tmp_path: Path, into: NewFolder) -> None:
    world = World(host, tmp_path / "mirrors")
    world.sources._places._pack_after = 6
    commits = host.origin().line(6)
    for commit in commits:
        await world.sources.fetch(WEB, [commit], ONE)
    runner = world.sources._places._mirrors["github-42"]._runner
    if runner is not None:
        await runner
    assert len(list((world.mirror / "objects" / "pack").glob("*.pack"))) == 1
    for number, commit in enumerate(commits):
        assert await world.sources.files(WEB, commit, ["count"]) == {"count": b"%d\n" % number}
    tree = into()
    await world.sources.check_out(WEB, commits[2], ONE, tree)
    git(tree, "fsck")
    await world.sources.close()


def test_all_of_it_works_on_uvloop_too(tmp_path: Path) -> None:
    async def story() -> bytes:
        (tmp_path / "host").mkdir()
        host = Host(tmp_path / "host")
        async with AsyncExitStack() as stack:
            host.url = await serve(host.answer, stack)
            world = World(host, tmp_path / "mirrors")
            stack.push_async_callback(world.sources.close)
            commit = host.origin().commit({"a": b"1"})
            fetching = await started_fetch(world, commit)
            fetching.cancel()
            await asyncio.wait({fetching})
            open_gate(host)
            await world.sources.fetch(WEB, [commit], ONE)
            await world.sources.check_out(WEB, commit, ONE, tmp_path / "tree")
            return dict(await world.sources.files(WEB, commit, ["a"]))["a"] + (tmp_path / "tree" / "a").read_bytes()

    assert uvloop.run(story()) == b"11"
