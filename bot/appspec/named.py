"""The appspecs that a pipeline names or holds, checked with it: better told now than in the middle of a deployment."""

import json
from collections.abc import Callable, Iterator, Mapping

from bot.appspec.read import Reading, read_appspec
from bot.appspec.releases import misplaced
from bot.definition.placed import in_place, of_the_commit, placed, readings
from bot.model.pipeline import Deploy, Pipeline
from bot.model.problem import Problem


def inline_text(appspec: Mapping[str, object]) -> str:
    """The document; JSON is YAML."""
    return json.dumps(appspec)


def holds_any(pipeline: Pipeline) -> bool:
    """Whether it holds an appspec in place."""
    return any(not isinstance(work.appspec, str) for _, _, work in placed(pipeline, Deploy))


def named_files(pipeline: Pipeline) -> set[str]:
    """The files of the commit that its deployments name. What is in an artifact can't be known before it is made."""
    return {
        work.appspec
        for _, action, work in placed(pipeline, Deploy)
        if isinstance(work.appspec, str) and of_the_commit(action)
    }


def named_problems(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Problem]:
    """`read` gives a file of the commit, None where there is none, which is no problem of the pipeline's."""
    for where, _, work in placed(pipeline, Deploy):
        if not isinstance(work.appspec, str):
            reading = read_appspec(inline_text(work.appspec).encode(), pipeline.file)
            yield from in_place(reading.problems, f"{where}: deploy")
            yield from _outside_releases(reading, work, pipeline.file, where)
    found = readings(named_files(pipeline), read, read_appspec)
    for reading in found.values():
        yield from reading.problems
    for where, action, work in placed(pipeline, Deploy):
        if isinstance(work.appspec, str) and work.appspec in found and of_the_commit(action):
            yield from _outside_releases(found[work.appspec], work, work.appspec, where)


def _outside_releases(reading: Reading, work: Deploy, file: str, where: str) -> Iterator[Problem]:
    releases = work.options.releases
    if reading.appspec is not None and releases is not None:
        for why in misplaced(reading.appspec, releases):
            yield Problem(file, 0, 0, f"{where}: deploy.releases", why)
