"""Names that must differ (STR-7, STR-8, STR-12), and names that are taken by what is built in."""

from collections.abc import Iterable, Iterator

from bot.definition.document import Finding, Map, Path, quoted
from bot.definition.outline import SOURCE, Outline, rules, text_at

BUILT_IN_NAMESPACES = ("codepipeline", "variables", SOURCE)
CONDITIONS = ("before_entry", "on_success", "on_failure")


def check(outline: Outline) -> Iterator[Finding]:
    yield from _unique("Stage", ((s.path, s.name) for s in outline.stages), "the pipeline")
    for stage in outline.stages:
        yield from _unique("Action", ((a.path, a.name) for a in stage.actions), "the stage")
        for key in CONDITIONS:
            condition = stage.body.get(key)
            if isinstance(condition, Map):
                found = rules(condition, (*stage.path, key))
                yield from _unique("Rule", ((r.path, text_at(r.body, "name")) for r in found), "the condition")
    yield from _artifacts(outline)
    yield from _namespaces(outline)


def _unique(what: str, named: Iterable[tuple[Path, str | None]], where: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, name in named:
        if name is None:
            continue
        if name in seen:
            yield Finding(
                (*path, "name"), f"{what} name {quoted(name)} is used twice.", f"Give each its own name in {where}."
            )
        seen.add(name)


def _artifacts(outline: Outline) -> Iterator[Finding]:
    seen: set[str] = set()
    for action in outline.actions:
        for path, name in action.outputs():
            if name == SOURCE:
                reason = f"The artifact {quoted(SOURCE)} is the pushed commit, and no action can produce it."
                yield Finding(path, reason, "Choose another name.", on_key=True)
            elif name in seen:
                reason = f"The artifact {quoted(name)} is produced by another action already."
                yield Finding(path, reason, "Give each artifact its own name in the pipeline.", on_key=True)
            seen.add(name)


def _namespaces(outline: Outline) -> Iterator[Finding]:
    artifacts = {name for action in outline.actions for _, name in action.outputs()}
    seen: set[str] = set()
    for action in outline.actions:
        name, path = action.namespace, (*action.path, "namespace")
        if name is None:
            continue
        if name in BUILT_IN_NAMESPACES:
            yield Finding(path, f"The namespace {quoted(name)} is built in.", "Choose another name.")
        elif name in seen:
            reason = f"The namespace {quoted(name)} is used by another action already."
            yield Finding(path, reason, "Give each action its own namespace.")
        elif name in artifacts:
            yield Finding(path, f"The namespace {quoted(name)} is an artifact's name too.", "Rename one of the two.")
        seen.add(name)
