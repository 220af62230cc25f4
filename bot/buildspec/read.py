"""A buildspec's text to the model, or everything that is wrong with it (FIL-4), with what was passed over (FIL-5)."""

from dataclasses import dataclass

from bot.buildspec.grammar import BatchOnly, Buildspec, FirstBuildspec
from bot.definition.document import Map
from bot.definition.foreign import Part, read_foreign
from bot.definition.syntax import read_documents
from bot.model import buildspec as model
from bot.model.problem import Problem

_EMPTY = "This is no buildspec: it has no keys.", "Begin with `version: 0.2` and `phases:`."


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
    return isinstance(root, Map) and not root.keys().isdisjoint(("phases", "batch")) and "stages" not in root


def read_buildspec(data: bytes, file: str = "buildspec.yml") -> Reading:
    """`file` is how the problems name it."""
    read = read_foreign(data, file, _EMPTY, _noun)
    if read.part is None:
        return Reading(None, read.problems)
    assert isinstance(read.part, Buildspec | FirstBuildspec)  # noqa: S101  either noun is one of the two
    return Reading(read.part.to_model(), (), read.warnings)


def _noun(body: Map) -> type[Part]:
    if str(body.get("version", "")).strip() == "0.1":
        return FirstBuildspec
    return BatchOnly if "batch" in body and "phases" not in body else Buildspec
