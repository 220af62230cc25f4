"""A balancer's file: replaced at once, tested, loaded, and put back where it is refused. What is in it is the bot's to say.

While a change is at work the file before it lies beside it (`.NAME.before`, empty where there was none): whoever finds one there knows
that a change was cut off, and that what runs may be either.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from typing import Any

from bot.targets.agent.failure import Failure

PATIENCE = 30.0
"""Seconds for one command, and for the new workers to be there."""

LARGEST = 1 << 20
TAIL = 2048


def read(file: str) -> str:
    """The file's text, "" where there is none."""
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return opened.read(LARGEST)
    except FileNotFoundError:
        return ""


def look(order: dict[str, Any], env: dict[str, str]) -> str:
    """The file's text, when the balancer runs and would take a change. Changes nothing. Raises Failure."""
    _run(order["test"], env)
    if order["pid_file"] and not _workers(order["pid_file"]):
        raise Failure(f"{order['pid_file']} names a process without workers: start the balancer, or name its own")
    return read(order["file"])


def write(order: dict[str, Any], env: dict[str, str]) -> str:
    """Says what there is to be said of it. Raises Failure, with all as it was before."""
    file = order["file"]
    before = _beside(file, "before")
    cut_off = os.path.lexists(before)
    if read(file) == order["text"] and not cut_off:
        return ""
    _put(file, order["text"], before, keep=not cut_off)
    try:
        _run(order["test"], env)
        old = _workers(order["pid_file"])
        _run(order["reload"], env)
        _await_new(order["pid_file"], old)
    except Failure:
        _put_back(file, before)
        with contextlib.suppress(Failure):  # it may have taken the new one, or one from a change that was cut off
            _run(order["reload"], env)
        raise
    os.unlink(before)
    return _drain(order["pid_file"], old, order["drain"])


def _beside(file: str, what: str) -> str:
    """A name that no `include *.conf` takes."""
    return os.path.join(os.path.dirname(file), f".{os.path.basename(file)}.{what}")


def _put(file: str, text: str, before: str, *, keep: bool) -> None:
    new = _beside(file, "new")
    with open(new, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    if os.path.lexists(file):
        shutil.copymode(file, new)
        if keep:
            os.link(file, before)
    elif keep:
        with open(before, "w"):
            pass
    os.replace(new, file)


def _put_back(file: str, before: str) -> None:
    if os.path.getsize(before):
        os.replace(before, file)
    else:
        os.unlink(file)
        os.unlink(before)


def _run(words: list[str], env: dict[str, str]) -> None:
    shown = " ".join(words)
    try:
        done = subprocess.run(
            words,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"`{shown}` was still running after {PATIENCE:g} s") from None
    except OSError as error:
        raise Failure(f"`{shown}` can't be run: {error.strerror}") from None
    if done.returncode:
        said = done.stdout[-TAIL:].decode(errors="replace").strip()
        raise Failure(f"`{shown}` failed with exit status {done.returncode}{f': {said}' if said else ''}")


def _workers(pid_file: str) -> set[int]:
    """The balancer's worker processes: the children of the one that `pid_file` names. Without that nobody can be waited for."""
    if not pid_file:
        return set()
    try:
        with open(pid_file) as opened:
            master = int(opened.read())
    except (OSError, ValueError):
        raise Failure(
            f"the balancer does not run, or not with the `pid_file` {pid_file}: start it, or name its own"
        ) from None
    return {pid for pid in _processes() if _parent(pid) == master}


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int:
    """0 for one that is gone, or only waits to be buried."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as opened:
            state, parent, *_ = opened.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if state == b"Z" else int(parent)


def _await_new(pid_file: str, old: set[int]) -> None:
    """A reload that was ordered is not yet one that was done, and the master keeps its workers where it can't."""
    end = time.monotonic() + PATIENCE
    while pid_file and not _workers(pid_file) - old:
        if time.monotonic() > end:
            raise Failure("it was told to load its file anew and did not: its error log says why")
        time.sleep(0.02)


def _drain(pid_file: str, old: set[int], seconds: float) -> str:
    """Requests that have begun are seen to their end by the workers that began them."""
    end = time.monotonic() + seconds
    while not pid_file or any(_parent(pid) for pid in old):
        if time.monotonic() >= end:
            return f"requests from before still run after {seconds:g} s of `drain`" if pid_file else ""
        time.sleep(0.02)
    return ""
