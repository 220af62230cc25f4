"""An executor whose jobs end when the test says so. It passes the contract of the port as far as that needs no processes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.ports import Clock, Job, JobEnd, JobResult


class ScriptedExecutor:
    """`jobs` are those that have begun, in that order. With `answer`, a job for which it gives a status ends at once."""

    def __init__(self, clock: Clock, answer: Callable[[Job], int | None] = lambda _job: None) -> None:
        self._clock = clock
        self._answer = answer
        self._running: dict[str, asyncio.Future[JobResult]] = {}
        self._results: dict[str, JobResult] = {}
        self._begun_at: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._closed = False
        self.jobs: dict[str, Job] = {}

    async def began(self, name: str) -> Job:
        """The job whose id ends in `name` (`build/unit/1`), as soon as it has begun."""
        while (job := self._job(name)) is None:
            self._changed.clear()
            await self._changed.wait()
        return job

    def end(self, name: str, exit_status: int = 0, outputs: Mapping[str, str] | None = None) -> None:
        """End a running job; `outputs` are the variables it has written."""
        job = self._job(name)
        assert job is not None, f"no job {name} among {list(self.jobs)}"
        if outputs and job.output is not None:
            job.output.parent.mkdir(parents=True, exist_ok=True)
            job.output.write_text("".join(f"{key}={value}\n" for key, value in outputs.items()))
        self._end(job.id, JobEnd.EXITED, exit_status)

    def die(self) -> None:
        """As if the bot were killed with its jobs running: whoever waits hears nothing, and the jobs have only begun."""
        for job in list(self._running):
            self._running.pop(job).cancel()

    @property
    def running(self) -> list[str]:
        return list(self._running)

    async def run(self, job: Job) -> JobResult:
        if job.id in self._running:
            return await asyncio.shield(self._running[job.id])
        if self._closed:
            raise RuntimeError("the executor is closed")
        if job.id in self._begun_at:
            return self._results.setdefault(job.id, self._result(job.id, JobEnd.INTERRUPTED, None))
        ended = self._begin(job)
        status = self._answer(job)
        if status is not None:
            self._end(job.id, JobEnd.EXITED, status)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            self._end(job.id, JobEnd.INTERRUPTED, None)
            raise

    async def kill(self, job_id: str) -> None:
        self._end(job_id, JobEnd.KILLED, -15)

    async def forget(self, job_id: str) -> None:
        if job_id not in self._running:
            self._begun_at.pop(job_id, None)
            self._results.pop(job_id, None)

    async def close(self) -> None:
        self._closed = True
        for job in list(self._running):
            self._end(job, JobEnd.INTERRUPTED, None)

    def _job(self, name: str) -> Job | None:
        return next(
            (job for job in reversed(self.jobs.values()) if job.id == name or job.id.endswith(f"/{name}")), None
        )

    def _begin(self, job: Job) -> asyncio.Future[JobResult]:
        self.jobs[job.id] = job
        self._begun_at[job.id] = self._clock.now()
        self._running[job.id] = asyncio.get_running_loop().create_future()
        self._changed.set()
        return self._running[job.id]

    def _end(self, job: str, end: JobEnd, status: int | None) -> None:
        ended = self._running.pop(job, None)
        if ended is not None:
            self._results[job] = self._result(job, end, status)
            ended.set_result(self._results[job])

    def _result(self, job: str, end: JobEnd, status: int | None) -> JobResult:
        result = JobResult(end, status, self._begun_at[job], self._clock.now())
        return replace(result, reason="interrupted") if end is JobEnd.INTERRUPTED else result
