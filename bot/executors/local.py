"""The local executor: jobs are processes on the bot's own machine, with nothing between them and it but care.

How a process is started and killed is the keeper's affair, what is remembered the records', and carrying its output an
attendance's. Here is which jobs run, and who waits for them.
"""

import _thread
import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.executors.attend import INTERRUPTED, Attendance, LogOpener
from bot.executors.groups import places, usable
from bot.executors.leftovers import kill_abandoned, kill_marked
from bot.executors.limits import Limits, unheld
from bot.executors.records import JobRecords
from bot.executors.spawn import MARKER, Keeper, Order
from bot.ports import Clock, Job, JobEnd, JobResult

GRACE = 2.0
"""Seconds between asking a job to end (SIGTERM) and killing it."""


class LocalExecutor:
    """Runs jobs as `sh -e` below `jobs_dir`'s keeper; `log_limit` bytes of each job's output are kept.

    Works on any event loop: all it asks of one is to be told by another thread. `start` comes first, `close` last.
    """

    def __init__(
        self,
        jobs_dir: Path,
        logs: LogOpener,
        clock: Clock,
        log_limit: int,
        *,
        grace: float = GRACE,
        limits: Limits | None = None,
        shell: str = "/bin/sh",
    ) -> None:
        self._records = JobRecords(jobs_dir)
        self._keeper = Keeper(self._records.marker, limits or Limits())
        self._logs = logs
        self._clock = clock
        self._log_limit = log_limit
        self._grace = grace
        self._shell = shell
        self._running: dict[str, tuple[Attendance, asyncio.Future[JobResult]]] = {}
        self._closed = False

    async def start(self) -> None:
        """Kill what a predecessor that died has left, and be ready. Raises JobsInUse while one lives, and OSError."""
        await asyncio.to_thread(self._start)

    @property
    def unheld(self) -> list[str]:
        """Which limits nothing holds here, with the remedies; known once it has started."""
        return unheld(self._keeper.limits, self._keeper.folders)

    async def run(self, job: Job) -> JobResult:
        """As the port says. A job that is already running is waited for together with whoever owns it.

        Cancelled, or closed over, a job ends as INTERRUPTED: nobody asked for its end as such.
        """
        if job.id in self._running:
            return await asyncio.shield(self._running[job.id][1])
        if self._closed:
            raise RuntimeError("the executor is closed")
        attendance = Attendance(job, self._keeper, self._clock)
        try:
            ended = _in_thread(lambda: self._perform(job, attendance))
            self._running[job.id] = attendance, ended
            return await self._see_through(attendance, ended)
        finally:
            self._running.pop(job.id, None)

    async def kill(self, job_id: str) -> None:
        """Returns when nothing of the job is left."""
        if job_id in self._running:
            attendance, ended = self._running[job_id]
            attendance.kill(JobEnd.KILLED)
            await asyncio.wait([ended])

    async def forget(self, job_id: str) -> None:
        if job_id not in self._running:
            await asyncio.to_thread(self._records.forget, job_id)

    async def close(self) -> None:
        self._closed = True
        running = list(self._running.values())
        for attendance, _ in running:
            attendance.kill(JobEnd.INTERRUPTED)
        for _, ended in running:
            await asyncio.wait([ended])
        await asyncio.to_thread(self._keeper.close)
        self._records.close()

    async def _see_through(self, attendance: Attendance, ended: asyncio.Future[JobResult]) -> JobResult:
        """Wait for the end; told not to, kill, and wait all the same: it is seconds, and a job left running is worse."""
        cancelled: asyncio.CancelledError | None = None
        while not ended.done():
            try:
                await asyncio.wait([ended])
            except asyncio.CancelledError as error:
                cancelled = error
                attendance.kill(JobEnd.INTERRUPTED)
        if cancelled is not None and ended.exception() is None:
            raise cancelled
        return ended.result()

    def _start(self) -> None:
        self._records.open()
        try:
            self._keeper.folders = self._places()
            kill_abandoned(self._keeper.folders, self._records.marker)
            kill_marked(self._records.marker)
            self._keeper.start()
        except OSError:
            self._records.close()
            raise

    def _places(self) -> dict[str, str]:
        """Where groups are made, by controller: of processes wherever that may be, since they help to kill; of memory to limit it."""
        found = usable(places())
        return found if self._keeper.limits.memory is not None else {n: f for n, f in found.items() if n != "memory"}

    def _perform(self, job: Job, attendance: Attendance) -> JobResult:
        """In the job's own thread, from first to last."""
        try:
            if not self._records.begin(job.id, job.script.encode("utf-8", "surrogateescape")):
                return self._found(job)
        except (OSError, UnicodeEncodeError) as error:
            now = self._clock.now()
            reason = f"its script could not be written: {getattr(error, 'strerror', 'it is not text')}"
            return JobResult(JobEnd.NOT_STARTED, None, now, now, reason=reason)
        marker = self._records.marker + job.id
        order = Order(
            program=self._shell,
            arguments=("sh", "-e", str(self._records.script(job.id))),
            workdir=str(job.workdir),
            env={**job.env, MARKER: marker},
            grace=self._grace,
        )
        result = attendance.run(order, lambda: self._logs.open(job.log, self._log_limit, job.secrets))
        if attendance.lost:
            kill_abandoned(self._keeper.folders, self._records.marker)
            kill_marked(marker, whole=True)
        return self._recorded(job, result)

    def _found(self, job: Job) -> JobResult:
        """How a job ended that has begun before. Without a result it died with the bot, and is told so from now on."""
        result = self._records.result(job.id)
        if result is not None:
            return result
        self._logs.open(job.log, self._log_limit, job.secrets).close(INTERRUPTED)
        began = self._records.begun_at(job.id)
        return self._recorded(job, JobResult(JobEnd.INTERRUPTED, None, began, self._clock.now(), reason=INTERRUPTED))

    def _recorded(self, job: Job, result: JobResult) -> JobResult:
        """A result that can't be kept is told all the same; asked again, the job counts as interrupted."""
        with contextlib.suppress(OSError):
            self._records.finish(job.id, result)
        return result


def _in_thread(work: Callable[[], JobResult]) -> asyncio.Future[JobResult]:
    """A thread of its own: a shared pool would let long jobs starve short ones, and hold up the bot's own end.

    Made without `threading`, which waits for a thread to begin and for all of them at the end; neither is wanted here.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[JobResult] = loop.create_future()

    def perform() -> None:
        tell: Callable[[], None]
        try:
            tell = partial(ended.set_result, work())
        except BaseException as error:  # noqa: BLE001  whoever waits has to hear of it
            tell = partial(ended.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell)

    _thread.start_new_thread(perform, ())
    return ended
