"""What becomes of jobs when the bot, the keeper or a supervisor is killed with SIGKILL: nothing is left, and it is told."""

import asyncio
import contextlib
import json
import os
import select
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.executors.descendants import descendants
from bot.executors.local import LocalExecutor
from bot.executors.records import JobsInUse
from bot.logs.files import LogFiles
from bot.ports import Job, JobEnd, JobResult
from tests.executors.conftest import GRACE, WallClock
from tests.executors.processes import CHAINS, Held, left, python, stubborn, walled
from tests.world.patience import PATIENCE

Make = Callable[..., Job]
ROOT = Path(__file__).parents[2]
NAME = "e/build/unit/1"


@contextlib.asynccontextmanager
async def _bot(folder: Path, script: str) -> AsyncIterator[Process]:
    """A bot that runs the script as a job, which has said that it is ready."""
    command = (sys.executable, "-m", "tests.executors.bot", folder, NAME, script)
    bot = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    try:
        assert await _said(bot) == b"ready"
        yield bot
    finally:
        with contextlib.suppress(ProcessLookupError):
            bot.kill()
        await bot.communicate()


async def _said(bot: Process) -> bytes:
    assert bot.stdout is not None
    return (await bot.stdout.readline()).strip()


async def test_a_bot_killed_with_sigkill_leaves_no_process(tmp_path: Path) -> None:
    async with _bot(tmp_path, stubborn(tmp_path)) as bot:
        held = Held(tmp_path)
        assert held.alive() == ["child", "daemon", "session", "shell"]
        bot.kill()
        assert await asyncio.to_thread(held.alive, PATIENCE) == []
        held.close()


async def test_a_bot_killed_with_sigkill_leaves_nothing_that_is_born_again_and_again(tmp_path: Path) -> None:
    with walled():
        await _born_again_and_again(tmp_path)


async def _born_again_and_again(tmp_path: Path) -> None:
    async with _bot(tmp_path, python(CHAINS)) as bot:
        assert left(tmp_path / "jobs")
        bot.kill()
        async with asyncio.timeout(PATIENCE):
            while left(tmp_path / "jobs"):  # noqa: ASYNC110  nothing tells that nobody is there
                await asyncio.sleep(0.05)


async def test_a_job_that_a_dead_bot_left_is_interrupted_for_ever_and_its_log_says_so(
    tmp_path: Path, logs: LogFiles, job: Make
) -> None:
    async with _bot(tmp_path, "echo a line; printf ready; sleep 1000") as bot:
        bot.kill()
        await bot.wait()
    for _ in range(2):
        executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
        await executor.start()
        result = await executor.run(job("touch again"))
        await executor.close()
        assert (result.end, result.exit_status) == (JobEnd.INTERRUPTED, None)
    assert not (tmp_path / "again").exists()
    assert await logs.tail(NAME, 9) == "a line\nready\nInterrupted: Penstock stopped while this was running."
    found = await logs.read(NAME)
    assert found is not None
    assert found.complete


async def test_a_result_outlives_the_bot(tmp_path: Path, logs: LogFiles, job: Make) -> None:
    os.mkfifo(tmp_path / "go")
    async with _bot(tmp_path, f"echo ready\ncat {tmp_path}/go\nexit 5") as bot:
        await asyncio.to_thread((tmp_path / "go").write_bytes, b"")
        assert await _said(bot) == b"exited"
        bot.kill()
        await bot.wait()
    executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
    await executor.start()
    result = await executor.run(job("touch again"))
    await executor.close()
    assert (result.end, result.exit_status) == (JobEnd.EXITED, 5)
    assert not (tmp_path / "again").exists()


async def test_starting_kills_what_a_predecessor_left_when_its_keeper_died_too(
    tmp_path: Path, logs: LogFiles, job: Make
) -> None:
    """Whoever kills the bot may kill its helpers as well; the marker in the environment is what remains."""
    async with _bot(tmp_path, stubborn(tmp_path)) as bot:
        held = Held(tmp_path)
        helpers = _helpers(bot.pid)
        for process in (*helpers, bot.pid):
            os.kill(process, signal.SIGSTOP)  # lest one notice the other's death
        for process in (bot.pid, *helpers):
            os.kill(process, signal.SIGKILL)
        await bot.wait()
        left = held.alive()
        assert {"child", "session", "shell"} <= set(left)
        executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
        await executor.start()
        await executor.close()
        daemon = {"daemon"}  # without a marker, a session or a parent nothing tells whose it was
        assert set(held.alive()) <= daemon
        if held.alive():
            os.kill(int((tmp_path / "daemon.pid").read_text()), signal.SIGKILL)
        held.close()


