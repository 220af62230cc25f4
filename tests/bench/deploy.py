"""*deploy*: a bundle of 1,000 files to eight targets of this machine against eight `rsync -a` side by side; then again with one file in a hundred changed.

Ours keeps the revision on each target beside what is installed (so copies everything twice), plans first, and remembers what it did; the floor copies once.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from bot.actions.deploying.servers.bundle import listed, read
from bot.actions.deploying.servers.lifecycle import Orders, at_hand, deploy_to, pending
from bot.actions.deploying.servers.orders import spec_of
from bot.actions.deploying.told import Told
from bot.model.appspec import Existing
from bot.model.deployment import Bundle, Deployment
from bot.stores.memory import MemoryStore
from bot.targets.targets import InventoryTargets
from tests.bench.figures import Figure, middle, ms

FILES = 1000
TARGETS = 8
ROUNDS = 3
SPEC = "version: 0.0\nos: linux\nfiles: [{source: app, destination: /app}]\n"


async def deploy(folder: Path) -> Sequence[Figure]:
    bundle = folder / "bundle"
    chance = random.Random(7)
    for number in range(FILES):
        place = bundle / "app" / f"d{number % 20}" / f"f{number}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(chance.randbytes(chance.randint(500, 16_000)))
    (bundle / "appspec.yml").write_text(SPEC)
    ours, floors, again, floors_again = [], [], [], []
    for round_ in range(ROUNDS):
        place = folder / f"round-{round_}"
        targets = _targets(place)
        floors.append(await _rsync(bundle, place))
        ours.append(await _deployed(bundle, targets, "d-1"))
        for number in range(0, FILES, 100):
            (bundle / "app" / f"d{number % 20}" / f"f{number}").write_bytes(chance.randbytes(4000))
        floors_again.append(await _rsync(bundle, place))
        again.append(await _deployed(bundle, targets, "d-2"))
    return (
        _figure("deploy", ours, floors, ">= 0.7"),
        _figure("deploy: one file in a hundred changed", again, floors_again, ">= 0.1"),
    )


def _figure(name: str, ours: list[float], floors: list[float], aim: str) -> Figure:
    parts = {"ours": ms(middle(ours)), "floor": ms(middle(floors))}
    return Figure(name, middle(floors) / middle(ours), aim, parts)


def _targets(place: Path) -> InventoryTargets:
    entries = {
        f"t{number}": {"local": True, "directory": str(place / f"t{number}"), "repositories": ["local:*/*"]}
        for number in range(TARGETS)
    }
    for number in range(TARGETS):
        (place / f"t{number}").mkdir(parents=True)
        (place / f"rsync-{number}").mkdir()
    (place / "targets.yml").write_text(yaml.safe_dump({"targets": entries}))
    return InventoryTargets(place / "targets.yml", place / "state")


async def _rsync(bundle: Path, place: Path) -> float:
    began = time.perf_counter()
    running = [
        await asyncio.create_subprocess_exec("rsync", "-a", f"{bundle}/app/", f"{place}/rsync-{number}/app/")
        for number in range(TARGETS)
    ]
    await asyncio.gather(*(one.wait() for one in running))
    return time.perf_counter() - began


async def _deployed(bundle: Path, targets: InventoryTargets, name: str) -> float:
    began = time.perf_counter()
    appspec, _ = read(SPEC, "appspec.yml")
    orders = Orders(at_hand(listed(bundle, digests=False)), spec_of(appspec, Existing.DISALLOW), {})
    names = [f"t{number}" for number in range(TARGETS)]
    runs = tuple(pending(each) for each in names)
    deployment = Deployment(name, "group", "e", "prod", "go", 1, Bundle("c", SPEC), 0.0, targets=runs)
    async with Told(deployment, MemoryStore(), lambda _: None, lambda: None) as told:
        well = await asyncio.gather(*(deploy_to(each, targets, orders, told) for each in names))
    assert all(well), told.deployment
    return time.perf_counter() - began
