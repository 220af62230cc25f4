"""Files of somebody else's format (buildspecs, appspecs), read as leniently as their owner reads them: unknown keys are warnings.

What their keys mean is theirs: `bot.buildspec`, `bot.appspec`. The texts here take numbers and booleans as they are written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema

from bot.definition.document import Document, Finding, Map, Mark, Path, locate, quoted, written
from bot.definition.grammar.text import refuse
from bot.definition.merge_keys import merged
from bot.definition.shape import findings
from bot.definition.suggest import closest, did_you_mean, keys
from bot.definition.syntax import read_documents
from bot.model.problem import Problem

MOST_PROBLEMS = 50
"""Told of one file, and then that there are more."""


class Part(BaseModel):
    """A mapping of the file. Unknown keys are kept, and told as warnings. Validators are built at first use."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


def text(value: object) -> str:
    """Numbers and booleans are taken as their text; a mapping is the mistake of an unquoted `key: value`."""
    if isinstance(value, str):
        if "\0" in value:
            raise refuse("It has a zero byte in it, which no text can have.", "Remove it.")
        return str(value)
    if isinstance(value, Map):
        key = next(iter(value), "")
        reason = f"It must be a text, and is a mapping with the key {quoted(key)}."
        raise refuse(reason, "Put quotes around a text that contains `: `.")
    if value is None:
        raise refuse("It has no value.", "Write a text behind it, or remove it.")
    raise refuse("It must be a text, and is a list.", "Write each text as an item of its own.")


Text: TypeAlias = Annotated[str, BeforeValidator(text), WithJsonSchema({"type": ["string", "number", "boolean"]})]


@dataclass(frozen=True, slots=True)
class ForeignReading:
    """`part` is None when there are problems. `warnings` are sentences."""

    part: Part | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def read_foreign(
    data: bytes,
    file: str,
    empty: tuple[str, str],
    noun: Callable[[Map], type[Part]],
    refused: Callable[[Document], Iterator[Finding]] = lambda _: iter(()),
) -> ForeignReading:
    """One document, held against the noun that fits it. `empty` is reason and remedy for a file that has no keys.

    `refused` finds what makes it another kind of document altogether: then nothing more is told.
    """
    documents, unreadable = read_documents(data)
    if unreadable:
        return ForeignReading(None, tuple(_unreadable(file, each) for each in unreadable[:MOST_PROBLEMS]))
    if not documents or not isinstance(documents[0].root, Map):
        return ForeignReading(None, (Problem(file, 1, 1, "", *empty),))
    document = Document(merged(documents[0].root), documents[0].mark)
    if other := tuple(_problem(file, document, each) for each in refused(document)):
        return ForeignReading(None, other)
    assert isinstance(document.root, Map)  # noqa: S101  merged from one
    root = noun(document.root)
    try:
        read = _ready(root).model_validate(document.root)
    except ValidationError as error:
        return ForeignReading(None, _problems(file, document, findings(error, document, root)))
    warnings = [*_several(documents, file), *(_warning(document, file, *each) for each in _unknown(read, ()))]
    assert isinstance(read, Part)  # noqa: S101  that is what was asked for
    return ForeignReading(read, (), tuple(warnings))


def _problems(file: str, document: Document, found: list[Finding]) -> tuple[Problem, ...]:
    problems = [_problem(file, document, each) for each in found[:MOST_PROBLEMS]]
    if len(found) > MOST_PROBLEMS:
        more = f"There are more problems than these {MOST_PROBLEMS}."
        problems.append(Problem(file, 0, 0, "", more, "Mend these first."))
    return tuple(sorted(problems, key=lambda each: (each.line or 1 << 30, each.column)))


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


_BUILDING = Lock()


@cache
def _ready(root: type[BaseModel]) -> type[BaseModel]:
    """The grammar, its validator built under a lock: building it in two threads at once is not safe."""
    with _BUILDING:
        root.model_rebuild()
    return root