async def test_only_the_own_jobs_are_killed_at_the_start(tmp_path: Path, logs: LogFiles, job: Make) -> None:
    """Another bot's job of the very same name is let live."""
    marked = {"PENSTOCK_JOB": "0123456789abcdef/e/build/unit/1", "PATH": "/usr/bin:/bin"}
    stranger = await asyncio.create_subprocess_exec("sleep", "1000", env=marked)
    executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
    await executor.start()
    await executor.close()
    assert stranger.returncode is None
    stranger.kill()
    assert await stranger.wait() == -signal.SIGKILL


async def test_two_executors_never_share_a_jobs_folder(tmp_path: Path, logs: LogFiles, executor: LocalExecutor) -> None:
    second = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20)
    with pytest.raises(JobsInUse, match="another Penstock"):
        await second.start()


async def test_a_keeper_that_died_is_replaced_and_running_jobs_go_on(
    executor: LocalExecutor, job: Make, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "go")
    running = asyncio.create_task(executor.run(job(f"cat {tmp_path}/go; exit 4")))
    write = await asyncio.to_thread((tmp_path / "go").open, "wb")
    keeper = executor._keeper._process
    assert keeper is not None
    keeper.kill()
    keeper.wait()
    assert (await executor.run(job("exit 3", "e/next"))).exit_status == 3
    write.close()
    assert (await running).exit_status == 4


async def test_a_job_that_kills_its_supervisor_is_interrupted_and_nothing_of_it_is_left(
    executor: LocalExecutor, job: Make, tmp_path: Path
) -> None:
    script = stubborn(tmp_path).replace("echo ready", "kill -9 $PPID")
    result = await executor.run(job(script))
    assert (result.end, result.reason) == (JobEnd.INTERRUPTED, "the process that watched over it died")
    with pytest.raises(ProcessLookupError):
        Held(tmp_path)
    assert (await executor.run(job("true", "e/next"))).exit_status == 0


async def test_the_keeper_imports_little() -> None:
    """All that it weighs is the least that a job's peak memory can seem to be, and is copied for each supervisor."""
    program = "import sys; sys.path.append('.'); import bot.executors.keeper; print(*sys.modules)"
    asked = await asyncio.create_subprocess_exec(sys.executable, "-I", "-S", "-c", program, cwd=ROOT, stdout=PIPE)
    imported = (await asked.communicate())[0].decode().split()
    own = {name for name in imported if name.startswith("bot")}
    assert own == {
        "bot",
        "bot.executors",
        *(f"bot.executors.{name}" for name in ("descendants", "groups", "keeper", "supervisor")),
    }
    assert not {"asyncio", "typing", "pathlib", "json", "re", "logging", "threading"} & set(imported)


async def test_a_waiting_supervisor_that_died_is_replaced(executor: LocalExecutor, job: Make) -> None:
    keeper = executor._keeper._process
    assert keeper is not None
    assert (await executor.run(job("true", "e/first"))).exit_status == 0  # so that the keeper is up
    for process in descendants(keeper.pid):
        with contextlib.suppress(ProcessLookupError):  # the first job's may be on its way out
            _kill_and_wait(process)
    assert (await executor.run(job("exit 2", "e/next"))).exit_status == 2


@pytest.mark.parametrize(
    "content", [b"", b"#", b"\n#{", b"\n#[]", b'\n#{"end": "nonsense"}', b"\n#\xff", b'\n#{"end": "exited"}']
)
async def test_a_result_that_cannot_be_read_counts_as_none(
    executor: LocalExecutor, job: Make, tmp_path: Path, content: bytes
) -> None:
    await executor.run(job("true"))
    (record,) = (tmp_path / "jobs").glob("*.sh")
    record.write_bytes(content)
    assert (await executor.run(job("true"))).end is JobEnd.INTERRUPTED


async def test_a_script_that_looks_like_a_result_is_none(executor: LocalExecutor, job: Make) -> None:
    fake = JobResult(JobEnd.EXITED, 0, 1.0, 2.0)
    script = "\n#" + json.dumps({name: getattr(fake, name) for name in JobResult.__slots__})
    executor._records.begin("e/build/unit/1", script.encode())
    assert (await executor.run(job(script))).end is JobEnd.INTERRUPTED


def _helpers(bot: int) -> list[int]:
    """The bot's keeper and its supervisors."""
    below = descendants(bot)
    return [pid for pid in below if b"bot.executors.keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _kill_and_wait(process: int) -> None:
    held = os.pidfd_open(process)
    try:
        os.kill(process, signal.SIGKILL)
        poller = select.poll()
        poller.register(held, select.POLLIN)
        assert poller.poll(PATIENCE * 1000)
    finally:
        os.close(held)


async def test_supervisors_are_used_again_and_not_more_are_kept_than_jobs_ran_at_once(
    executor: LocalExecutor, job: Make
) -> None:
    """One more is ready for a job that comes on top."""
    keeper = executor._keeper._process
    assert keeper is not None
    for number in range(12):
        results = await asyncio.gather(*(executor.run(job("exit 3", f"e/{number}/{n}")) for n in range(2)))
        assert [result.exit_status for result in results] == [3, 3]
    assert len(descendants(keeper.pid)) <= 3
