"""Where a job runs: processes of this machine, or another place with the same promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work for an executor. `id` names it for ever; `script` is run by `sh -e` in `workdir`.

    `env` is the whole environment. `secrets` are values masked in the log. `timeout` in seconds. `log` is the log's key.
    `output` is the file from which output variables (NAME=value lines) are read afterwards.
    """

    id: str
    script: str
    workdir: Path
    env: Mapping[str, str]
    log: str
    timeout: float
    secrets: tuple[str, ...] = ()
    output: Path | None = None


class JobEnd(StrEnum):
    EXITED = "exited"
    TIMED_OUT = "timed_out"
    KILLED = "killed"
    INTERRUPTED = "interrupted"
    OVER_LIMIT = "over_limit"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended. `exit_status` is negative for a signal, as in subprocess; `peak_memory` bytes; `reason` in words where it never ran, wanted more than it may have,
    left what could not be killed, or said what could not be written.
    """

    end: JobEnd
    exit_status: int | None
    started_at: float
    ended_at: float
    peak_memory: int | None = None
    reason: str = ""


class Executor(Protocol):
    """Where jobs run. A job is found again by its id."""

    async def run(self, job: Job) -> JobResult:
        """Run the job, or say how it ended when it ran before: a job that a dead bot left behind is INTERRUPTED.

        The first to call owns the job; cancelling the call kills it, and it counts as INTERRUPTED from then on: only
        `kill` makes it KILLED. Nothing of it is left running afterwards.
        """

    async def kill(self, job_id: str) -> None:
        """Kill the job and all its children, grandchildren and daemons. Unknown and ended jobs are no error."""

    async def forget(self, job_id: str) -> None:
        """Drop what is remembered of an ended job."""

    async def close(self) -> None:
        """Kill what still runs, which ends as INTERRUPTED, and let go of everything."""
