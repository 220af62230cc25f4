"""A repository's mirror: what is there, and getting what is not. While one fetch runs, all other wishes gather for the next.

A mirror is shallow until somebody wants a whole history; from then on it is whole and stays so (the file `whole` in it).
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Container, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import structlog

from bot.ports import GitRemote, HostUnavailable
from bot.sources.failures import MirrorDamaged, gone
from bot.sources.fetching import Fetched, Fetcher, Wanted
from bot.sources.git import Git, GitFailed
from bot.sources.layout import Ends, hold, make_mirror
from bot.sources.lock import LockHeld, MirrorLock, sweep
from bot.sources.lookup import is_rooted, read_commit, read_history
from bot.sources.objects import CatFile, Readers
from bot.sources.removal import remove
from bot.sources.upkeep import drop_commits, drop_damaged, is_abandoned, pack, repack

log = structlog.get_logger(__name__)

REMEMBERED = 4096
BATCH = 100
WHOLE = 0

Remote = Callable[[], Awaitable[GitRemote]]

Elsewhere = Callable[[str], Awaitable[GitRemote | None]]
"""Where else the host has a commit that the repository itself does not give out; None: nowhere."""


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """One caller's wish."""

    commits: frozenset[str]
    depth: int
    remote: Remote
    elsewhere: Elsewhere
    done: "asyncio.Future[None]"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a commit, so that asking again costs nothing."""

    depth: int
    wanted_at: float


class Mirror:
    """One bare repository at `git_dir`, made when it is first needed. It is packed anew after `pack_after` fetches."""

    def __init__(self, git_dir: Path, git: Git, readers: Readers, fetcher: Fetcher, pack_after: int) -> None:
        self.git_dir = git_dir
        self._git = git
        self._readers = readers
        self._fetcher = fetcher
        self._pack_after = pack_after
        self._fetches = 0
        self._clean = False
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._orders: list[_Order] = []
        self._runner: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._pruning = asyncio.Lock()

    async def have(self, commits: Sequence[str], depth: int, remote: Remote, elsewhere: Elsewhere) -> None:
        """Have the commits with `depth` generations of history. Raises CommitUnavailable, ProviderError, GitFailed."""
        missing = [commit for commit in commits if not self._knows(commit, depth)]
        if missing:
            async with self._pruning:
                missing = await self._missing(missing, depth)
        if missing:
            await self._order(missing, depth, remote, elsewhere)

    def _knows(self, commit: str, depth: int) -> bool:
        known = self._known.get(commit)
        if known is None or not (known.depth == WHOLE or 0 < depth <= known.depth):
            return False
        self._learn([commit], known.depth)
        return True

    def _learn(self, commits: Collection[str], depth: int) -> None:
        for commit in commits:
            known = self._known.pop(commit, None)
            depths = {depth, depth if known is None else known.depth}
            self._known[commit] = _Known(WHOLE if WHOLE in depths else max(depths), time.monotonic())
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    @property
    def _is_whole(self) -> bool:
        return (self.git_dir / "whole").exists()

    async def _missing(self, commits: Collection[str], depth: int) -> list[str]:
        """Those that must be fetched; the others are held, so that they stay."""
        if not self.git_dir.exists():
            return list(commits)

        def look(cat: CatFile) -> list[str]:
            ends = Ends(self.git_dir)
            there = [commit for commit in commits if _is_there(cat, commit, depth, ends, whole=self._is_whole)]
            for commit in there:
                hold(self.git_dir, commit)
            return there

        there = await self._readers.ask(self.git_dir, look)
        self._learn(there, depth)
        return [commit for commit in commits if commit not in there]

    async def _order(self, commits: Sequence[str], depth: int, remote: Remote, elsewhere: Elsewhere) -> None:
        order = _Order(frozenset(commits), depth, remote, elsewhere, asyncio.get_running_loop().create_future())
        self._orders.append(order)
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        await order.done

    async def _run(self) -> None:
        """Fetch until nobody wants anything more; then pack, when it is time."""
        try:
            while self._orders or self._fetches >= self._pack_after:
                batch, self._orders = self._orders[:BATCH], self._orders[BATCH:]
                await (self._serve(batch) if batch else self._pack())
        finally:
            self._runner = None
            for order in self._orders:
                order.done.cancel()
            self._orders = []

    async def _serve(self, batch: Sequence[_Order]) -> None:
        """One fetch for all of the batch. When every caller has gone, it is cancelled."""
        work = asyncio.ensure_future(self._fetch([order for order in batch if not order.done.done()]))

        def left(_: object) -> None:
            if all(order.done.cancelled() for order in batch):
                work.cancel()

        for order in batch:
            order.done.add_done_callback(left)
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work})
            raise
        finally:
            _answer(batch, work)

    async def _fetch(self, batch: Sequence[_Order]) -> frozenset[str]:
        """Fetch what the batch wants; those come back that the host does not have."""
        if not batch:
            return frozenset()
        commits = frozenset(commit for order in batch for commit in order.commits)
        depth = WHOLE if any(order.depth == WHOLE for order in batch) else max(order.depth for order in batch)
        remote = await batch[-1].remote()
        async with self._locked(len(min(commits))) as lock:
            wanted = Wanted(commits, depth)
            try:
                fetched = await self._bring(lock, remote, wanted)
            except MirrorDamaged as error:
                fetched = await self._mend(error, lock, remote, wanted)
            if depth == WHOLE or fetched.by_tips:
                (self.git_dir / "whole").touch()
            self._fetches += 1
            lost = frozenset(await self._missing(commits, 1)) if fetched.by_tips else fetched.gone
            lost = frozenset([each for each in lost if not await self._find(lock, batch[-1].elsewhere, each, depth)])
            self._learn(commits - lost, WHOLE if self._is_whole else depth)
            return lost

    async def _find(self, lock: MirrorLock, elsewhere: Elsewhere, commit: str, depth: int) -> bool:
        """Look for a commit where else the host may have it; whether it came."""
        remote = await elsewhere(commit)
        if remote is None:
            return False
        return await self._fetcher.fetch_alone(self.git_dir, lock, remote, commit, depth, whole=self._is_whole)

    async def _bring(self, lock: MirrorLock, remote: GitRemote, wanted: Wanted) -> Fetched:
        return await self._fetcher.fetch(self.git_dir, lock, remote, wanted, whole=self._is_whole)

    async def _mend(self, error: MirrorDamaged, lock: MirrorLock, remote: GitRemote, wanted: Wanted) -> Fetched:
        """What a power cut or a failing disk broke is fetched again, once; what is whole is not touched."""
        lost = await drop_damaged(self._git, self.git_dir)
        log.warning("mirror damaged", mirror=self.git_dir.name, reason=str(error), fetched_anew=len(lost))
        for commit in lost:
            self._known.pop(commit, None)
        await self._readers.forget(self.git_dir)
        return await self._bring(lock, remote, replace(wanted, commits=wanted.commits | lost))

    @asynccontextmanager
    async def _locked(self, id_length: int = 40) -> AsyncIterator[MirrorLock]:
        """Be the only writer, in this process and beyond. After anything but success the leavings are swept first."""
        stop = threading.Event()
        taken: list[MirrorLock] = []

        def take() -> None:
            make_mirror(self.git_dir, id_length)
            taken.append(MirrorLock(self.git_dir / "penstock.writer", stop))
            if stop.is_set():
                taken[0].close()
            elif not self._clean:
                sweep(self.git_dir)

        async with self._writing:
            try:
                await self._git.in_thread(take, stop.set)
                self._clean = False
                yield taken[0]
                self._clean = True
            except LockHeld as error:
                raise HostUnavailable(f"The repository's mirror is busy: {error}.") from None
            finally:
                # Also when the wait for the thread was cancelled just as it had the lock.
                for lock in taken:
                    lock.close()

    async def _pack(self) -> None:
        """A mirror that can't be packed now serves as well as before: it is tried again after as many fetches."""
        self._fetches = 0
        try:
            async with self._locked() as lock:
                await pack(self._git, self.git_dir, lock)
        except (GitFailed, HostUnavailable) as error:
            log.warning("mirror not packed", mirror=self.git_dir.name, reason=str(error))

    async def prune(self, keep: Collection[str], grace: float) -> int:
        """Let go of commits that are neither in `keep` nor were wanted in the last `grace` seconds; how many is the answer."""
        if not self.git_dir.exists():
            return 0
        async with self._locked() as lock, self._pruning:
            recent = time.monotonic() - grace
            kept = set(keep) | {commit for commit, known in self._known.items() if known.wanted_at >= recent}
            dropped = await self._git.in_thread(partial(drop_commits, self.git_dir, kept, grace))
            for commit in dropped:
                self._known.pop(commit, None)
            if dropped:
                await repack(self._git, self.git_dir, lock)
                await self._readers.forget(self.git_dir)
            return len(dropped)

    async def discard(self, age: float) -> None:
        """Remove the mirror itself, unless something of it was wanted in the last `age` seconds or is borrowed. It is made anew when needed."""
        if not self.git_dir.exists():
            return
        gone = self.git_dir.with_name(f".{self.git_dir.name}.{uuid4().hex}")
        async with self._locked(), self._pruning:
            if self._orders or not await self._git.in_thread(partial(is_abandoned, self.git_dir, age)):
                return
            self._known.clear()
            await self._readers.forget(self.git_dir)
            self.git_dir.rename(gone)
        await remove(gone)

    async def close(self) -> None:
        """Stop fetching."""
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.wait({self._runner})


def _answer(batch: Sequence[_Order], work: "asyncio.Future[frozenset[str]]") -> None:
    for order in batch:
        if order.done.done():
            continue
        if work.cancelled():
            order.done.cancel()
        elif error := work.exception():
            order.done.set_exception(error)
        elif lost := order.commits & work.result():
            order.done.set_exception(gone(min(lost)))
        else:
            order.done.set_result(None)


def _is_there(cat: CatFile, commit: str, depth: int, ends: Container[str], *, whole: bool) -> bool:
    if depth == WHOLE and not whole:
        return False
    if whole:
        return read_commit(cat, commit) is not None
    return read_history(cat, commit, depth).complete and is_rooted(cat, commit, ends)
