"""How many calls a push through three stages costs at GitHub, each stage seen running. No time is measured, so any machine will do.

A GitHub App shows a check run besides; that it has signed in before, as at every push but the first in an hour, is taken for granted.
"""

from collections.abc import Sequence
from pathlib import Path

from bot.stores.memory import MemoryStore
from tests.bench.figures import Figure
from tests.world.host_github import GitHubAppHost, GitHubHost
from tests.world.world import World

STAGES = ("build", "staging", "prod")
MOST = 12


async def calls(folder: Path) -> Sequence[Figure]:
    token, app = await _made(GitHubHost(), folder / "token", 1), await _made(GitHubAppHost(), folder / "app", 2)
    return _figure("calls", token), _figure("calls: an App", app)


def _figure(name: str, made: int) -> Figure:
    return Figure(name, made / MOST, "<= 1.0", {"calls": str(made), "at most": str(MOST)})


async def _made(host: GitHubHost, folder: Path, pushes: int) -> int:
    """By the last of so many pushes."""
    async with World(host, MemoryStore(), folder) as world:
        repo = await world.repo(" -> ".join(STAGES))
        for _ in range(pushes):
            for name in STAGES:
                repo.action(name).held()
            before = host.calls()
            push = await repo.push()
            for name in STAGES:
                await repo.action(name).end()
            assert await push.status() == "Succeeded"
        return host.calls() - before
