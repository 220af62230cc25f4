"""Which plug-ins are installed, and what each may be configured with: asked of a process of its own, so that none can harm the bot."""

import asyncio
import json
import sys
from importlib.metadata import entry_points

from bot.model.plugin import Plugins, PluginType

GROUP = "penstock.actions"
CALLABLES = "penstock.callables"
LONGEST = 60.0
"""Seconds that a plug-in may take to be loaded."""


def command(task: str, name: str) -> list[str]:
    """What runs a plug-in. Isolated: nothing in the folder where it starts, a repository's, is taken for a module."""
    return [sys.executable, "-I", "-m", "bot.plugins.process", task, name]


async def installed() -> Plugins:
    """Callables are known by their names alone; one that can't be loaded says so when it is called."""
    names = sorted({entry.name for entry in entry_points(group=GROUP)})
    types = dict(zip(names, await asyncio.gather(*map(_describe, names)), strict=True))
    return Plugins(types, frozenset(entry_points(group=CALLABLES).names))


async def _describe(name: str) -> PluginType:
    process = await asyncio.create_subprocess_exec(
        *command("describe", name),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST):
            told, complaint = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return PluginType(name, None, f"it was not loaded within {LONGEST:g} s")
    if process.returncode != 0:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        return PluginType(name, None, last[:300] or f"exit status {process.returncode}")
    try:
        return PluginType(name, json.loads(told.decode().strip().rpartition("\n")[2]))
    except ValueError:
        return PluginType(name, None, "it has printed something when it was loaded")
