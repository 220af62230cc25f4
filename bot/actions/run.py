"""The `run` action: commands, one after another, in a checkout of the commit. A failing command ends it (the Commands action, BLD-4)."""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path

from bot.actions.environment import bind, documented
from bot.actions.outputs import OutputsInvalid, read_outputs
from bot.actions.secrets import masked, opened
from bot.actions.worktrees import Wanted, WorkTrees
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Run
from bot.model.repository import Repository
from bot.ports import (
    ActionContext,
    ActionOutcome,
    Clock,
    CommitUnavailable,
    Executor,
    HostRefused,
    Job,
    JobEnd,
    JobResult,
    SealBroken,
    Secrets,
    Sources,
)


class RunAction:
    """Checks the commit out, runs the commands, reads the output variables.

    `work_dir` holds a folder per attempt while it runs. `execution_url` and `repository_url` make the links that commands
    are given. `timeout` seconds is for actions that set none.
    """

    def __init__(
        self,
        executor: Executor,
        sources: Sources,
        secrets: Secrets,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        execution_url: Callable[[str], str],
        repository_url: Callable[[Repository], str],
    ) -> None:
        self._executor = executor
        self._trees = WorkTrees(work_dir, sources)
        self._secrets = secrets
        self._clock = clock
        self._timeout = timeout
        self._execution_url = execution_url
        self._repository_url = repository_url

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        wanted = Wanted(context.execution.lane.repository, context.execution.revision.commit, context.pipeline.checkout)
        try:
            job = self._job(context, self._trees.folder(context.job))
            await self._trees.prepare(context.job, wanted)
        except (Unresolved, SealBroken, CommitUnavailable, HostRefused) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), _code(error))
        if _another_follows(context):
            self._trees.make_ahead(wanted)
        result = await self._executor.run(job)
        return await self._outcome(job, result)

    async def abandon(self, job: str) -> None:
        await self._executor.kill(job)

    async def forget(self, job: str) -> None:
        await self._executor.forget(job)
        self._trees.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._trees.sweep(keep)

    async def close(self) -> None:
        await self._trees.close()

    def _job(self, context: ActionContext, folder: Path) -> Job:
        work = context.action.work
        assert isinstance(work, Run)  # noqa: S101  the runner chose this type by the work's kind
        value = resolver(context.pipeline, context.execution)
        repository = context.execution.lane.repository
        env = documented(context, folder, self._execution_url(context.execution.id), self._repository_url(repository))
        secrets = opened(self._secrets, context)
        env |= secrets
        env |= {name: substitute(text, value) for name, text in context.action.env.items()}
        script = "\n".join(bind(command, value, env) for command in work.commands)
        timeout = context.action.timeout or self._timeout
        source = folder / "source"
        hidden = tuple(secrets.values())
        return Job(context.job, script, source, env, context.job, timeout, hidden, output=folder / "output")

    async def _outcome(self, job: Job, result: JobResult) -> ActionOutcome:
        status, error, summary = _verdict(job, result)
        outputs: dict[str, str] = {}
        if status is ActionStatus.SUCCEEDED and job.output is not None and job.output.exists():
            try:
                outputs = masked(await asyncio.to_thread(read_outputs, job.output), job.secrets)
            except OutputsInvalid as invalid:
                status, error, summary = ActionStatus.FAILED, ErrorCode.CONFIGURATION, str(invalid)
        return ActionOutcome(status, result.started_at, summary, error, result.exit_status, result.peak_memory, outputs)


def _another_follows(context: ActionContext) -> bool:
    """Whether, when this action's group has succeeded, the next group begins with a `run` at once, without an approval's wait."""
    groups = [group for stage in context.pipeline.stages[context.execution.stage :] for group in stage.groups]
    here = next(index for index, group in enumerate(groups) if context.action in group)
    following = groups[here + 1 : here + 2]
    return any(isinstance(action.work, Run) for group in following for action in group)


def _verdict(job: Job, result: JobResult) -> tuple[ActionStatus, ErrorCode | None, str]:
    match result.end:
        case JobEnd.EXITED if result.exit_status == 0:
            return ActionStatus.SUCCEEDED, None, ""
        case JobEnd.EXITED:
            return ActionStatus.FAILED, ErrorCode.JOB_FAILED, _exit_words(result.exit_status or 0)
        case JobEnd.TIMED_OUT:
            return ActionStatus.FAILED, ErrorCode.TIMEOUT, f"still running after its timeout of {job.timeout:g} s"
        case JobEnd.KILLED:
            return ActionStatus.ABANDONED, None, "abandoned"
        case JobEnd.INTERRUPTED:
            return ActionStatus.FAILED, ErrorCode.INTERRUPTED, "interrupted: the bot stopped while it was running"
        case JobEnd.NOT_STARTED:
            return ActionStatus.FAILED, ErrorCode.SYSTEM_UNAVAILABLE, f"could not be started: {result.reason}"


def _exit_words(status: int) -> str:
    return f"ended by signal {-status}" if status < 0 else f"exit status {status}"


def _code(error: Exception) -> ErrorCode:
    if isinstance(error, CommitUnavailable):
        return ErrorCode.REVISION_UNAVAILABLE
    return ErrorCode.CONFIGURATION if isinstance(error, Unresolved | SealBroken) else ErrorCode.PERMISSION
