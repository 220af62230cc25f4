"""*log*: an action that prints 500 MB: its speed against `cat > file`, and memory that stays flat."""

import asyncio
import time
from pathlib import Path

from bot.clock import SystemClock
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.ports import Job, JobEnd
from tests.bench.figures import Figure, ms

SIZE = 500 << 20
LIMIT = 64 << 20
ROUNDS = 3


async def log(folder: Path) -> Figure:
    source = folder / "source"
    await asyncio.to_thread(_write, source)
    ours, floors = [], []
    executor = LocalExecutor(folder / "jobs", LogFiles(folder / "logs"), SystemClock(), LIMIT)
    await executor.start()
    memory = _memory()
    for number in range(ROUNDS):
        ours.append(await _ours(executor, folder, source, number))
        floors.append(await _floor(folder, source))
    grown = _memory() - memory
    await executor.close()
    best, floor = sorted(ours)[ROUNDS // 2], sorted(floors)[ROUNDS // 2]
    parts = {
        "ours": f"{SIZE / best / 1e6:.0f} MB/s",
        "floor": f"{SIZE / floor / 1e6:.0f} MB/s",
        "memory grown": f"{grown >> 20} MiB",
        "took": ms(best),
    }
    return Figure("log", floor / best, ">= 0.5", parts)


def _write(path: Path) -> None:
    line = b"2026-11-23T12:00:00 INFO compiling src/module.c into build/module.o with all the usual flags\n"
    block = line * (1 << 14)
    with path.open("wb") as file:
        for _ in range(SIZE // len(block) + 1):
            file.write(block)
        file.truncate(SIZE)


async def _ours(executor: LocalExecutor, folder: Path, source: Path, number: int) -> float:
    job = Job(
        f"bench/log/print/{number}",
        f"cat {source}",
        folder,
        {"PATH": "/usr/bin:/bin"},
        f"bench/log/print/{number}",
        120.0,
    )
    began = time.perf_counter()
    result = await executor.run(job)
    took = time.perf_counter() - began
    if result.end is not JobEnd.EXITED or result.exit_status:
        raise RuntimeError(f"the job ended as {result}")
    return took


async def _floor(folder: Path, source: Path) -> float:
    """`cat | cat > file`: through a pipe, as an action's output has to come."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec("sh", "-c", f"cat {source} | cat > {folder / 'floor'}")
    await process.wait()
    return time.perf_counter() - began


def _memory() -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) * 1024
