"""How far a batch of builds is, in a few words: for the page and the comment."""

from collections.abc import Collection, Iterator, Sequence

from bot.messages.markdown import code, plain
from bot.messages.words import listed, plural
from bot.model.batch import BatchRun, BuildStatus
from bot.model.execution import ActionStatus, Execution
from bot.model.pipeline import Action, Build, Pipeline

_COUNTED = {
    BuildStatus.SUCCEEDED: "succeeded",
    BuildStatus.IN_PROGRESS: "at work",
    BuildStatus.FAILED: "failed",
    BuildStatus.TIMED_OUT: "over their time",
    BuildStatus.FAULT: "lost",
    BuildStatus.STOPPED: "stopped",
    BuildStatus.PENDING: "waiting",
}


def batch_words(run: BatchRun) -> str:
    """`6 builds: 3 succeeded, 1 at work, 2 waiting`."""
    counts = [(len(run.those(status)), words) for status, words in _COUNTED.items()]
    return f"{plural(len(run.builds), 'build')}: {', '.join(f'{count} {words}' for count, words in counts if count)}"


def batches_going_on(execution: Execution, pipeline: Pipeline) -> Collection[tuple[str, str, int]]:
    """The stages, actions and attempts that are such batches; most executions have none to look up."""
    return {
        (stage.name, run.name, run.attempt)
        for stage in execution.stages
        for run in stage.actions
        if run.status is ActionStatus.IN_PROGRESS and _is_batch(pipeline.stage(stage.name).action(run.name))
    }


def _is_batch(action: Action) -> bool:
    return isinstance(action.work, Build) and action.work.batch


def batch_lines(batches: Sequence[BatchRun]) -> Iterator[str]:
    """Markdown: a line for each, with those of its builds that have failed by now."""
    for run in batches:
        bad = [build for build in run.builds if build.status.bad]
        failed = f". Failed: {listed(code(build.name) for build in bad)}" if bad else ""
        yield f"⏳ {plain(f'{run.stage}/{run.action}')}: {batch_words(run)}{failed}"
