"""A tolerant view of a document for the checks: what is there and usable, whatever else may be wrong with it.

The checks look at this and not at the grammar's models, so that a misspelt key somewhere does not hide a wrong reference
elsewhere: all problems are told together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.definition.document import List, Map, Path, Plain, texts
from bot.definition.grammar.action import WORK_KINDS, artifact_of

Position = tuple[int, int]
"""A stage's index and a run order in it: what has a smaller one has ended before."""

SOURCE = "source"
"""The artifact and the namespace of the implicit source stage."""


@dataclass(frozen=True, slots=True)
class ActionOutline:
    path: Path
    body: Map
    position: Position

    @property
    def name(self) -> str | None:
        return text_at(self.body, "name")

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind in WORK_KINDS if kind in self.body)

    def inputs(self) -> Iterator[tuple[Path, str]]:
        value = self.body.get("inputs")
        yield from listed(value, (*self.path, "inputs"))

    def outputs(self) -> Iterator[tuple[Path, str]]:
        outputs = mapping_at(self.body, "outputs")
        if not outputs and "source" in self.body and self.name:
            yield (*self.path, "name"), artifact_of(self.name)
        for name in outputs:
            yield (*self.path, "outputs", name), name
        yield from listed(self.body.get("outputs"), (*self.path, "outputs"))

    @property
    def namespace(self) -> str | None:
        return text_at(self.body, "namespace")


@dataclass(frozen=True, slots=True)
class StageOutline:
    index: int
    path: Path
    body: Map
    actions: tuple[ActionOutline, ...]

    @property
    def name(self) -> str | None:
        return text_at(self.body, "name")


@dataclass(frozen=True, slots=True)
class RuleOutline:
    path: Path
    body: Map


@dataclass(frozen=True, slots=True)
class Outline:
    """What the checks see of one document."""

    root: Map
    stages: tuple[StageOutline, ...]

    @property
    def actions(self) -> Iterator[ActionOutline]:
        for stage in self.stages:
            yield from stage.actions


def outline(root: Map) -> Outline:
    stages = [_stage(index, path, body) for index, path, body in _mappings(root.get("stages"), ("stages",))]
    return Outline(root, tuple(stages))


def _stage(index: int, path: Path, body: Map) -> StageOutline:
    actions = [
        ActionOutline(place, action, (index, _run_order(action)))
        for _, place, action in _mappings(body.get("actions"), (*path, "actions"))
    ]
    return StageOutline(index, path, body, tuple(actions))


def _run_order(action: Map) -> int:
    value = action.get("run_order")
    return value.value if isinstance(value, Plain) and isinstance(value.value, int) else 1


def _mappings(value: object, path: Path) -> Iterator[tuple[int, Path, Map]]:
    if isinstance(value, List):
        for index, item in enumerate(value):
            if isinstance(item, Map):
                yield index, (*path, index), item


def rules(condition: Map, path: Path) -> Iterator[RuleOutline]:
    for _, place, body in _mappings(condition.get("rules"), (*path, "rules")):
        yield RuleOutline(place, body)


def every_rule(outline: Outline) -> Iterator[RuleOutline]:
    """The rules of all conditions of all stages."""
    for stage in outline.stages:
        for key in ("before_entry", "on_success", "on_failure"):
            condition = stage.body.get(key)
            if isinstance(condition, Map):
                yield from rules(condition, (*stage.path, key))


def text_at(body: Map, key: str) -> str | None:
    value = body.get(key)
    return str(value) if isinstance(value, str) else None


def mapping_at(body: Map, key: str) -> Map | dict[str, object]:
    value = body.get(key)
    return value if isinstance(value, Map) else {}


def listed(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts of a list, or the one text that stands for a list."""
    if isinstance(value, (str, List)):
        yield from texts(value, path)


def items(value: object, path: Path) -> Iterator[tuple[Path, Map]]:
    """The mappings of a list, or the one mapping that stands for a list."""
    if isinstance(value, Map):
        yield path, value
    else:
        for _, place, body in _mappings(value, path):
            yield place, body
