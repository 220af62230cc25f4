"""`#{namespace.key}`: every reference names something that has its value by then (STR-25, VAR-2, VAR-4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.definition.checks.names import CONDITIONS
from bot.definition.document import Finding, List, Map, Path, quoted, texts
from bot.definition.grammar.action import WORK_KINDS
from bot.definition.outline import SOURCE, ActionOutline, Outline, Position, mapping_at, rules
from bot.definition.suggest import closest

# VAR-1's grammar. Text that does not match it exactly, such as `#{x}` in a script, is no reference.
_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")

SOURCE_KEYS = (
    "CommitId",
    "BranchName",
    "AuthorDate",
    "CommitMessage",
    "RepositoryName",
    "FullRepositoryName",
    "TagName",
    "PullRequest",
)
PIPELINE_KEYS = ("PipelineExecutionId",)
_AFTER_ALL_ACTIONS = 1_000_000
"""A run order behind every possible one: where a stage's conditions for success and failure stand."""


@dataclass(frozen=True, slots=True)
class _Known:
    variables: tuple[str, ...]
    namespaces: dict[str, ActionOutline]
    actions: dict[str, ActionOutline]


def check(outline: Outline) -> Iterator[Finding]:
    known = _Known(
        tuple(mapping_at(outline.root, "variables")),
        {action.namespace: action for action in outline.actions if action.namespace},
        {action.name: action for action in outline.actions if action.name},
    )
    for position, path, text in _places(outline):
        for match in _REFERENCE.finditer(text):
            reason, remedy = _complaint(match[1], match[2], position, known)
            if reason:
                yield Finding(path, reason, remedy)
    yield from _misplaced(outline)


def _places(outline: Outline) -> Iterator[tuple[Position, Path, str]]:
    """Every text in which references are resolved, and when."""
    for action in outline.actions:
        for key in (*WORK_KINDS, "env", "image"):
            for path, text in texts(action.body.get(key), (*action.path, key)):
                yield action.position, path, text
    for stage in outline.stages:
        for key in CONDITIONS:
            condition = stage.body.get(key)
            position = (stage.index, 0 if key == "before_entry" else _AFTER_ALL_ACTIONS)
            for rule in rules(condition, (*stage.path, key)) if isinstance(condition, Map) else ():
                for path, text in texts(rule.body, rule.path):
                    yield position, path, text


def _complaint(namespace: str, key: str, position: Position, known: _Known) -> tuple[str, str]:
    match namespace:
        case "variables":
            return _built_in(namespace, key, known.variables, f"Declare it: `{key}:` under `variables:`.")
        case "source":
            return _built_in(namespace, key, SOURCE_KEYS, f"The source has {', '.join(SOURCE_KEYS)}.")
        case "codepipeline":
            return _built_in(namespace, key, PIPELINE_KEYS, "There is `#{codepipeline.PipelineExecutionId}`.")
    producer = known.namespaces.get(namespace)
    if producer is None:
        return _unknown_namespace(namespace, key, known)
    if producer.position < position:
        return "", ""
    who = quoted(producer.name or "?")
    reason = f"{_written(namespace, key)} comes from the action {who}, which does not end before it is needed here."
    return reason, "Use a higher `run_order`, or a later stage."


def _built_in(namespace: str, key: str, keys: tuple[str, ...], otherwise: str) -> tuple[str, str]:
    if key in keys:
        return "", ""
    meant = closest(key, keys)
    remedy = f"Did you mean {_written(namespace, meant)}?" if meant else otherwise
    return f"{_written(namespace, key)} does not exist.", remedy


def _unknown_namespace(namespace: str, key: str, known: _Known) -> tuple[str, str]:
    reason = f"{_written(namespace, key)} names no namespace of an action."
    if namespace in known.actions:
        return reason, f"Add {quoted('namespace: ' + namespace)} to the action of that name."
    meant = closest(namespace, (*known.namespaces, "variables", SOURCE, "codepipeline"))
    if meant:
        return reason, f"Did you mean {_written(meant, key)}?"
    return reason, f"Give the action that it comes from {quoted('namespace: ' + namespace)}."


def _written(namespace: str, key: str) -> str:
    return quoted(f"#{{{namespace}.{key}}}")


def _misplaced(outline: Outline) -> Iterator[Finding]:
    """VAR-2 and VAR-6: not in lists of artifacts, not in what starts an execution, not inside a value itself."""
    unresolved: list[tuple[Path, object]] = [(("triggers",), outline.root.get("triggers"))]
    for name, variable in mapping_at(outline.root, "variables").items():
        default = variable.get("default") if isinstance(variable, Map) else variable
        unresolved.append((("variables", name, "default"), default))
    unresolved += [((*action.path, "outputs"), action.body.get("outputs")) for action in outline.actions]
    for place, value in unresolved:
        for path, text in texts(value, place) if isinstance(value, (str, Map, List)) else ():
            match = _REFERENCE.search(text)
            if match is not None:
                reason = f"{_written(match[1], match[2])} is not resolved here."
                yield Finding(path, reason, "Use references in what an action does, its `env`, and rules.")
