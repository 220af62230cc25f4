"""The buildspecs that a pipeline names or holds, checked with it: better told now than by the action that would run them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from bot.buildspec.read import read_buildspec
from bot.model.pipeline import Action, Build, Pipeline
from bot.model.problem import Problem

SOURCE = "source"


def is_inline(buildspec: str | Mapping[str, object]) -> bool:
    """FIL-2: the document itself, and not where it is."""
    return not isinstance(buildspec, str) or "\n" in buildspec or buildspec.lstrip().startswith("version:")


def inline_text(buildspec: str | Mapping[str, object]) -> str:
    """The document; JSON is YAML."""
    return buildspec if isinstance(buildspec, str) else json.dumps(buildspec)


def holds_any(pipeline: Pipeline) -> bool:
    """Whether it holds a buildspec in place."""
    return any(is_inline(work.buildspec) for _, _, work in _builds(pipeline))


def named_files(pipeline: Pipeline) -> set[str]:
    """The files of the commit that its builds name. What is in an artifact can't be known before it is made."""
    return {
        work.buildspec
        for _, action, work in _builds(pipeline)
        if isinstance(work.buildspec, str) and not is_inline(work.buildspec) and action.inputs[:1] in ((), (SOURCE,))
    }


def named_problems(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Problem]:
    """`read` gives a file of the commit, None where there is none, which is no problem of the pipeline's."""
    for where, _, work in _builds(pipeline):
        if is_inline(work.buildspec):
            for problem in read_buildspec(inline_text(work.buildspec).encode(), pipeline.file).problems:
                path = f"{where}: {work.kind}.{problem.path}" if problem.path else f"{where}: {work.kind}"
                yield replace(problem, line=0, column=0, path=path)
    for name in sorted(named_files(pipeline)):
        data = read(name)
        if data is not None:
            yield from read_buildspec(data, name).problems


def _builds(pipeline: Pipeline) -> Iterator[tuple[str, Action, Build]]:
    for stage in pipeline.stages:
        for action in stage.actions:
            if isinstance(action.work, Build):
                yield f"{stage.name}/{action.name}", action, action.work
