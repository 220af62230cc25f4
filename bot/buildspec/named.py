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


def named_problems(pipeline: Pipeline, read: Callable[[str], bytes | None]) -> Iterator[Problem]:
    """`read` gives a file of the commit, None where there is none. What is in an artifact can't be known before it is made."""
    seen: set[str] = set()
    for stage in pipeline.stages:
        for action in stage.actions:
            if isinstance(action.work, Build):
                yield from _problems(pipeline, f"{stage.name}/{action.name}", action, action.work, read, seen)


def _problems(
    pipeline: Pipeline,
    where: str,
    action: Action,
    work: Build,
    read: Callable[[str], bytes | None],
    seen: set[str],
) -> Iterator[Problem]:
    spec = work.buildspec
    if is_inline(spec):
        for problem in read_buildspec(inline_text(spec).encode(), pipeline.file).problems:
            path = f"{where}: {work.kind}.{problem.path}" if problem.path else f"{where}: {work.kind}"
            yield replace(problem, line=0, column=0, path=path)
    elif action.inputs[:1] in ((), (SOURCE,)) and isinstance(spec, str) and spec not in seen:
        seen.add(spec)
        data = read(spec)
        if data is None:
            remedy = "Commit one there, or name yours."
            yield Problem(pipeline.file, 0, 0, f"{where}: {work.kind}", f"There is no file `{spec}`.", remedy)
        else:
            yield from read_buildspec(data, spec).problems
