"""A buildspec's text to the model, or everything that is wrong with it (FIL-4), with what was passed over (FIL-5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock

from pydantic import BaseModel, ValidationError

from bot.buildspec.grammar import Buildspec, FirstBuildspec
from bot.buildspec.text import Part
from bot.definition.document import Document, Finding, List, Map, Mark, Path, locate, quoted, written
from bot.definition.shape import findings
from bot.definition.suggest import closest, did_you_mean, keys
from bot.definition.syntax import read_documents
from bot.model import buildspec as model
from bot.model.problem import Problem

MOST_PROBLEMS = 50
"""Told of one file, and then that there are more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`buildspec` is None when there are problems. `warnings` are sentences."""

    buildspec: model.Buildspec | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def is_buildspec(data: bytes) -> bool:
    """Whether a file means to be one, and no pipeline file, however well it does."""
    documents, _ = read_documents(data)
    root = documents[0].root if documents else None
    return isinstance(root, Map) and "phases" in root and "stages" not in root


def read_buildspec(data: bytes, file: str = "buildspec.yml") -> Reading:
    """`file` is how the problems name it."""
    documents, unreadable = read_documents(data)
    if unreadable:
        return Reading(None, tuple(_unreadable(file, each) for each in unreadable[:MOST_PROBLEMS]))
    if not documents or not isinstance(documents[0].root, Map):
        remedy = "Begin with `version: 0.2` and `phases:`."
        return Reading(None, (Problem(file, 1, 1, "", "This is no buildspec: it has no keys.", remedy),))
    body = _merged(documents[0].root)
    document = Document(body, documents[0].mark)
    root = FirstBuildspec if str(body.get("version", "")).strip() == "0.1" else Buildspec
    try:
        read = _ready(root).model_validate(body)
    except ValidationError as error:
        found = findings(error, document, root)
        problems = [_problem(file, document, each) for each in found[:MOST_PROBLEMS]]
        if len(found) > MOST_PROBLEMS:
            problems.append(
                Problem(file, 0, 0, "", f"There are more problems than these {MOST_PROBLEMS}.", "Mend these first.")
            )
        return Reading(None, tuple(sorted(problems, key=lambda each: (each.line or 1 << 30, each.column))))
    warnings = [*_several(documents, file), *(_warning(document, file, *each) for each in _unknown(read, ()))]
    assert isinstance(read, Buildspec | FirstBuildspec)  # noqa: S101  either root is one of the two
    return Reading(read.to_model(), (), tuple(warnings))


def _unreadable(file: str, finding: Finding) -> Problem:
    return Problem(file, *(finding.mark or Mark(1, 1)), written(finding.path), finding.reason, finding.remedy)


def _problem(file: str, document: Document, finding: Finding) -> Problem:
    mark, path = locate(document, finding)
    return Problem(file, *mark, path, finding.reason, finding.remedy)


def _several(documents: list[Document], file: str) -> Iterator[str]:
    if len(documents) > 1:
        yield f"{file} has {len(documents)} documents; only the first is read."


def _unknown(part: BaseModel, path: Path) -> Iterator[tuple[Path, type[BaseModel]]]:
    for key in part.model_extra or {}:
        yield (*path, key), type(part)
    for name, info in type(part).model_fields.items():
        yield from _unknown_in(getattr(part, name), (*path, info.alias or name))


def _unknown_in(value: object, path: Path) -> Iterator[tuple[Path, type[BaseModel]]]:
    if isinstance(value, Part):
        yield from _unknown(value, path)
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _unknown_in(child, (*path, key))
    elif isinstance(value, tuple):
        for index, child in enumerate(value):
            yield from _unknown_in(child, (*path, index))


def _warning(document: Document, file: str, path: Path, noun: type[BaseModel]) -> str:
    mark, _ = locate(document, Finding(path, "", on_key=True))
    meant = closest(str(path[-1]), keys(noun))
    hint = f" {did_you_mean(meant)}" if meant else ""
    return f"{file}, line {mark.line}: the key {quoted(path[-1])} is not known here, and ignored.{hint}"


def _merged(value: Map) -> Map:
    """With YAML 1.1's merge keys (`<<`) done: CodeBuild reads them, the pipeline file does not."""
    result = Map(value.mark)
    for key, child in value.items():
        if key != "<<":
            result[key], result.marks[key] = _merged_in(child), value.marks[key]
    sources = value.get("<<")
    for source in sources if isinstance(sources, List) else [sources]:
        if isinstance(source, Map):
            inherited = _merged(source)
            for key in inherited.keys() - result.keys():
                result[key], result.marks[key] = inherited[key], inherited.marks[key]
    return result


def _merged_in(value: object) -> object:
    if isinstance(value, List):
        merged = List(value.mark)
        merged.extend(_merged_in(child) for child in value)
        merged.marks = value.marks
        return merged
    return _merged(value) if isinstance(value, Map) else value


_BUILDING = Lock()


@cache
def _ready(root: type[BaseModel]) -> type[BaseModel]:
    """The grammar, its validator built under a lock: building it in two threads at once is not safe."""
    with _BUILDING:
        root.model_rebuild()
    return root
