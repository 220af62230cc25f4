"""The host is killed in the middle of a push, for real: afterwards every ref that moved is told of, once, and nothing else."""

import asyncio
import json
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.providers.local.conftest import WEB
from tests.world.local_host import Clone, GitFailure, ListeningHost, listening_host

ROOT = Path(__file__).parents[3]
DYING = """
import asyncio, os, pathlib, signal, sys
from providers.local.host.{module} import {owner}
from tests.world.local_host import listening_host

async def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def serve():
    async with listening_host(pathlib.Path(sys.argv[1])) as listening:
        setattr({owner}, {method!r}, die)
        print(listening.url, flush=True)
        await asyncio.Event().wait()

asyncio.run(serve())
"""


async def push_to_a_host_that_dies(folder: Path, clone: Clone, script: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(folder), stdout=PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    await clone.git("remote", "set-url", "origin", f"{url.replace('//', '//ada@')}/git/{WEB}.git")
    with pytest.raises(GitFailure):
        await clone.git("push", "--quiet", "-o", "pull_request", "origin", "fix")
    assert await process.wait() == -signal.SIGKILL


async def after_the_next_start(folder: Path) -> tuple[list[str], str | None]:
    """What is told then, and where the branch `fix` is."""
    async with listening_host(folder) as listening:
        host = listening.host
        await host.sender.settled()
        path = host.pushes.path(await host.repository(WEB))
        return [_summary(body) for _, body in listening.receiver.taken], await host.git.branch_head(path, "fix")


def _summary(body: bytes) -> str:
    told = json.loads(body)
    return f"push {told['ref']} {told['after']}" if "ref" in told else f"pull request {told['kind']}"


@pytest.fixture
async def fix(begun: tuple[Path, dict[str, str]], tmp_path: Path) -> tuple[Clone, str]:
    """Ada's clone with a commit that is not pushed yet, beside a host that is not running yet."""
    folder, tokens = begun
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    clone = Clone(tmp_path / "clone-1", ListeningHost(tmp_path).environment("ada", tokens["ada"]))
    await clone.git("checkout", "--quiet", "-b", "fix")
    return clone, await clone.commit({"a": "1"}, "Fix")


async def test_killed_after_the_ref_moved_it_tells_of_it_when_it_starts_again(
    tmp_path: Path, fix: tuple[Clone, str]
) -> None:
    clone, commit = fix
    await push_to_a_host_that_dies(tmp_path, clone, DYING.format(module="pushes", owner="Pushes", method="moved"))
    told, head = await after_the_next_start(tmp_path)
    assert told == [f"push refs/heads/fix {commit}", "pull request opened"]
    assert head == commit
    assert await after_the_next_start(tmp_path) == ([], commit)


async def test_killed_before_it_agreed_nothing_moves(tmp_path: Path, fix: tuple[Clone, str]) -> None:
    clone, _ = fix
    await push_to_a_host_that_dies(tmp_path, clone, DYING.format(module="pushes", owner="Pushes", method="prepare"))
    assert await after_the_next_start(tmp_path) == ([], None)
