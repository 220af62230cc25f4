"""What a caller that gave up leaves running, or half done, is no other caller's trouble, however slow the machine is."""

import asyncio
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.model.pipeline import Checkout
from bot.sources import git as git_processes
from bot.sources import layout, lock, objects
from tests.sources.git_host import WEB, World

ONE = Checkout()


async def test_a_killed_writer_that_is_slow_to_die_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next caller must not fail because a fetch that another cancelled takes its time to go."""
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    commits = world.host.origin().line(2)
    await world.sources.fetch(WEB, commits[:1], ONE)
    writer = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
    held = lock.MirrorLock(world.mirror / "penstock.writer", threading.Event())
    held.note_writer(writer.pid)
    fetching = asyncio.create_task(world.sources.fetch(WEB, commits[1:], ONE))
    assert await writer.wait() == -signal.SIGKILL
    await asyncio.wait({fetching}, timeout=10 * lock.PATIENCE)
    assert not fetching.done()
    held.close()
    await fetching


async def test_a_commit_is_held_though_a_fetch_sweeps_just_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After another caller's cancellation the mirror is swept, while this one notes that it wants a commit."""
    commits = world.host.origin().line(1)
    await world.sources.fetch(WEB, commits, ONE)
    (world.mirror / "refs" / "penstock" / commits[0]).unlink()
    rename, sweeps = Path.rename, [lock.sweep]

    def rename_late(path: Path, target: Path) -> Path:
        if sweeps:
            sweeps.pop()(world.mirror)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_late)
    layout.hold(world.mirror, commits[0])
    assert sweeps == []
    assert layout.holds(world.mirror / "refs" / "penstock" / commits[0])


async def test_a_reader_that_starts_after_its_caller_gave_up_is_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = world.host.origin().line(1)
    await world.sources.fetch(WEB, commits, ONE)
    await world.sources._readers.forget(world.mirror)
    start, started = world.sources._git.start, []
    asked, go_on = threading.Event(), threading.Event()

    def start_late(directory: Path, *arguments: str) -> "subprocess.Popen[bytes]":
        asked.set()
        go_on.wait()
        started.append(start(directory, *arguments))
        return started[-1]

    monkeypatch.setattr(world.sources._git, "start", start_late)
    monkeypatch.setattr(git_processes, "GRACE", 0.0)
    reading = asyncio.create_task(world.sources.files(WEB, commits[0], ["count"]))
    await asyncio.to_thread(asked.wait)
    reading.cancel()
    await asyncio.wait({reading})
    go_on.set()
    await world.sources.close()
    assert [process.returncode for process in started] == [-signal.SIGKILL]


async def test_a_question_that_is_asked_while_all_is_closed_leaves_no_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its git is being started when the others are ended: it must be ended too, and no further one begun."""
    commits = world.host.origin().line(1)
    await world.sources.fetch(WEB, commits, ONE)
    await world.sources._readers.close()
    world.sources._readers = objects.Readers(world.sources._git)
    begun, go_on = threading.Event(), threading.Event()
    started: list[subprocess.Popen[bytes]] = []
    popen = git_processes._popen

    def slowly(*words: Any, **options: Any) -> "subprocess.Popen[bytes]":
        begun.set()
        assert go_on.wait(10)
        started.append(popen(*words, **options))
        return started[-1]

    monkeypatch.setattr(git_processes, "_popen", slowly)
    first = asyncio.create_task(world.sources.describe(WEB, commits[0]))
    second = asyncio.create_task(world.sources.describe(WEB, commits[0]))
    await asyncio.to_thread(begun.wait, 10)
    closing = asyncio.create_task(world.sources.close())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(closing, first, second, return_exceptions=True)
    assert started
    assert [process.poll() for process in started if process.poll() is None] == []
