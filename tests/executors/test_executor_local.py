"""The local executor on real processes: how jobs end, what they are given, and that nothing of them is left."""

import asyncio
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from bot.actions.outcome import verdict
from bot.executors.local import LocalExecutor
from bot.logs.files import LogFiles
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.ports import Job, JobEnd, JobResult
from tests.executors.conftest import GRACE, WallClock, printed
from tests.executors.processes import Held, stubborn

Make = Callable[..., Job]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("true", 0),
        ("", 0),
        ("exit 3", 3),
        ("false; exit 0", 1),
        ("echo one\nfalse\necho two", 1),
        ("kill -9 $$", -9),
        ("kill -TERM $$", -15),
        ("no-such-program", 127),
        ("if", 2),
        ("(exit 7)", 7),
        ("head -c 100000000 /dev/zero | head -c 1 >/dev/null", 0),
    ],
)
async def test_a_job_ends_with_its_scripts_status(executor: LocalExecutor, job: Make, script: str, status: int) -> None:
    result = await executor.run(job(script))
    assert (result.end, result.exit_status) == (JobEnd.EXITED, status)
    assert result.started_at <= result.ended_at


async def test_output_and_errors_go_to_the_log_in_order(executor: LocalExecutor, logs: LogFiles, job: Make) -> None:
    await executor.run(job("echo one; echo two >&2; echo three; nonsense"))
    found = await logs.read("e/build/unit/1")
    assert found is not None
    assert found.complete
    assert found.data.startswith(b"one\ntwo\nthree\n")
    assert b"nonsense: not found" in found.data


async def test_the_environment_is_built_from_nothing(executor: LocalExecutor, logs: LogFiles, job: Make) -> None:
    os.environ["PENSTOCK_OF_THE_BOT"] = "leaked"
    try:
        await executor.run(job("exec /usr/bin/env", env={"ONLY": "this; $(that)\nand more", "ODD": "\udcff"}))
    finally:
        del os.environ["PENSTOCK_OF_THE_BOT"]
    found = await logs.read("e/build/unit/1")
    assert found is not None
    lines = [line for line in found.data.split(b"\n") if not line.startswith((b"PENSTOCK_JOB=", b"PWD="))]
    assert sorted(lines) == sorted([b"ONLY=this; $(that)", b"and more", b"ODD=\xff", b""])


async def test_a_job_has_no_input_and_nothing_open_but_its_output(
    executor: LocalExecutor, logs: LogFiles, job: Make, tmp_path: Path
) -> None:
    await executor.run(job("cat; pwd; cd /proc/$$/fd; for f in $(ls | sort -n); do readlink $f || :; done"))
    folder, *descriptors = (await logs.tail("e/build/unit/1", 20)).split("\n")
    assert folder == str(tmp_path)
    assert descriptors[0] == "/dev/null"
    assert descriptors[1] == descriptors[2]
    assert descriptors[1].startswith("pipe:")
    assert [name for name in descriptors[3:] if not name.endswith(".sh")] == []  # the shell reads its script


async def test_a_job_is_a_session_of_its_own_with_default_signals_and_limits(
    executor: LocalExecutor, logs: LogFiles, job: Make
) -> None:
    await executor.run(job("cut -d' ' -f1,5,6 /proc/$$/stat; grep SigIgn /proc/self/status; ulimit -c; ulimit -n"))
    ids, ignored, core, files = (await logs.tail("e/build/unit/1", 9)).split("\n")
    assert len(set(ids.split())) == 1
    pipe, file_size = 1 << 12, 1 << 24
    assert not int(ignored.split()[1], 16) & (pipe | file_size)
    assert core == "0"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert int(files) == (65536 if hard == resource.RLIM_INFINITY else min(hard, 65536))


async def test_a_script_may_be_larger_than_an_argument(executor: LocalExecutor, job: Make) -> None:
    script = ": " + "x" * 200_000 + "\nexit 4"
    assert (await executor.run(job(script))).exit_status == 4


async def test_peak_memory_is_the_jobs_and_not_the_bots(executor: LocalExecutor, job: Make) -> None:
    ballast = bytearray(b"x") * (100 << 20)
    little = await executor.run(job("true", "little"))
    much = await executor.run(job(f"{sys.executable} -I -S -c 'bytearray(b\"x\") * (60 << 20)'", "much"))
    del ballast
    assert little.peak_memory is not None
    assert much.peak_memory is not None
    assert little.peak_memory < 30 << 20
    assert 60 << 20 < much.peak_memory < 95 << 20


async def test_a_job_past_its_timeout_is_killed(executor: LocalExecutor, logs: LogFiles, job: Make) -> None:
    result = await executor.run(job("echo begun; trap '' TERM; sleep 1000 & while :; do wait; done", timeout=0.3))
    assert (result.end, result.exit_status) == (JobEnd.TIMED_OUT, -9)
    assert await logs.tail("e/build/unit/1", 1) == "begun"


async def test_killing_reaches_what_ignores_the_signal_and_what_left_the_group(
    executor: LocalExecutor, logs: LogFiles, job: Make, tmp_path: Path
) -> None:
    running, held = await _stubborn_job(executor, logs, job, tmp_path)
    assert held.alive() == ["child", "daemon", "session", "shell"]
    await executor.kill("e/build/unit/1")
    assert held.alive() == []
    assert (await running).end is JobEnd.KILLED
    held.close()


async def test_cancelling_kills_and_waits_until_nothing_is_left(
    executor: LocalExecutor, logs: LogFiles, job: Make, tmp_path: Path
) -> None:
    running, held = await _stubborn_job(executor, logs, job, tmp_path)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert held.alive() == []
    assert await logs.tail("e/build/unit/1", 1) == "Interrupted: Penstock stopped while this was running."
    held.close()


