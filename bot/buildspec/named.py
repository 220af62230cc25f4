"""The buildspecs that a pipeline names or holds, checked with it: better told now than by the action that would run them."""

import json
from collections.abc import Callable, Iterator, Mapping

from bot.buildspec.read import read_buildspec
from bot.definition.placed import in_place, of_the_commit, placed, readings
from bot.model.buildspec import Batch, Buildspec
from bot.model.pipeline import Action, Build, Pipeline
from bot.model.problem import Problem


def is_inline(buildspec: str | Mapping[str, object]) -> bool:
    """FIL-2: the document itself, and not where it is."""
    return not isinstance(buildspec, str) or "\n" in buildspec or buildspec.lstrip().startswith("version:")


def inline_text(buildspec: str | Mapping[str, object]) -> str:
    """The document; JSON is YAML."""
    return buildspec if isinstance(buildspec, str) else json.dumps(buildspec)


def holds_any(pipeline: Pipeline) -> bool:
    """Whether it holds a buildspec in place."""
    return any(is_inline(work.buildspec) for _, _, work in placed(pipeline, Build))


def named_files(pipeline: Pipeline) -> set[str]:
    """The files of the commit that its builds name. What is in an artifact can't be known before it is made."""
    return {
        work.buildspec
        for _, action, work in placed(pipeline, Build)
        if isinstance(work.buildspec, str) and not is_inline(work.buildspec) and of_the_commit(action)
    }


def batch_files(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> set[str]:
    """The files that builds of batches name, as far as their buildspecs can be had."""
    named = {build.buildspec for batch in _batches(pipeline, read) for build in batch.builds}
    return {name for name in named if name and not name.endswith("/")}


def named_problems(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Problem]:
    """`read` gives a file of the commit, None where there is none, which is no problem of the pipeline's."""
    for where, _, work in placed(pipeline, Build):
        if is_inline(work.buildspec):
            reading = read_buildspec(inline_text(work.buildspec).encode(), pipeline.file)
            yield from in_place(reading.problems, f"{where}: {work.kind}")
    found = readings(named_files(pipeline) | batch_files(pipeline, read), read, read_buildspec)
    for reading in found.values():
        yield from reading.problems
    yield from _without_batch(pipeline, read)


def _without_batch(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Problem]:
    """BAT-1: actions that ask for the batch of a buildspec that has none."""
    for where, action, work in placed(pipeline, Build):
        spec = _spec(pipeline, action, work, read) if work.batch else None
        if spec is not None and spec.batch is None:
            reason = "The action asks for a batch, and its buildspec has no `batch`."
            yield Problem(pipeline.file, 0, 0, f"{where}: {work.kind}", reason, "Write one, or remove `batch: true`.")


def _batches(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Batch]:
    """Those that actions ask for whose sources are the commit's, so that it has the files that their builds name."""
    for _, action, work in placed(pipeline, Build):
        if work.batch and of_the_commit(action):
            spec = _spec(pipeline, action, work, read)
            if spec is not None and spec.batch is not None:
                yield spec.batch


def _spec(pipeline: Pipeline, action: Action, work: Build, read: Callable[[str], bytes | None]) -> Buildspec | None:
    """None where it can't be had yet, or is none."""
    if is_inline(work.buildspec):
        return read_buildspec(inline_text(work.buildspec).encode(), pipeline.file).buildspec
    data = read(str(work.buildspec)) if of_the_commit(action) else None
    return None if data is None else read_buildspec(data, str(work.buildspec)).buildspec
