"""Actions that name or hold another document of the repository, such as a buildspec: where they are, and where its problems are told."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from bot.definition.outline import SOURCE
from bot.model.pipeline import Action, Pipeline
from bot.model.problem import Problem

W = TypeVar("W")
R = TypeVar("R")


def placed(pipeline: Pipeline, kind: type[W]) -> Iterator[tuple[str, Action, W]]:
    """Those with such work, each with its place: `stage/action`."""
    for stage in pipeline.stages:
        for action in stage.actions:
            if isinstance(action.work, kind):
                yield f"{stage.name}/{action.name}", action, action.work


def of_the_commit(action: Action) -> bool:
    """Whether what it works on is the commit itself. What is in an artifact can't be known before it is made."""
    return action.inputs[:1] in ((), (SOURCE,))


def in_place(problems: Collection[Problem], where: str) -> Iterator[Problem]:
    """Of a document that stands in the pipeline file, at `where`: its own lines are none of that file's."""
    for problem in problems:
        yield replace(problem, line=0, column=0, path=f"{where}.{problem.path}" if problem.path else where)


def readings(
    names: Collection[str], file: Callable[[str], bytes | None], read: Callable[[bytes, str], R]
) -> Mapping[str, R]:
    """Each document that is there, read. One that is not is no problem of the pipeline's: an action may yet make it."""
    return {name: read(data, name) for name in sorted(names) if (data := file(name)) is not None}
