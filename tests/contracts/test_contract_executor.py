"""The contract of the Executor port: the same for the one on real processes and for the scripted one that stories use."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.ports import Executor, Job, JobEnd
from tests.world.executor import ScriptedExecutor

ENDLESS = "echo begun; sleep 1000"


class _Clock:
    def now(self) -> float:
        return time.time()


class Kind(Protocol):
    """One implementation, and how a test makes happen with it what no port has."""

    @property
    def executor(self) -> Executor: ...

    async def begun(self, job: Job) -> None:
        """Wait until a job of ENDLESS has begun."""

    def leave_behind(self, job: Job) -> None:
        """Have the job begun by a bot that died."""

    def runs(self) -> int:
        """How many jobs have really been run."""


class Local:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logs = LogFiles(folder / "logs")
        self.executor = LocalExecutor(folder / "jobs", self._logs, _Clock(), 1 << 20, grace=0.1)

    async def begun(self, job: Job) -> None:
        while True:
            async for chunk in self._logs.follow(job.log):
                if chunk.data:
                    return
            await asyncio.sleep(0)  # not even open yet

    def leave_behind(self, job: Job) -> None:
        self.executor._records.begin(job.id, job.script.encode())

    def runs(self) -> int:
        counted = self._folder / "runs"
        return len(counted.read_text()) if counted.exists() else 0


class Scripted:
    """Plays what the scripts of this file say."""

    def __init__(self, _folder: Path) -> None:
        self._ended = 0
        self.executor = ScriptedExecutor(_Clock(), self._answer)

    async def begun(self, job: Job) -> None:
        await self.executor.began(job.id)

    def leave_behind(self, job: Job) -> None:
        self.executor._begun_at[job.id] = 1.0

    def runs(self) -> int:
        return self._ended

    def _answer(self, job: Job) -> int | None:
        if job.script == ENDLESS:
            return None
        self._ended += 1
        return int(job.script.rpartition(" ")[2])


@pytest.fixture(params=[Local, Scripted])
async def kind(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kind]:
    made: Local | Scripted = request.param(tmp_path)
    if isinstance(made, Local):
        await made.executor.start()
    yield made
    await made.executor.close()


def _job(folder: Path, script: str, name: str = "0f-1/build/unit/1") -> Job:
    return Job(name, script, folder, {"PATH": "/usr/bin:/bin"}, log=name, timeout=60)


def _exits(folder: Path, status: int) -> str:
    return f"printf x >> {folder}/runs; exit {status}"


@pytest.mark.parametrize("status", [0, 7])
async def test_a_job_runs_and_its_status_is_told(kind: Kind, tmp_path: Path, status: int) -> None:
    result = await kind.executor.run(_job(tmp_path, _exits(tmp_path, status)))
    assert (result.end, result.exit_status, result.reason) == (JobEnd.EXITED, status, "")
    assert 0 < result.started_at <= result.ended_at


async def test_a_job_that_has_ended_is_found_by_its_id_and_not_run_again(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, _exits(tmp_path, 7))
    first = await kind.executor.run(job)
    assert await kind.executor.run(job) == first
    assert kind.runs() == 1


async def test_a_job_that_a_dead_bot_left_is_interrupted_whenever_asked(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, _exits(tmp_path, 0))
    kind.leave_behind(job)
    first = await kind.executor.run(job)
    assert (first.end, first.exit_status) == (JobEnd.INTERRUPTED, None)
    assert first.reason
    assert await kind.executor.run(job) == first
    assert kind.runs() == 0


async def test_a_forgotten_job_is_run_anew(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, _exits(tmp_path, 0))
    await kind.executor.run(job)
    await kind.executor.forget(job.id)
    assert (await kind.executor.run(job)).end is JobEnd.EXITED
    assert kind.runs() == 2


async def test_a_killed_job_says_so_now_and_later(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, ENDLESS)
    running = asyncio.create_task(kind.executor.run(job))
    await kind.begun(job)
    await kind.executor.kill(job.id)
    assert (await running).end is JobEnd.KILLED
    assert (await kind.executor.run(job)).end is JobEnd.KILLED


async def test_killing_and_forgetting_the_unknown_and_the_ended_is_no_error(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, _exits(tmp_path, 0))
    await kind.executor.kill("never/heard/of/1")
    await kind.executor.forget("never/heard/of/1")
    first = await kind.executor.run(job)
    await kind.executor.kill(job.id)
    assert await kind.executor.run(job) == first


async def test_whoever_else_runs_a_running_job_waits_for_it_and_does_not_own_it(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, ENDLESS)
    owner = asyncio.create_task(kind.executor.run(job))
    await kind.begun(job)
    guest, other = (asyncio.create_task(kind.executor.run(job)) for _ in range(2))
    await asyncio.sleep(0)
    guest.cancel()
    await asyncio.wait([guest])
    assert not owner.done()
    await kind.executor.kill(job.id)
    assert await owner == await other


async def test_a_cancelled_job_counts_as_interrupted(kind: Kind, tmp_path: Path) -> None:
    """Nobody asked for its end as such: the bot stops, and the next one has to know."""
    job = _job(tmp_path, ENDLESS)
    running = asyncio.create_task(kind.executor.run(job))
    await kind.begun(job)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert (await kind.executor.run(job)).end is JobEnd.INTERRUPTED


async def test_forgetting_a_running_job_leaves_it_alone(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, ENDLESS)
    running = asyncio.create_task(kind.executor.run(job))
    await kind.begun(job)
    await kind.executor.forget(job.id)
    await kind.executor.kill(job.id)
    assert (await running).end is JobEnd.KILLED
    assert (await kind.executor.run(job)).end is JobEnd.KILLED


async def test_closing_interrupts_what_runs_and_refuses_more(kind: Kind, tmp_path: Path) -> None:
    job = _job(tmp_path, ENDLESS)
    running = asyncio.create_task(kind.executor.run(job))
    await kind.begun(job)
    await kind.executor.close()
    assert (await running).end is JobEnd.INTERRUPTED
    with pytest.raises(RuntimeError):
        await kind.executor.run(_job(tmp_path, _exits(tmp_path, 0), "0f-1/build/other/1"))


async def test_jobs_run_side_by_side(kind: Kind, tmp_path: Path) -> None:
    endless = _job(tmp_path, ENDLESS)
    running = asyncio.create_task(kind.executor.run(endless))
    await kind.begun(endless)
    others = [_job(tmp_path, _exits(tmp_path, n), f"0f-1/build/unit-{n}/1") for n in range(5)]
    results = await asyncio.gather(*(kind.executor.run(job) for job in others))
    assert [result.exit_status for result in results] == list(range(5))
    assert not running.done()
    await kind.executor.kill(endless.id)
    await running
