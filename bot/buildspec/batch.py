"""The `batch` block (section 10): lists, graphs, matrices and fan-outs, all of which become a list of builds."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from bot.buildspec.text import Boolean, Texts, Variables
from bot.definition.document import Plain, quoted
from bot.definition.foreign import Part, Text
from bot.definition.grammar.text import refuse
from bot.model import buildspec as model

MOST_BUILDS = 100  # BAT-11
_IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,128}")


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise refuse(f"{quoted(value)} can't be an identifier (BAT-5).", "Use letters, digits and `_`.")
    return value


Identifier: TypeAlias = Annotated[Text, AfterValidator(_identifier), Field(description="Unique in the batch.")]


def _number(value: object) -> int:
    if isinstance(value, str) and value.isdigit() and 1 <= int(value[:9]) <= MOST_BUILDS:
        return int(value)
    shown = quoted(value) if isinstance(value, str | Plain) else "this"
    raise refuse(f"It must be a number of builds from 1 to {MOST_BUILDS}, and is {shown}.", "Write how many builds.")


Parallelism: TypeAlias = Annotated[
    int, BeforeValidator(_number, json_schema_input_type=Any), WithJsonSchema({"type": "integer", "minimum": 1})
]


class BuildEnvironment(Part):
    """What a build of a batch has of its own."""

    compute_type: Text | None = Field(default=None, alias="compute-type")
    fleet: Text | None = Field(default=None)
    image: Text | None = Field(default=None)
    privileged_mode: Boolean = Field(default=False, alias="privileged-mode")
    type: Text | None = Field(default=None)
    variables: Variables = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_place(self) -> "BuildEnvironment":
        if self.compute_type and self.fleet:
            raise refuse("`compute-type` and `fleet` are given together.", "Keep one of the two.")
        return self


class Entry(Part):
    """A build of a list."""

    identifier: Identifier
    buildspec: Text | None = Field(default=None)
    debug_session: Boolean = Field(default=False, alias="debug-session")
    env: BuildEnvironment | None = Field(default=None)
    ignore_failure: Boolean = Field(default=False, alias="ignore-failure")

    def build(self, depends_on: tuple[str, ...] = ()) -> model.BatchBuild:
        return model.BatchBuild(
            self.identifier,
            self.buildspec or "",
            self.env.variables if self.env else {},
            self.ignore_failure,
            depends_on,
            passed_over=_machine(self.env, self),
        )


class Node(Entry):
    """A build of a graph."""

    depend_on: Texts | None = Field(default=None, alias="depend-on")


class Static(Part):
    """What all builds of a matrix share."""

    ignore_failure: Boolean = Field(default=False, alias="ignore-failure")
    env: BuildEnvironment | None = Field(default=None)


class DynamicEnvironment(Part):
    """Lists, of which a matrix takes one value each."""

    compute_type: Texts | None = Field(default=None, alias="compute-type")
    image: Texts | None = Field(default=None)
    variables: dict[str, Texts] = Field(default_factory=dict)


class Dynamic(Part):
    """What differs between the builds of a matrix."""

    buildspec: Texts | None = Field(default=None)
    env: DynamicEnvironment | None = Field(default=None)


class Matrix(Part):
    """One build for each combination."""

    static: Static | None = Field(default=None)
    dynamic: Dynamic | None = Field(default=None)

    def builds(self) -> Iterator[model.BatchBuild]:
        dynamic = self.dynamic or Dynamic.model_construct(buildspec=None, env=None)
        env = dynamic.env or DynamicEnvironment.model_construct(compute_type=None, image=None, variables={})
        static = self.static or Static.model_construct(ignore_failure=False, env=None)
        shared: Mapping[str, str] = static.env.variables if static.env else {}
        chosen_from = [
            dynamic.buildspec or ("",),
            env.image or ("",),
            env.compute_type or ("",),
            *env.variables.values(),
        ]
        names = ["buildspec", "image", "compute-type", *env.variables]
        count = 1
        for values in chosen_from:
            count *= len(values)
        _few_enough(count)
        differ = [len(values) > 1 for values in chosen_from]
        for number, values in enumerate(product(*chosen_from)):
            told = zip(names, values, differ, strict=True)
            yield model.BatchBuild(
                f"build{number}",
                values[0],
                {**shared, **dict(zip(env.variables, values[3:], strict=True))},
                static.ignore_failure,
                label=", ".join(f"{name}={value}" for name, value, differs in told if differs),
                passed_over=_machine(static.env, env),
            )


class FanOut(Part):
    """Equal builds that share the tests."""

    parallelism: Parallelism
    ignore_failure: Boolean = Field(default=False, alias="ignore-failure")


class Batch(Part):
    """Several builds instead of one, when a batch is asked for (BAT-1)."""

    fast_fail: Boolean = Field(default=False, alias="fast-fail")
    build_list: Annotated[tuple[Entry, ...], Field(min_length=1)] | None = Field(default=None, alias="build-list")
    build_graph: Annotated[tuple[Node, ...], Field(min_length=1)] | None = Field(default=None, alias="build-graph")
    build_matrix: Matrix | None = Field(default=None, alias="build-matrix")
    build_fanout: FanOut | None = Field(default=None, alias="build-fanout")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Batch":
        given = [each for each in (self.build_list, self.build_graph, self.build_matrix, self.build_fanout) if each]
        if len(given) != 1:
            remedy = "Write exactly one of build-list, build-graph, build-matrix and build-fanout."
            raise refuse("A batch must say in one way which builds it has.", remedy)
        self.to_model()
        return self

    def to_model(self) -> model.Batch:
        builds = tuple(self._builds())
        _few_enough(len(builds))
        _unique(builds)
        _ordered(builds)
        return model.Batch(builds, self.fast_fail, self.build_fanout is not None)

    def _builds(self) -> Iterator[model.BatchBuild]:
        if self.build_fanout:
            for number in range(self.build_fanout.parallelism):
                yield model.BatchBuild(f"build{number}", ignore_failure=self.build_fanout.ignore_failure)
        elif self.build_matrix:
            yield from self.build_matrix.builds()
        for entry in self.build_list or ():
            yield entry.build()
        for node in self.build_graph or ():
            yield node.build(node.depend_on or ())


_MACHINE = ("compute_type", "fleet", "image", "privileged_mode", "type", "debug_session")


def _machine(*parts: Part | None) -> tuple[str, ...]:
    """The keys that are given and that choose a machine."""
    return tuple(name.replace("_", "-") for part in parts for name in _MACHINE if getattr(part, name, None))


def _few_enough(count: int) -> None:
    if count > MOST_BUILDS:
        raise refuse(f"The batch has {count} builds, and may have at most {MOST_BUILDS} (BAT-11).", "Make fewer.")


def _unique(builds: tuple[model.BatchBuild, ...]) -> None:
    seen: set[str] = set()
    for build in builds:
        if build.identifier in seen:
            raise refuse(f"The identifier {quoted(build.identifier)} is given twice.", "Give each build its own.")
        seen.add(build.identifier)


def _ordered(builds: tuple[model.BatchBuild, ...]) -> None:
    """BAT-4: every dependency is a build of the batch, and none depends on itself by a detour."""
    left = {build.identifier: set(build.depends_on) for build in builds}
    for name, needed in left.items():
        for other in sorted(needed - set(left)):
            raise refuse(
                f"{quoted(name)} depends on {quoted(other)}, which is no build of the batch.", "Name one that is."
            )
    while ready := [name for name, needed in left.items() if not needed]:
        left = {name: needed - set(ready) for name, needed in left.items() if name not in ready}
    if left:
        raise refuse(
            f"The builds {', '.join(sorted(left))} depend on one another in a circle.", "Remove a `depend-on`."
        )
