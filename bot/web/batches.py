"""A batch of builds as the page of its execution draws it: each build with its state, its time, and its log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.messages.batches import batch_words
from bot.model.batch import BatchRun, BuildRun, BuildStatus
from bot.model.execution import ActionRun, ActionStatus
from bot.web.attempts import log_path
from bot.web.states import RUNNING, Look
from bot.web.times import Span

BUILD = "~"
"""Between an action's name and a build's identifier, in the address of the build's log; neither can have it."""

_LOOKS = {
    BuildStatus.PENDING: Look("queued", "Waiting"),
    BuildStatus.IN_PROGRESS: RUNNING,
    BuildStatus.SUCCEEDED: Look("ok", "Succeeded"),
    BuildStatus.FAILED: Look("failed", "Failed"),
    BuildStatus.FAULT: Look("failed", "Lost"),
    BuildStatus.TIMED_OUT: Look("failed", "Timed out"),
    BuildStatus.STOPPED: Look("stopped", "Stopped"),
}


@dataclass(frozen=True, slots=True)
class BuildView:
    """`log` is its log's page, "" where it has not begun."""

    name: str
    look: Look
    message: str
    span: Span
    log: str


@dataclass(frozen=True, slots=True)
class BatchView:
    """`open`: there is something to see at once. `builds` are in the order of the file, but for those that failed, which come first."""

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
    drawn = sorted((_draw(batch, build) for build in builds), key=lambda build: build.look.icon != "failed")
    return BatchView(batch_words(batch), run.status is not ActionStatus.SUCCEEDED, tuple(drawn))


def _ended(build: BuildRun) -> BuildRun:
    return replace(build, status=BuildStatus.STOPPED)


def _draw(batch: BatchRun, build: BuildRun) -> BuildView:
    name = f"{batch.action}{BUILD}{build.identifier}"
    return BuildView(
        build.name,
        _LOOKS[build.status],
        build.message,
        Span(build.started_at, build.ended_at, live=build.status is BuildStatus.IN_PROGRESS),
        log_path(batch.execution, batch.stage, name, build.attempt) if build.started_at is not None else "",
    )
