"""What the jobs of a story do. They succeed at once, unless the story has said otherwise for their action."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.logs.files import LogFiles
from bot.ports import Clock, Job
from tests.world.executor import ScriptedExecutor

LOG_LIMIT = 1 << 20


@dataclass
class Plan:
    """How one run of an action ends: `status` None waits for the story to end it."""

    status: int | None = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


class Script:
    """The executor and what it is to do: plans by action name, for one run each, in their order."""

    def __init__(self, logs: LogFiles, clock: Clock) -> None:
        self._logs = logs
        self._plans: dict[str, list[Plan]] = defaultdict(list)
        self._begun = asyncio.Event()
        self.executor = ScriptedExecutor(clock, self._answer)

    def plan(self, action: str, plan: Plan) -> None:
        self._plans[action].append(plan)

    def jobs(self, action: str) -> list[Job]:
        """Every run of the action so far."""
        return [job for job in self.executor.jobs.values() if name_of(job) == action]

    @property
    def order(self) -> list[str]:
        """The actions in the order in which they began."""
        return [name_of(job) for job in self.executor.jobs.values()]

    def end(self, action: str, status: int, log: str = "") -> None:
        job = next(job for job in self.jobs(action) if job.id in self.executor.running)
        self._write(job, log)
        self.executor.end(job.id, status)

    def holds(self, job_id: str) -> bool:
        return job_id in self.executor.running

    def begun(self) -> Coroutine[Any, Any, object]:
        """Wait until a further job has begun, counted from this call and not from when it is awaited."""
        self._begun.clear()
        return self._begun.wait()

    def _answer(self, job: Job) -> int | None:
        plans = self._plans[name_of(job)]
        plan = plans.pop(0) if plans else Plan()
        self._write(job, plan.log)
        if plan.outputs and job.output is not None:
            job.output.write_text("".join(f"{name}={value}\n" for name, value in plan.outputs.items()))
        self._begun.set()
        return plan.status

    def _write(self, job: Job, text: str) -> None:
        if text:
            writer = self._logs.open(job.log, LOG_LIMIT)
            writer.write(text.encode())
            writer.close()


def name_of(job: Job) -> str:
    return job.id.split("/")[2]
