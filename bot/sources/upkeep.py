"""Keeping a mirror small: packs rolled up, commits let go that nobody needs. Only while holding the mirror's lock."""

import time
from collections.abc import Collection
from pathlib import Path

from bot.sources.git import Command, Git
from bot.sources.layout import HELD
from bot.sources.lock import MirrorLock


async def pack(git: Git, git_dir: Path, lock: MirrorLock) -> None:
    """Roll up the many small packs that fetches leave. Nothing is dropped, so readers and work trees are safe."""
    await _repack(git, git_dir, lock, "--geometric=2")


async def repack(git: Git, git_dir: Path, lock: MirrorLock) -> None:
    """Write anew what the refs reach and drop the rest."""
    await _repack(git, git_dir, lock, "-a")


async def _repack(git: Git, git_dir: Path, lock: MirrorLock, how: str) -> None:
    arguments = ["--git-dir=.", "repack", "-d", "-q", how]
    await git.run_local(Command(arguments, git_dir, inherited=(lock.descriptor,), started=lock.note_writer))


def drop_commits(git_dir: Path, kept: Collection[str], grace: float) -> list[str]:
    """Drop the refs of commits not wanted since `grace` seconds, but for the newest: the next fetch builds on it."""
    times = {ref: ref.stat().st_mtime for ref in (git_dir / HELD).iterdir() if not ref.name.endswith(".lock")}
    newest = max(times, key=lambda ref: times[ref], default=None)
    limit = time.time() - grace
    old = [ref for ref, wanted in times.items() if ref != newest and ref.name not in kept and wanted <= limit]
    for ref in old:
        ref.unlink()
    return [ref.name for ref in old]
