"""How many calls a push through three stages costs at GitHub, each stage seen running. No time is measured, so any machine will do."""

from pathlib import Path

from bot.stores.memory import MemoryStore
from tests.bench.figures import Figure
from tests.world.host_github import GitHubHost
from tests.world.world import World

STAGES = ("build", "staging", "prod")
MOST = 12


async def calls(folder: Path) -> Figure:
    host = GitHubHost()
    async with World(host, MemoryStore(), folder) as world:
        repo = await world.repo(" -> ".join(STAGES))
        for name in STAGES:
            repo.action(name).held()
        before = host.calls()
        push = await repo.push()
        for name in STAGES:
            await repo.action(name).end()
        assert await push.status() == "Succeeded"
        made = host.calls() - before
    return Figure("calls", made / MOST, "<= 1.0", {"calls": str(made), "at most": str(MOST)})
