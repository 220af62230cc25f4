"""The operator's look at all targets and balancers of the inventory, side by side: is each there, and fit for deployments? Nothing is changed
anywhere.
"""

import asyncio
import posixpath
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.ports import TargetLost
from bot.targets import balancers, nginx
from bot.targets.inventory import Entry, Inventory, read_inventory
from bot.targets.local import LocalAgents
from bot.targets.session import AgentSession
from bot.targets.targets import connect

Found = TypeVar("Found")

AT_ONCE = 50
PATIENCE = 45.0
"""Seconds for one target: more than a connection and a sign-in may take each."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a target says of itself. `sudo`: without a password. `closed` is a folder above its revisions that no other user may enter.
    `unwritable` are folders that it would need; `free` bytes where revisions are kept.
    """

    system: str
    python: str
    user: str
    root: bool
    sudo: bool
    closed: str
    unwritable: Sequence[str]
    free: int


@dataclass(frozen=True, slots=True)
class Looked:
    """`fit` is what it says, or why nothing was learnt."""

    name: str
    entry: Entry
    fit: Fit | TargetLost


@dataclass(frozen=True, slots=True)
class LookedBalancer:
    """`weights` is what its servers get, empty where its file is not there yet; or why nothing was learnt."""

    name: str
    balancer: balancers.Balancer
    weights: Mapping[str, int] | TargetLost


@dataclass(frozen=True, slots=True)
class LookedAt:
    """In the inventory's order."""

    targets: Sequence[Looked]
    balancers: Sequence[LookedBalancer]


async def look(file: Path, state: Path) -> LookedAt:
    """`state` is where targets of this machine keep their revisions. Raises OperatorFileInvalid."""
    inventory = await asyncio.to_thread(read_inventory, file)
    places, agents = asyncio.Semaphore(AT_ONCE), LocalAgents()

    async def one(name: str, entry: Entry) -> Looked:
        return Looked(name, entry, await _patiently(places, _fit(entry, agents, _folders(inventory, name), state)))

    async def balancer(name: str, found: balancers.Balancer) -> LookedBalancer:
        weights = _weights(found, inventory.targets[found.target], agents)
        return LookedBalancer(name, found, await _patiently(places, weights))

    targets, fronts = await asyncio.gather(
        asyncio.gather(*(one(name, entry) for name, entry in inventory.targets.items())),
        asyncio.gather(*(balancer(name, found) for name, found in inventory.balancers.items())),
    )
    return LookedAt(targets, fronts)


async def _patiently(places: asyncio.Semaphore, looking: Awaitable[Found]) -> Found | TargetLost:
    async with places:
        try:
            async with asyncio.timeout(PATIENCE):
                return await looking
        except TimeoutError:
            return TargetLost(f"it has not answered for {PATIENCE:g} s")
        except TargetLost as lost:
            return lost


def _folders(inventory: Inventory, name: str) -> list[str]:
    """Beside the state's: where files are installed, and those of balancers that run there."""
    of_balancers = [posixpath.dirname(one.file) for one in inventory.balancers.values() if one.target == name]
    return [each for each in (inventory.targets[name].directory, *of_balancers) if each]


async def _fit(entry: Entry, agents: LocalAgents, folders: Sequence[str], state: Path) -> Fit:
    kept = entry.state or (str(state) if entry.local else "")
    answer = await _answer(entry, agents, {"do": "look", "state": kept, "folders": folders})
    return Fit(**{name: answer[name] for name in Fit.__slots__})


async def _weights(found: balancers.Balancer, entry: Entry, agents: LocalAgents) -> Mapping[str, int]:
    order = {"do": "look at balancer", "file": found.file, "test": found.test, "pid_file": found.pid_file}
    answer = await _answer(entry, agents, order)
    try:
        return nginx.read(found, str(answer["text"]))
    except nginx.NotOurs as error:
        raise TargetLost(str(error)) from None


async def _answer(entry: Entry, agents: LocalAgents, order: Mapping[str, object]) -> Mapping[str, Any]:
    session = AgentSession(await connect(entry, agents), "", entry.directory, lambda _: None, near=entry.local)
    try:
        answer = await session.order(order)
    finally:
        await session.close()
    if answer["end"] != "Succeeded":
        raise TargetLost(str(answer["message"]))
    return answer
