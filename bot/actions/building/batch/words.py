"""What a batch says of itself: in its action's log, and as its action's summary."""

from collections.abc import Iterator, Sequence

from bot.actions.building.batch.plan import failed
from bot.model.batch import BatchRun, BuildRun, BuildStatus
from bot.model.buildspec import Batch

_MOST_NAMED = 5


def summary(run: BatchRun) -> str:
    """`5 of 6 builds succeeded; failed: linux_py311`."""
    good, bad = run.those(BuildStatus.SUCCEEDED), failed(run)
    ignored = tuple(build for build in run.builds if build.status.bad and build.ignore_failure)
    parts = [f"{len(good)} of {_builds(len(run.builds))} succeeded"]
    parts += [f"failed: {_named(bad)}"] if bad else []
    parts += [f"failed, and ignored: {_named(ignored)}"] if ignored else []
    return "; ".join(parts)


def begun(batch: Batch, run: BatchRun) -> Iterator[str]:
    """What the batch consists of, and what of it means nothing here."""
    yield f"The batch has {_builds(len(run.builds))}: {', '.join(build.name for build in run.builds)}"
    kept = [build.identifier for build in run.builds if build.attempt != run.attempt]
    if kept:
        yield f"Not built again, since they succeeded before: {', '.join(kept)}"
    passed_over = sorted({key for build in batch.builds for key in build.passed_over})
    if passed_over:
        yield f"Builds have the machine that the bot has, and these are passed over: {', '.join(passed_over)}"


def report_name(action: str, identifier: str) -> str:
    """Under which one build's reports are kept: no action has such a name."""
    return f"{action}/{identifier}"


def ended(build: BuildRun) -> str:
    """`Build linux FAILED after 2.5 s: BUILD: …`."""
    took = ""
    if build.started_at is not None and build.ended_at is not None:
        took = f" after {build.ended_at - build.started_at:.1f} s"
    return f"Build {build.name} {build.status}{took}{f': {build.message}' if build.message else ''}"


def last_lines(build: BuildRun, text: str) -> Iterator[str]:
    """The end of a failed build's log, each line with the build's identifier before it."""
    return (f"{build.identifier} | {line}" for line in text.splitlines())


def _builds(count: int) -> str:
    return f"{count} build{'' if count == 1 else 's'}"


def _named(builds: Sequence[BuildRun]) -> str:
    names = [build.name for build in builds[:_MOST_NAMED]]
    more = len(builds) - len(names)
    return ", ".join([*names, *([f"and {more} more"] if more else [])])
