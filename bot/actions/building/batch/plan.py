"""Which build of a batch may begin, which never will, and how the batch has ended (BAT-3, BAT-4, BAT-7). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.model.batch import BatchRun, BuildRun, BuildStatus
from bot.model.buildspec import Batch, BatchBuild


def begin(batch: Batch, run: BatchRun, before: BatchRun | None) -> BatchRun:
    """The batch with its builds as they are at first. BAT-9: what has succeeded in `before`, the attempt before, is taken over."""
    done = {build.identifier: build for build in before.those(BuildStatus.SUCCEEDED)} if before else {}
    builds = (
        done.get(build.identifier)
        or BuildRun(build.identifier, build.label, attempt=run.attempt, ignore_failure=build.ignore_failure)
        for build in batch.builds
    )
    return replace(run, builds=tuple(builds))


def ready(batch: Batch, run: BatchRun) -> list[str]:
    """The builds that may begin now, in the order of the buildspec."""
    if lost(batch, run):
        return []
    runs = {build.identifier: build for build in run.builds}
    return [
        build.identifier
        for build in batch.builds
        if runs[build.identifier].status is BuildStatus.PENDING
        and all(satisfied(runs[name]) for name in build.depends_on)
    ]


def lost(batch: Batch, run: BatchRun) -> bool:
    """BAT-3: whether nothing more is to be built, and what still runs is to be stopped."""
    return batch.fast_fail and any(build.status.bad and not build.ignore_failure for build in run.builds)


def settled(batch: Batch, run: BatchRun) -> BatchRun:
    """With the builds that never begin as stopped, and why: those behind a build that failed, and behind those in turn."""
    reason = "a build failed, and the batch is to fail fast" if lost(batch, run) else ""
    changed = {name: _stopped(run.build(name), reason) for name in _pending(run)} if reason else {}
    if not changed:
        changed = dict(_prevented(batch, run))
    return _with(run, changed) if changed else run


def abandoned(run: BatchRun) -> BatchRun:
    """Nothing more happens in it."""
    left = (build for build in run.builds if not build.status.ended)
    return _with(run, {build.identifier: _stopped(build, "abandoned") for build in left})


def failed(run: BatchRun) -> tuple[BuildRun, ...]:
    """BAT-7: the builds because of which the batch has failed."""
    return tuple(build for build in run.builds if build.status.bad and not build.ignore_failure)


def satisfied(build: BuildRun) -> bool:
    """Whether those that depend on it may begin. A failure that is ignored keeps nobody."""
    return build.status is BuildStatus.SUCCEEDED or (build.ignore_failure and build.status.bad)


def place_of(batch: Batch, identifier: str) -> int:
    return [build.identifier for build in batch.builds].index(identifier)


def _pending(run: BatchRun) -> Iterator[str]:
    return (build.identifier for build in run.builds if build.status is BuildStatus.PENDING)


def _prevented(batch: Batch, run: BatchRun) -> Iterator[tuple[str, BuildRun]]:
    """In the order of dependencies, however the file has them: a round a link of the longest chain."""
    runs = {build.identifier: build for build in run.builds}
    again = True
    while again:
        again = False
        for build in batch.builds:
            why = _prevents(build, runs) if runs[build.identifier].status is BuildStatus.PENDING else ""
            if why:
                again = True
                runs[build.identifier] = _stopped(runs[build.identifier], why)
                yield build.identifier, runs[build.identifier]


def _prevents(build: BatchBuild, runs: Mapping[str, BuildRun]) -> str:
    bad = [name for name in build.depends_on if runs[name].status.ended and not satisfied(runs[name])]
    return f"not begun: {bad[0]}, which it depends on, has not succeeded" if bad else ""


def _stopped(build: BuildRun, why: str) -> BuildRun:
    return replace(build, status=BuildStatus.STOPPED, message=why)


def _with(run: BatchRun, changed: Mapping[str, BuildRun]) -> BatchRun:
    return replace(run, builds=tuple(changed.get(build.identifier, build) for build in run.builds))
