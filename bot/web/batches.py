"""A batch of builds as the page of its execution draws it: each build with its state, its time, and its log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.messages.batches import batch_words
from bot.model.batch import BatchRun, BuildRun, BuildStatus
from bot.model.execution import ActionRun, ActionStatus
from bot.web.attempts import log_path
from bot.web.times import Span

BUILD = "~"
"""Between an action's name and a build's identifier, in the address of the build's log; neither can have it."""

_ICONS = {
    BuildStatus.PENDING: "waiting",
    BuildStatus.IN_PROGRESS: "running",
    BuildStatus.SUCCEEDED: "passed",
    BuildStatus.STOPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class BuildView:
    """`look` is a word of the style sheet's; `log` its log's page, "" where it has not begun."""

    name: str
    status: BuildStatus
    look: str
    message: str
    span: Span
    log: str


@dataclass(frozen=True, slots=True)
class BatchView:
    """`open`: there is something to see at once."""

    words: str
    open: bool
    builds: tuple[BuildView, ...]


def drawn_of(batches: Sequence[BatchRun], stage: str, run: ActionRun) -> BatchView | None:
    """That of one attempt at an action. What a killed life left at work has ended with its action."""
    own = [one for one in batches if (one.stage, one.action, one.attempt) == (stage, run.name, run.attempt)]
    if not own or not own[0].builds:
        return None
    live = run.status is ActionStatus.IN_PROGRESS
    builds = tuple(_ended(build) if not live and not build.status.ended else build for build in own[0].builds)
    batch = replace(own[0], builds=builds)
    return BatchView(
        batch_words(batch), run.status is not ActionStatus.SUCCEEDED, tuple(_draw(batch, build) for build in builds)
    )


def _ended(build: BuildRun) -> BuildRun:
    return replace(build, status=BuildStatus.STOPPED)


def _draw(batch: BatchRun, build: BuildRun) -> BuildView:
    name = f"{batch.action}{BUILD}{build.identifier}"
    return BuildView(
        build.name,
        build.status,
        _ICONS.get(build.status, "failed"),
        build.message,
        Span(build.started_at, build.ended_at, live=build.status is BuildStatus.IN_PROGRESS),
        log_path(batch.execution, batch.stage, name, build.attempt) if build.started_at is not None else "",
    )
