"""CloudFormation templates: each `AWS::CodePipeline::Pipeline` as the definition that `get-pipeline` would show, and what stands around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.definition.document import List, Map, Mark, Plain
from bot.definition.importer.intrinsics import NO_VALUE, Intrinsics
from bot.definition.importer.pieces import Made, Piece, marked
from bot.definition.importer.placeholders import Holes, plain
from bot.definition.importer.reading import PIPELINE

_AS_THEY_ARE = ("Configuration",)
"""Mappings whose keys belong to an action type."""


@dataclass(frozen=True, slots=True)
class Project:
    """A build project of the same template: what a CodeBuild action does not say itself."""

    name: str
    properties: Piece


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the file knows beside the pipeline. Empty for `get-pipeline` JSON."""

    holes: Holes = field(default_factory=Holes)
    projects: Mapping[str, Project] = field(default_factory=dict)
    schedules: tuple[tuple[Mark, str], ...] = ()
    told_of_pushes: bool = False
    """Whether an event rule or a webhook of the template starts the pipeline."""


@dataclass(frozen=True, slots=True)
class Native:
    """One definition in `get-pipeline`'s words."""

    body: Map
    around: Surroundings
    name: str = ""
    """The logical name, for what has no name of its own."""
    extras: tuple[tuple[Mark, str], ...] = ()
    """Keys that CloudFormation adds: they are no part of the definition."""
    region: str = ""
    """Where it is, as far as the file says so beside it."""


def pipelines(template: Map, parameters: Mapping[str, str]) -> Iterator[Native]:
    intrinsics = Intrinsics(template, parameters)
    for name, resource, mark in _resources(intrinsics, PIPELINE):
        properties = intrinsics.resolve(resource.take("Properties"), resource.mark("Properties"))
        body = properties if isinstance(properties, Map) else Map(mark)
        extras = [(body.marks[key][0], key) for key in _CLOUDFORMATION_ONLY if key in body]
        if "Condition" in resource.body:
            extras.append((resource.on_key("Condition"), "Condition"))
        members = _uncapitalised(body)
        _regions(members)
        yield Native(members, _surroundings(intrinsics, name), name, tuple(extras))


_CLOUDFORMATION_ONLY = ("Tags", "RestartExecutionOnUpdate", "DisableInboundStageTransitions")


def _resources(intrinsics: Intrinsics, kind: str) -> Iterator[tuple[str, Piece, Mark]]:
    resources = intrinsics.section("Resources")
    for name, resource in resources.items():
        piece = Piece(resource, resources.marks[name][1])
        if piece.text("Type") == kind:
            yield name, piece, piece.start


def _uncapitalised(value: object, *, top: bool = True) -> Map:
    """Property names as the interface has them: `RoleArn` there is `roleArn` here."""
    members = Made(value.mark if isinstance(value, Map) else Mark(1, 1))
    for key, child in value.items() if isinstance(value, Map) else ():
        if top and key in _CLOUDFORMATION_ONLY:
            continue
        name = key[:1].lower() + key[1:]
        if name in members:
            continue
        members[name] = child if key in _AS_THEY_ARE else _inside(child)
        members.marks[name] = value.marks[key] if isinstance(value, Map) else (members.mark, members.mark)
    return members


def _inside(value: object) -> object:
    if isinstance(value, Map):
        return _uncapitalised(value, top=False)
    if isinstance(value, List):
        items = List(value.mark)
        items.extend(_inside(item) for item in value)
        items.marks = list(value.marks)
        return items
    return value


def _regions(members: Map) -> None:
    """CloudFormation lists the artifact stores of regions; the interface maps them."""
    stores = members.get("artifactStores")
    if isinstance(stores, List):
        mapped = Made(stores.mark)
        for mark, item in marked(stores):
            store = Piece(item, mark)
            region = plain(store.text("region"))
            if region and region not in mapped:
                mapped[region], mapped.marks[region] = store.take("artifactStore"), (mark, store.mark("artifactStore"))
        members["artifactStores"] = mapped


def _surroundings(intrinsics: Intrinsics, pipeline: str) -> Surroundings:
    projects: dict[str, Project] = {}
    for name, resource, _ in _resources(intrinsics, "AWS::CodeBuild::Project"):
        properties = intrinsics.resolve(resource.take("Properties"), resource.mark("Properties"))
        piece = Piece(properties if properties is not NO_VALUE else None, resource.mark("Properties"))
        project = Project(name, piece)
        projects |= {name: project, plain(piece.text("Name")) or name: project}
    rules = [piece for _, piece, _ in _resources(intrinsics, "AWS::Events::Rule") if _names(piece, pipeline)]
    hooks = [piece for _, piece, _ in _resources(intrinsics, "AWS::CodePipeline::Webhook") if _names(piece, pipeline)]
    events = [Piece(rule.take("Properties"), rule.mark("Properties")) for rule in rules]
    return Surroundings(
        intrinsics.holes,
        projects,
        tuple(_schedules(intrinsics, events)),
        bool(hooks) or any("EventPattern" in event.body for event in events),
    )


def _schedules(intrinsics: Intrinsics, events: list[Piece]) -> Iterator[tuple[Mark, str]]:
    for event in events:
        if "ScheduleExpression" in event.body:
            mark = event.mark("ScheduleExpression")
            yield mark, intrinsics.text(event.take("ScheduleExpression"), mark)


def _names(resource: Piece, pipeline: str) -> bool:
    """Whether a resource refers to the pipeline by its logical name, however it does."""
    waiting: list[object] = [resource.body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Map):
            waiting += value.values()
        elif isinstance(value, List):
            waiting += value
        elif isinstance(value, str) and not isinstance(value, Plain):
            named = f"${{{pipeline}}}" in value or value == pipeline or value.startswith(f"{pipeline}.")
            if named:
                return True
    return False
