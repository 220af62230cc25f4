"""The `run` action: commands, one after another, in a checkout of the commit. A failing command ends it (the Commands action, BLD-4).

An `invoke` action's program and a `use` action's plug-in are run likewise.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from bot.actions.artifacts import Handover, places, variable_name
from bot.actions.environment import SUMMARY, bind, documented
from bot.actions.invoke.program import EVENT, commands_of, event_file, is_told, write_event
from bot.actions.outcome import code, told, verdict
from bot.actions.outputs import OutputsInvalid, read_outputs
from bot.actions.secrets import masked, opened
from bot.actions.worktrees import WorkTrees, tree_of
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Run
from bot.model.plugin import is_of_plugin
from bot.model.repository import Repository
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Clock,
    CommitUnavailable,
    Executor,
    HostRefused,
    Job,
    JobResult,
    SealBroken,
    Secrets,
    Sources,
)

SUMMARY_LIMIT = 500
"""Characters of what an action says of itself."""
_HAS_SAID_WHY = 1
"""How a plug-in's process ends when it has failed (`bot.plugins.process`)."""


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
        artifacts: Artifacts,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        execution_url: Callable[[str], str],
        repository_url: Callable[[Repository], str],
    ) -> None:
        self._executor = executor
        self._trees = WorkTrees(work_dir, sources)
        self._secrets = secrets
        self._handover = Handover(artifacts, sources)
        self._clock = clock
        self._timeout = timeout
        self._execution_url = execution_url
        self._repository_url = repository_url

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        wanted = tree_of(context.execution, context.pipeline)
        try:
            job = self._job(context, self._trees.folder(context.job))
            folder = await self._trees.prepare(context.job, wanted)
            await self._handover.bring(context, folder)
            await asyncio.to_thread(write_event, context, folder, places(context, folder))
        except (Unresolved, SealBroken, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        if _another_follows(context):
            self._trees.make_ahead(wanted)
        context.has_all()
        result = await self._executor.run(job)
        return await self._outcome(context, job, result)

    def folders(self, job: str) -> Mapping[str, Path]:
        return {job: self._trees.folder(job)}

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
        commands = commands_of(context.action.work)
        value = resolver(context.pipeline, context.execution)
        repository = context.execution.lane.repository
        env = documented(context, folder, self._execution_url(context.execution.id), self._repository_url(repository))
        inputs = places(context, folder)
        env |= {variable_name(name): str(inputs[name]) for name in context.action.inputs}
        if is_told(context.action.work):
            env[EVENT] = str(event_file(folder))
        secrets = opened(self._secrets, context)
        env |= secrets
        env |= {name: substitute(text, value) for name, text in context.action.env.items()}
        script = "\n".join(bind(command, value, env) for command in commands)
        timeout = context.action.timeout or self._timeout
        start = next(iter(inputs.values()))  # BLD-4: commands run in the first input
        hidden = tuple(secrets.values())
        return Job(context.job, script, start, env, context.job, timeout, hidden, output=folder / "output")

    async def _outcome(self, context: ActionContext, job: Job, result: JobResult) -> ActionOutcome:
        status, error, summary = verdict(job, result)
        end, said = told(result), masked({"": await asyncio.to_thread(_said, job)}, job.secrets)[""]
        if status is not ActionStatus.SUCCEEDED:
            words = _failed(context, result, said, summary) if error is ErrorCode.JOB_FAILED else summary
            return end.outcome(status, words, error)
        try:
            outputs = masked(await asyncio.to_thread(_outputs, job), job.secrets)
            artifacts = await self._handover.keep(context, job.workdir)
        except OutputsInvalid as invalid:
            return end.outcome(ActionStatus.FAILED, str(invalid), ErrorCode.CONFIGURATION)
        except ArtifactError as unkept:
            return end.outcome(ActionStatus.FAILED, str(unkept), ErrorCode.CONFIGURATION)
        return replace(end.outcome(status, said), outputs=outputs, artifacts=artifacts)


def _outputs(job: Job) -> Mapping[str, str]:
    return read_outputs(job.output) if job.output is not None and job.output.exists() else {}


def _said(job: Job) -> str:
    """What the action says of itself, on one line. However much that is: only the beginning is read."""
    place = job.output.with_name(SUMMARY) if job.output is not None else None
    if place is None or not place.is_file():
        return ""
    with place.open("rb") as file:
        return " ".join(file.read(4 * SUMMARY_LIMIT).decode(errors="replace").split())[:SUMMARY_LIMIT]


def _failed(context: ActionContext, result: JobResult, said: str, how: str) -> str:
    """What it says of its failure, and how it ended; of a plug-in's process that means nothing where it has said why."""
    if not said:
        return how
    plain = is_of_plugin(context.action.work) and result.exit_status == _HAS_SAID_WHY
    return said if plain else f"{said} ({how})"


def _another_follows(context: ActionContext) -> bool:
    """Whether, when this action's group has succeeded, the next group begins with a `run` at once, without an approval's wait."""
    groups = [group for stage in context.pipeline.stages[context.execution.stage :] for group in stage.groups]
    here = next((index for index, group in enumerate(groups) if context.action in group), len(groups))
    following = groups[here + 1 : here + 2]  # none behind a rule's commands, which are in no group
    return any(isinstance(action.work, Run) for group in following for action in group)
