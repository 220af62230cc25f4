"""The appspecs that a pipeline names or holds, checked with it: better told now than in the middle of a deployment."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bot.appspec.read import Reading, read_appspec
from bot.appspec.releases import misplaced
from bot.model.pipeline import Action, Deploy, Pipeline
from bot.model.problem import Problem

SOURCE = "source"


def inline_text(appspec: Mapping[str, object]) -> str:
    """The document; JSON is YAML."""
    return json.dumps(appspec)


def holds_any(pipeline: Pipeline) -> bool:
    """Whether it holds an appspec in place."""
    return any(not isinstance(work.appspec, str) for _, _, work in _deployments(pipeline))


def named_files(pipeline: Pipeline) -> set[str]:
    """The files of the commit that its deployments name. What is in an artifact can't be known before it is made."""
    return {
        work.appspec
        for _, action, work in _deployments(pipeline)
        if isinstance(work.appspec, str) and _of_the_commit(action)
    }


def named_problems(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Problem]:
    """`read` gives a file of the commit, None where there is none, which is no problem of the pipeline's."""
    for where, _, work in _deployments(pipeline):
        if not isinstance(work.appspec, str):
            reading = read_appspec(inline_text(work.appspec).encode(), pipeline.file)
            for problem in reading.problems:
                path = f"{where}: deploy.{problem.path}" if problem.path else f"{where}: deploy"
                yield replace(problem, line=0, column=0, path=path)
            yield from _outside_releases(reading, work, pipeline.file, where)
    named = named_files(pipeline)
    readings = {name: read_appspec(data, name) for name in sorted(named) if (data := read(name)) is not None}
    for reading in readings.values():
        yield from reading.problems
    for where, action, work in _deployments(pipeline):
        if isinstance(work.appspec, str) and work.appspec in readings and _of_the_commit(action):
            yield from _outside_releases(readings[work.appspec], work, work.appspec, where)


def _outside_releases(reading: Reading, work: Deploy, file: str, where: str) -> Iterator[Problem]:
    releases = work.options.releases
    if reading.appspec is not None and releases is not None:
        for why in misplaced(reading.appspec, releases):
            yield Problem(file, 0, 0, f"{where}: deploy.releases", why)


def _of_the_commit(action: Action) -> bool:
    return action.inputs[:1] in ((), (SOURCE,))


def _deployments(pipeline: Pipeline) -> Iterator[tuple[str, Action, Deploy]]:
    for stage in pipeline.stages:
        for action in stage.actions:
            if isinstance(action.work, Deploy):
                yield f"{stage.name}/{action.name}", action, action.work