async def test_closing_kills_what_runs(executor: LocalExecutor, logs: LogFiles, job: Make, tmp_path: Path) -> None:
    running, held = await _stubborn_job(executor, logs, job, tmp_path)
    await executor.close()
    assert held.alive() == []
    assert (await running).end is JobEnd.INTERRUPTED
    held.close()


async def test_a_job_is_asked_before_it_is_killed(
    tmp_path: Path, logs: LogFiles, job: Make, executor: LocalExecutor
) -> None:
    script = "trap 'echo tidied up; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    running = asyncio.create_task(executor.run(job(script)))
    await printed(logs, b"ready")
    await executor.kill("e/build/unit/1")
    assert await running == JobResult(
        JobEnd.KILLED, 5, running.result().started_at, running.result().ended_at, running.result().peak_memory
    )
    assert await logs.tail("e/build/unit/1", 1) == "tidied up"


async def test_what_a_job_leaves_in_the_background_ends_with_it(
    executor: LocalExecutor, job: Make, tmp_path: Path
) -> None:
    script = stubborn(tmp_path).replace("echo ready\nwhile :; do sleep 1000; done", "exit 6")
    result = await executor.run(job(script))
    assert (result.end, result.exit_status) == (JobEnd.EXITED, 6)
    with pytest.raises(ProcessLookupError):
        Held(tmp_path)


async def test_output_of_background_processes_does_not_hold_up_the_end(
    executor: LocalExecutor, logs: LogFiles, job: Make
) -> None:
    result = await executor.run(job("setsid sleep 1000 & echo done"))
    assert result.exit_status == 0
    assert result.ended_at - result.started_at < 10
    assert await logs.tail("e/build/unit/1", 5) == "done"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"workdir": Path("/nowhere/at/all")}, "its working folder could not be entered: No such file or directory"),
        ({"workdir": Path("/dev/null")}, "its working folder could not be entered: Not a directory"),
        (
            {"env": {"LONG": "x" * 200_000, "A": "b"}},
            "sh could not be run: Argument list too long (its variables have 200008 bytes, 200005 of them LONG; Linux takes 131071 for one)",
        ),
        ({"env": {"ZERO": "a\0b"}}, "sh could not be run"),
        ({"env": {"NO=NAME": "x"}}, "sh could not be run"),
        ({"env": {"LONE": "\ud800"}}, "sh could not be run"),
        ({"script": "echo \ud800"}, "its script could not be written: it is not text"),
    ],
)
async def test_a_job_that_cannot_begin_says_why(
    executor: LocalExecutor, job: Make, fields: dict[str, object], reason: str
) -> None:
    result = await executor.run(job(**{"script": "true"} | fields))
    assert (result.end, result.exit_status, result.reason) == (JobEnd.NOT_STARTED, None, reason)
    assert (await executor.run(job("true", "e/another"))).exit_status == 0


async def test_a_machine_without_sh_is_told_in_words(tmp_path: Path, logs: LogFiles, job: Make) -> None:
    executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE, shell="/bin/no-such-shell")
    await executor.start()
    result = await executor.run(job("true"))
    await executor.close()
    assert (result.end, result.reason) == (JobEnd.NOT_STARTED, "sh could not be run: No such file or directory")


async def test_secrets_are_masked_and_the_log_has_its_limit(tmp_path: Path, logs: LogFiles, job: Make) -> None:
    executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 16, grace=GRACE)
    await executor.start()
    script = "echo begin hunter22; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end hunter22"
    await executor.run(job(script, secrets=("hunter22",)))
    await executor.close()
    stored = b"".join(path.read_bytes() for path in sorted((tmp_path / "logs/e").iterdir()))
    assert len(stored) <= 1 << 16
    assert stored.startswith(b"begin ****\nxxxx")
    assert stored.endswith(b"xxxx\nend ****\n")
    assert b"hunter22" not in b"".join(path.read_bytes() for path in (tmp_path / "logs/e").iterdir())


async def test_a_full_disk_does_not_stop_a_job_and_is_told_where_the_log_can_not_tell_it(
    executor: LocalExecutor, job: Make, tmp_path: Path
) -> None:
    (tmp_path / "logs/e").mkdir(parents=True)
    (tmp_path / "logs/e/build+unit+1.0000000000000000.log").symlink_to("/dev/full")
    which = job("head -c 3000000 /dev/zero; exit 9")
    result = await executor.run(which)
    assert result.exit_status == 9
    why = "exit status 9; its log could not be written: No space left on device"
    assert verdict(which, result) == (ActionStatus.FAILED, ErrorCode.JOB_FAILED, why)


def test_it_works_under_uvloop(tmp_path: Path, logs: LogFiles, job: Make) -> None:
    async def story() -> list[JobEnd]:
        executor = LocalExecutor(tmp_path / "jobs", logs, WallClock(), 1 << 20, grace=GRACE)
        await executor.start()
        waiting = asyncio.create_task(executor.run(job("echo ready; sleep 1000", "e/long")))
        await printed(logs, b"ready", "e/long")
        await executor.kill("e/long")
        ends = [(await waiting).end, (await executor.run(job("true", "e/short"))).end]
        await executor.close()
        return ends

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(story()) == [JobEnd.KILLED, JobEnd.EXITED]


async def _stubborn_job(
    executor: LocalExecutor, logs: LogFiles, job: Make, folder: Path
) -> tuple[asyncio.Task[JobResult], Held]:
    running = asyncio.create_task(executor.run(job(stubborn(folder))))
    await printed(logs, b"ready")
    return running, Held(folder)
