"""*artifacts*: packing and unpacking against `tar | zstd -3 -T1` and back: many small files, the same with one in a hundred changed, a large one.

What is packed again was unpacked by the store itself, as an action's inputs and a build's cache are.

Ours encrypts, tells every content apart, and is on the disk when it returns; the floor is none of that.
"""

import asyncio
import os
import random
import shutil
import subprocess
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from bot.artifacts.keys import MasterKeys
from bot.artifacts.objects import Objects
from bot.artifacts.store import ArtifactStore
from bot.cli.server import quieten_collector
from tests.bench.figures import Figure, middle, ms

FILES = 20_000
LARGE = 2 << 30
ROUNDS = 3
MEMORY = 150 << 20
SERIES = "bench"


async def artifacts(folder: Path) -> Sequence[Figure]:
    quieten_collector()  # as the server has it
    grown: list[int] = []
    small = await _small(folder / "small", grown)
    large = await _large(folder / "large", grown)
    memory = {"most that one added": f"{max(grown) >> 20} MiB", "limit": f"{MEMORY >> 20} MiB"}
    return (*small, *large, Figure("artifacts: memory", max(grown) / MEMORY, "<= 1.0", memory))


async def _small(folder: Path, grown: list[int]) -> Sequence[Figure]:
    tree = folder / "tree"
    await asyncio.to_thread(_many, tree)
    first = await _against_tar("small files", folder, tree, grown)
    store = _store(folder / "again")
    await store.pack("space", "first", tree, series=SERIES)
    times, floors = [], []
    for number in range(ROUNDS):
        fresh = folder / f"fresh-{number}"
        await store.unpack("space", "first", fresh)
        await asyncio.to_thread(_change, fresh, number)
        floors.append(await _timed(_tar(fresh, folder / "again.tar.zst")))
        times.append(await _timed(store.pack("space", f"n{number}", fresh, series=SERIES), grown))
        await asyncio.to_thread(shutil.rmtree, fresh)
    again = Figure(
        "artifacts: one file in a hundred changed",
        middle(floors) / middle(times),
        ">= 5.0",
        {"ours": ms(middle(times)), "floor": ms(middle(floors))},
    )
    await asyncio.to_thread(shutil.rmtree, folder)
    return (*first, again)


async def _large(folder: Path, grown: list[int]) -> Sequence[Figure]:
    tree = folder / "tree"
    await asyncio.to_thread(_one, tree)
    figures = await _against_tar("a file of 2 GB", folder, tree, grown)
    await asyncio.to_thread(shutil.rmtree, folder)
    return figures


async def _against_tar(what: str, folder: Path, tree: Path, grown: list[int]) -> Sequence[Figure]:
    packed, unpacked, tarred, untarred = [], [], [], []
    for number in range(ROUNDS):
        archive, copy = folder / "floor.tar.zst", folder / "copy"
        store = _store(folder / f"store-{number}")
        tarred.append(await _timed(_tar(tree, archive)))
        packed.append(await _timed(store.pack("space", "artifact", tree), grown))
        untarred.append(await _timed(_untar(archive, copy)))
        await asyncio.to_thread(shutil.rmtree, copy)
        unpacked.append(await _timed(store.unpack("space", "artifact", copy), grown))
        await asyncio.to_thread(shutil.rmtree, copy)
        await asyncio.to_thread(shutil.rmtree, folder / f"store-{number}")
    return (
        _figure(f"artifacts: packing {what}", packed, tarred),
        _figure(f"artifacts: unpacking {what}", unpacked, untarred),
    )


def _figure(name: str, ours: list[float], floor: list[float]) -> Figure:
    return Figure(name, middle(floor) / middle(ours), ">= 0.8", {"ours": ms(middle(ours)), "floor": ms(middle(floor))})


def _store(folder: Path) -> ArtifactStore:
    return ArtifactStore(Objects(folder.as_uri()), MasterKeys([bytes(32)]))


async def _timed(work: Coroutine[Any, Any, object], grown: list[int] | None = None) -> float:
    """Seconds; and into `grown` how much more memory than before there was at any moment."""
    _forget_peak()
    before, began = _memory("VmRSS"), time.perf_counter()
    await work
    took = time.perf_counter() - began
    if grown is not None:
        grown.append(_memory("VmHWM") - before)
    return took


async def _tar(tree: Path, archive: Path) -> None:
    await _shell(f"tar -C {tree} -cf - . | zstd -q -3 -T1 -f -o {archive}")


async def _untar(archive: Path, copy: Path) -> None:
    copy.mkdir()
    await _shell(f"zstd -q -d -c {archive} | tar -C {copy} -xf -")


async def _shell(script: str) -> None:
    """Only of our own words and folders."""
    await asyncio.to_thread(subprocess.run, ["sh", "-c", script], check=True)


def _many(tree: Path) -> None:
    """Files as a source tree has them: some kilobytes of words, no two alike."""
    chance = random.Random(1)
    words = [
        f"{chance.choice(['self', 'return', 'value', 'import', 'def'])}_{chance.randrange(5000)}" for _ in range(4000)
    ]
    for number in range(FILES):
        folder = tree / f"d{number // 100:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{number % 100:02}.py").write_text(" ".join(chance.choices(words, k=chance.randrange(50, 500))))


def _change(tree: Path, number: int) -> None:
    """One in a hundred. Then the disk comes to rest, else whoever flushes first would wait for all that was unpacked."""
    for folder in tree.iterdir():
        (folder / f"file{number:02}.py").write_text(f"changed {number} {folder.name}\n" * 50)
    os.sync()


def _one(tree: Path) -> None:
    """Half of it can be compressed, as much of what is built can."""
    tree.mkdir(parents=True)
    chance = random.Random(2)
    with (tree / "image.bin").open("wb") as file:
        for _ in range(LARGE >> 20):
            file.write(chance.randbytes(1 << 19))
            file.write((b"%d some text that comes again and again " % chance.randrange(1 << 30)) * (1 << 14))
        file.truncate(LARGE)


def _forget_peak() -> None:
    """https://docs.kernel.org/filesystems/proc.html: 5 resets the peak of resident memory."""
    Path("/proc/self/clear_refs").write_text("5")


def _memory(which: str) -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.split(f"{which}:")[1].split()[0]) * 1024
