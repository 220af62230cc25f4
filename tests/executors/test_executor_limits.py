"""What a job may have at most: one that has more is ended whole, whatever it does meanwhile, and says which limit it was. Real processes."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bot.executors.limits import MEMORY_UNHELD, UNHELD, Limits
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.ports import Job, JobEnd
from tests.executors.conftest import GRACE, WallClock, printed
from tests.executors.processes import CHAINS, left, python, walled

Make = Callable[..., Job]

BOMBS = {
    "a shell's": "bash -c ':(){ :|:& };:; sleep 1000'",
    "of its group": python("import os\nwhile True: os.fork()"),
    "each a session": python("import os\nwhile True:\n    if not os.fork(): os.setsid()"),
}


@pytest.fixture
def wall() -> Iterator[None]:
    with walled():
        yield


@pytest.fixture
async def limited(tmp_path: Path, logs: LogFiles, wall: None) -> AsyncIterator[LocalExecutor]:
    """In everything but memory, which many processes take, too."""
    limits = Limits(processes=60, open_files=300, file_size=2 << 20)
    local = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE, limits=limits)
    await local.start()
    yield local
    await local.close()


@pytest.fixture
async def small(tmp_path: Path, logs: LogFiles, wall: None) -> AsyncIterator[LocalExecutor]:
    """In memory."""
    local = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE, limits=Limits(memory=80 << 20))
    await local.start()
    if local.unheld:
        pytest.skip("no group of processes (cgroup) with a limit of memory can be made here")
    yield local
    await local.close()


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_job_that_forks_without_end_is_ended(
    limited: LocalExecutor, logs: LogFiles, job: Make, tmp_path: Path, bomb: str
) -> None:
    words = (
        "Ended: it wanted more than 60 processes and threads at once, the most that PENSTOCK_ACTION_PROCESSES allows."
    )
    result = await limited.run(job(f"echo begun; {BOMBS[bomb]} 2>/dev/null"))
    assert (result.end, result.reason) == (JobEnd.OVER_LIMIT, words)
    assert left(tmp_path / "jobs") == []
    assert await logs.tail("e/build/unit/1", 2) == f"begun\n{words}"
    again = await limited.run(job("exit 4", "e/next"))
    assert (again.end, again.exit_status) == (JobEnd.EXITED, 4)
    assert (await limited.run(job("true"))).end is JobEnd.OVER_LIMIT, "it is remembered"


async def test_threads_count_as_the_kernel_counts_them(limited: LocalExecutor, job: Make) -> None:
    program = "import threading, time\nfor n in range(80): threading.Thread(target=time.sleep, args=(1000,)).start()"
    assert (await limited.run(job(python(program)))).end is JobEnd.OVER_LIMIT


async def test_a_job_that_stays_below_its_limits_hears_nothing_of_them(limited: LocalExecutor, job: Make) -> None:
    script = "for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5 & done; wait; head -c 2000000 /dev/zero > file"
    result = await limited.run(job(script))
    assert (result.end, result.exit_status, result.reason) == (JobEnd.EXITED, 0, "")


async def test_memory_is_counted_once_however_many_share_it(small: LocalExecutor, job: Make) -> None:
    """Four processes with 50 MiB in common are within 80 MiB, four with 50 MiB each are not."""
    program = "import os, time\n{first}\nfor n in range(3):\n    if not os.fork(): break\n{then}\ntime.sleep({seconds})"
    shared = program.format(first="data = b'x' * (50 << 20)", then="", seconds=1).replace("'", '"')
    result = await small.run(job(python(shared), "e/shared"))
    assert (result.end, result.exit_status) == (JobEnd.EXITED, 0)
    each = program.format(first="", then="data = b'x' * (50 << 20)", seconds=1000).replace("'", '"')
    result = await small.run(job(python(each), "e/each"))
    words = "Ended: it wanted more than 83886080 bytes of memory, the most that PENSTOCK_ACTION_MEMORY allows."
    assert (result.end, result.reason) == (JobEnd.OVER_LIMIT, words)


async def test_files_have_their_limits(limited: LocalExecutor, logs: LogFiles, job: Make) -> None:
    result = await limited.run(job("ulimit -n; head -c 3000000 /dev/zero > file"))
    assert result.exit_status != 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert (await logs.tail("e/build/unit/1", 9)).split("\n")[0] == str(
        300 if hard == resource.RLIM_INFINITY else min(300, hard)
    )


@pytest.mark.parametrize("how", ["timeout", "kill", "close"])
async def test_what_is_born_again_and_again_is_killed_all_the_same(
    wall: None, executor: LocalExecutor, logs: LogFiles, job: Make, tmp_path: Path, how: str
) -> None:
    timeout = 1.0 if how == "timeout" else 60
    running = asyncio.create_task(executor.run(job(python(CHAINS), timeout=timeout)))
    await printed(logs, b"ready")
    assert left(tmp_path / "jobs")
    if how == "kill":
        await executor.kill("e/build/unit/1")
    if how == "close":
        await executor.close()
    ends = {"timeout": JobEnd.TIMED_OUT, "kill": JobEnd.KILLED, "close": JobEnd.INTERRUPTED}
    assert (await running).end is ends[how]
    assert left(tmp_path / "jobs") == []


async def test_without_groups_the_kernel_counts_a_users_processes_and_roots_not(
    monkeypatch: pytest.MonkeyPatch, wall: None, tmp_path: Path, logs: LogFiles, job: Make
) -> None:
    """What another user is refused ends as it likes; the bot as root says that nothing would hold it."""
    monkeypatch.setattr("bot.executors.local.usable", lambda _places: {})
    limits = Limits(processes=60, memory=80 << 20)
    local = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE, limits=limits)
    await local.start()
    assert local.unheld == ([UNHELD, MEMORY_UNHELD] if os.getuid() == 0 else [MEMORY_UNHELD])
    forking = python('import os\nwhile True:\n    if not os.fork(): __import__("time").sleep(1000)')
    dropped = f"setpriv --reuid nobody --regid nogroup --clear-groups {forking}" if os.getuid() == 0 else forking
    result = await local.run(job(f"cd /; {dropped}"))
    await local.close()
    assert (result.end, result.exit_status) == (JobEnd.EXITED, 1)
    assert "BlockingIOError: [Errno 11] Resource temporarily unavailable" in await logs.tail("e/build/unit/1", 9)
    assert left(tmp_path / "jobs") == []


async def test_what_can_be_limited_is_no_weakness(limited: LocalExecutor) -> None:
    assert limited.unheld == []


async def test_whoever_watches_over_a_job_is_not_killed_in_its_place_when_memory_runs_out(
    small: LocalExecutor, logs: LogFiles, job: Make
) -> None:
    """By the kernel's own account: the job goes first, however much of a small container is the bot's."""
    begun = 'for look in $(seq 200); do [ "$(cat /proc/$PPID/oom_score_adj)" = 1000 ] || break; sleep 0.02; done'
    shown = "cat /proc/self/oom_score_adj /proc/$PPID/oom_score_adj"
    assert (
        await small.run(job(f"{begun}; {shown}"))
    ).exit_status == 0  # it takes its own preference back a moment after
    of_job, of_supervisor = (await logs.tail("e/build/unit/1", 2)).split()
    assert (of_job, of_supervisor) == ("1000", Path("/proc/self/oom_score_adj").read_text().strip())
