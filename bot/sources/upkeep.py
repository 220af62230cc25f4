"""Keeping a mirror small: packs rolled up, commits let go that nobody needs. Only while holding the mirror's lock."""

import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

from bot.sources.failures import is_commit_id
from bot.sources.git import Command, Git, GitFailed
from bot.sources.layout import HELD, holds, is_borrowed
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


async def drop_damaged(git: Git, git_dir: Path) -> frozenset[str]:
    """Drop the refs that do not reach all that they should, so that git no longer tells a host that it has it.

    The commits that were held and are so no more come back: they are to be fetched anew.
    """
    lost = await git.in_thread(partial(_drop_unreadable, git_dir))
    listed = await git.run(git_dir, "--git-dir=.", "for-each-ref", "--format=%(objectname) %(refname)")
    for line in listed.decode("utf-8", "surrogateescape").splitlines():
        oid, name = line.split(" ", 1)
        try:
            await git.run(git_dir, "--git-dir=.", "rev-list", "--objects", "--quiet", oid, "--")
        except GitFailed:
            if name == f"{HELD}/{oid}":
                # By hand: git would remove the empty folder as well.
                (git_dir / name).unlink()
                lost |= {oid}
            else:
                await git.run(git_dir, "--git-dir=.", "update-ref", "-d", name)
    return lost


def _drop_unreadable(git_dir: Path) -> frozenset[str]:
    """Refs that a power cut left empty: they are in git's way."""
    broken = [ref for ref in (git_dir / HELD).iterdir() if not holds(ref)]
    for ref in broken:
        ref.unlink()
    return frozenset(ref.name for ref in broken if is_commit_id(ref.name))


def is_abandoned(git_dir: Path, age: float) -> bool:
    """Whether nothing in the mirror was wanted in the last `age` seconds, nor is borrowed by a work tree."""
    refs = [ref.stat() for ref in (git_dir / HELD).iterdir()]
    wanted = max((ref.st_mtime for ref in refs), default=git_dir.stat().st_mtime)
    return wanted <= time.time() - age and not any(is_borrowed(ref) for ref in refs)


def drop_commits(git_dir: Path, kept: Collection[str], grace: float) -> list[str]:
    """Drop the refs of commits not wanted since `grace` seconds, but for the newest: the next fetch builds on it."""
    refs = {ref: ref.stat() for ref in (git_dir / HELD).iterdir() if not ref.name.endswith(".lock")}
    newest = max(refs, key=lambda ref: refs[ref].st_mtime, default=None)
    limit = time.time() - grace
    spared = {newest, *(ref for ref, found in refs.items() if is_borrowed(found) or ref.name in kept)}
    old = [ref for ref, found in refs.items() if ref not in spared and found.st_mtime <= limit]
    for ref in old:
        ref.unlink()
    return [ref.name for ref in old]
