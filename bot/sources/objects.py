"""Reading objects without spawning: one `git cat-file --batch` a hot repository, kept open, closed when idle.

What is read and what it means is in `lookup` and `content`; here only names go in and bytes come out.
"""

import asyncio
import re
import subprocess
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bot.sources.git import Git, GitFailed

T = TypeVar("T")

DRAINED = 64 << 20
"""So much of an object beyond what is wanted is read and dropped; past it the process is cheaper to replace."""

_NAME = re.compile(r"[0-9a-f]{40,64}(\^\{(commit|tree)\})?|refs/[0-9a-zA-Z/._-]+")


@dataclass(frozen=True, slots=True)
class Found:
    """An object. `data` is cut at the limit it was read with; `size` is its whole size."""

    id: str
    kind: str
    data: bytes
    size: int


class CatFileDied(Exception):
    """The process ended or said something unknown: it is replaced."""


class CatFile:
    """One open `cat-file`. Blocks: it is used in a thread, by one caller at a time."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None  # noqa: S101  both were asked for
        assert process.stdout is not None  # noqa: S101
        self._process = process
        self._questions = process.stdin
        self._answers = process.stdout

    def read(self, name: str, limit: int) -> Found | None:
        """The object of that name (`<id>`, `<id>^{tree}`), None when it is not there."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"not an object's name: {name!r}")
        try:
            self._questions.write(name.encode() + b"\n")
            self._questions.flush()
            return self._answer(name, limit)
        except (OSError, ValueError) as error:
            raise CatFileDied(str(error)) from error

    def _answer(self, name: str, limit: int) -> Found | None:
        words = self._answers.readline().decode("ascii", "replace").split()
        if words[-1:] in (["missing"], ["ambiguous"]):
            return None
        if len(words) != 3:  # noqa: PLR2004  id, kind, size
            raise CatFileDied(f"cat-file said {' '.join(words)!r} of {name}")
        size = int(words[2])
        data = self._answers.read(min(size, limit))
        if size - len(data) > DRAINED or len(data) < min(size, limit):
            raise CatFileDied(f"{name} is {size} bytes long")
        self._drop(size - len(data) + 1)
        return Found(words[0], words[1], data, size)

    def _drop(self, count: int) -> None:
        while count:
            dropped = len(self._answers.read(min(count, 1 << 20)))
            if not dropped:
                raise CatFileDied("cat-file ended early")
            count -= dropped

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of its pipes."""
        self.kill()
        with suppress(OSError):
            self._questions.close()
        self._answers.close()
        self._process.wait()


@dataclass(slots=True)
class _Slot:
    """A repository's place among the open ones: the lock makes its callers take turns."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    cat: CatFile | None = None
    used_at: float = 0.0
    waiting: int = 0


class Readers:
    """The open processes, at most `limit`, each closed after `idle` seconds without a question."""

    def __init__(self, git: Git, limit: int = 16, idle: float = 60.0) -> None:
        self._git = git
        self._limit = limit
        self._idle = idle
        self._slots: OrderedDict[Path, _Slot] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Future[None]] = set()
        self._closed = False

    async def ask(self, git_dir: Path, question: Callable[[CatFile], T]) -> T:
        """Answer a question about a repository's objects. It runs in a thread, and once more should the process have died."""
        slot = self._slots.setdefault(git_dir, _Slot())
        slot.waiting += 1
        try:
            async with slot.lock:
                try:
                    return await self._attempt(slot, git_dir, question)
                except CatFileDied:
                    return await self._attempt(slot, git_dir, question)
        except CatFileDied as error:
            raise GitFailed(-1, str(error)) from error
        finally:
            slot.waiting -= 1
            self._used(git_dir, slot)

    async def _attempt(self, slot: _Slot, git_dir: Path, question: Callable[[CatFile], T]) -> T:
        if self._closed:
            raise CatFileDied("no more is read")
        stopped = threading.Event()

        def work() -> T:
            cat = slot.cat
            if cat is None:
                cat = slot.cat = CatFile(self._git.start(git_dir, "--git-dir=.", "cat-file", "--batch"))
            if stopped.is_set():
                # Who gave up may have looked before it was there: nobody else would end it.
                slot.cat = None if slot.cat is cat else slot.cat
                cat.close()
                raise CatFileDied("given up")
            return question(cat)

        def stop() -> None:
            stopped.set()
            if slot.cat is not None:
                slot.cat.kill()

        try:
            return await self._git.in_thread(work, stop)
        except BaseException:
            # An answer may be half read: the next caller begins with a fresh process.
            self._drop(slot)
            raise

    def _used(self, git_dir: Path, slot: _Slot) -> None:
        loop = asyncio.get_running_loop()
        slot.used_at = loop.time()
        if git_dir in self._slots:
            self._slots.move_to_end(git_dir)
        for path in [path for path, each in self._slots.items() if not each.waiting][
            : max(0, len(self._slots) - self._limit)
        ]:
            self._drop(self._slots.pop(path))
        if self._sweep is None and not self._closed:
            self._sweep = loop.call_later(self._idle, self._close_idle)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = None
        old = loop.time() - self._idle
        for path in [path for path, slot in self._slots.items() if not slot.waiting and slot.used_at <= old]:
            self._drop(self._slots.pop(path))
        if self._slots:
            self._sweep = loop.call_later(self._idle, self._close_idle)

    def _drop(self, slot: _Slot) -> None:
        cat, slot.cat = slot.cat, None
        if cat is not None:
            closing = asyncio.ensure_future(self._git.in_thread(cat.close))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def forget(self, git_dir: Path) -> None:
        """Close what is open of a repository that is about to be removed."""
        slot = self._slots.get(git_dir)
        if slot is not None:
            async with slot.lock:
                self._drop(slot)
            await asyncio.gather(*self._closing)

    async def close(self) -> None:
        """End all processes. Whoever asks just now is waited for, since the process that serves them may only be starting."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for slot in list(self._slots.values()):
            if slot.cat is not None:
                slot.cat.kill()
            async with slot.lock:
                self._drop(slot)
        self._slots.clear()
        await asyncio.gather(*self._closing)
