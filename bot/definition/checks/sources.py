"""`source` actions: which keys go with which type, where they stand, and who can use what they make (SRC-1, STR-4, STR-11, VAR-12)."""

import re
from collections.abc import Iterator

from bot.definition.document import Finding, Map, Path, quoted, texts
from bot.definition.grammar.source import IMAGE, KEYS, REPOSITORY, Source
from bot.definition.outline import ActionOutline, Outline, text_at

_NOT_FOR_SOURCES = ("inputs", "image", "env")
CLONES = ("run", "build", "test")
"""The actions that may take a reference to a commit and clone it."""


def check(outline: Outline) -> Iterator[Finding]:
    clones: dict[str, ActionOutline] = {}
    for action in outline.actions:
        if "source" not in action.body:
            yield from _uses(action, clones)
            continue
        yield from _place(action)
        yield from _beside(action)
        body = action.body["source"]
        if isinstance(body, Map):
            yield from _keys(body, (*action.path, "source"))
            if text_at(body, "format") == "clone":
                clones |= {name: action for _, name in action.outputs()}
                yield from _files_of_clone(action)


def _place(action: ActionOutline) -> Iterator[Finding]:
    """STR-4: sources come first. The pushed commit is in a stage of its own before all others, so others may stand beside them."""
    if action.position[0]:
        reason = "A `source` action stands only in the first stage."
        yield Finding((*action.path, "source"), reason, "Move it to the first stage.", on_key=True)


def _beside(action: ActionOutline) -> Iterator[Finding]:
    for key in _NOT_FOR_SOURCES:
        if key in action.body:
            reason = f"A `source` action takes no {quoted(key)}: it runs nothing."
            yield Finding((*action.path, key), reason, "Remove it.", on_key=True)
    outputs = [path for path, _ in action.outputs()]
    if len(outputs) > 1:  # STR-11
        reason = "A `source` action makes one artifact."
        yield Finding(outputs[1], reason, "Keep one of them.", on_key=True)
    for path, text in texts(action.body["source"], (*action.path, "source")):
        if "#{" in text:  # VAR-12, STR-25: what starts a pipeline must be known before it runs
            reason = "A source cannot use references: it is read before anything has a value."
            yield Finding(path, reason, "Write the value itself.")


def _keys(body: Map, path: Path) -> Iterator[Finding]:
    kind = text_at(body, "type")
    if kind is None or kind not in KEYS:
        return  # the grammar tells that
    must, may = KEYS[kind]
    for key in body:
        if key in Source.model_fields and key not in must | may | {"type", "detect_changes", "poll"}:
            reason = f"A source of type {quoted(kind)} has no {quoted(key)}."
            has = ", ".join(f"`{name}`" for name in sorted(must | may))
            yield Finding((*path, key), reason, f"It has {has}.", on_key=True)
    for key in sorted(must - set(body)):
        yield Finding(path, f"A source of type {quoted(kind)} needs {quoted(key)}.", f"Add `{key}:`.")
    repository = text_at(body, "repository")
    if repository is None or "#{" in repository:
        return
    if kind == "git" and not _is_name(repository):
        reason = f"{quoted(repository)} is no repository's name."
        remedy = "Write `owner/name`, and `host:` where it is on another host that the bot is set up for."
        yield Finding((*path, "repository"), reason, remedy)
    if kind == "image" and not re.fullmatch(IMAGE, repository):
        reason = f"{quoted(repository)} is no image's name."
        remedy = "Write it without registry and tag, such as `acme/web`; the registry is one of the bot's settings."
        yield Finding((*path, "repository"), reason, remedy)


def _is_name(repository: str) -> bool:
    parts = repository.split("/")
    return bool(re.fullmatch(REPOSITORY, repository)) and not any(set(part) <= {"."} for part in parts)


def _files_of_clone(action: ActionOutline) -> Iterator[Finding]:
    outputs = action.body.get("outputs")
    for path, text in texts(outputs, (*action.path, "outputs")) if isinstance(outputs, Map) else ():
        if text != "**":
            reason = "A clone is whole: no files can be chosen from it."
            yield Finding(path, reason, 'Write `["**"]`, or `format: zip`.')


def _uses(action: ActionOutline, clones: dict[str, ActionOutline]) -> Iterator[Finding]:
    """SRC-1: only what has a shell can clone."""
    if not action.kinds or action.kinds[0] in CLONES:
        return
    for path, name in action.inputs():
        if name in clones:
            kind = f"`{action.kinds[0]}`"
            reason = f"The artifact {quoted(name)} is a reference to a commit, and a {kind} action cannot clone it."
            yield Finding(path, reason, f"Use `format: zip` in the action {quoted(clones[name].name or '?')}.")
