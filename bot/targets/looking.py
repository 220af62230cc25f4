"""The operator's look at all targets of the inventory, side by side: is each there, and fit for deployments? Nothing is changed anywhere."""

import asyncio
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.ports import TargetLost
from bot.targets.inventory import Entry, Inventory, read_inventory
from bot.targets.local import LocalAgents
from bot.targets.session import AgentSession
from bot.targets.targets import connect

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


async def look(file: Path, state: Path) -> Sequence[Looked]:
    """In the inventory's order. `state` is where targets of this machine keep their revisions. Raises OperatorFileInvalid."""
    inventory = await asyncio.to_thread(read_inventory, file)
    places, agents = asyncio.Semaphore(AT_ONCE), LocalAgents()

    async def one(name: str, entry: Entry) -> Looked:
        async with places:
            try:
                async with asyncio.timeout(PATIENCE):
                    return Looked(name, entry, await _fit(entry, agents, _folders(inventory, name), state))
            except TimeoutError:
                return Looked(name, entry, TargetLost(f"it has not answered for {PATIENCE:g} s"))
            except TargetLost as lost:
                return Looked(name, entry, lost)

    return await asyncio.gather(*(one(name, entry) for name, entry in inventory.targets.items()))


def _folders(inventory: Inventory, name: str) -> list[str]:
    """Beside the state's: where files are installed, and those of balancers that run there."""
    balancers = [posixpath.dirname(one.file) for one in inventory.balancers.values() if one.target == name]
    return [each for each in (inventory.targets[name].directory, *balancers) if each]


async def _fit(entry: Entry, agents: LocalAgents, folders: Sequence[str], state: Path) -> Fit:
    session = AgentSession(await connect(entry, agents), "", entry.directory, lambda _: None, near=entry.local)
    try:
        kept = entry.state or (str(state) if entry.local else "")
        answer = await session.order({"do": "look", "state": kept, "folders": folders})
    finally:
        await session.close()
    if answer["end"] != "Succeeded":
        raise TargetLost(str(answer["message"]))
    return Fit(**{name: answer[name] for name in Fit.__slots__})
