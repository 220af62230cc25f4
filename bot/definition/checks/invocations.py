"""What an `invoke` action may say: exactly one of whom it invokes, with what belongs to that. Whether a pipeline that it starts (INV-2)
is there, `bot.definition.together` sees.
"""

from collections.abc import Iterator

from bot.definition.checks.endpoints import check_address, check_secret
from bot.definition.document import Finding, Map, quoted
from bot.definition.outline import ActionOutline, Outline

_KEYS = {
    "pipeline": ("pipeline", "variables"),
    "command": ("command", "parameters"),
    "callable": ("callable", "parameters"),
    "function": ("function", "parameters", "secret"),
    "url": ("url", "parameters", "secret"),
}
_NOT_BESIDE = {
    "pipeline": ("inputs", "outputs", "image", "env"),
    "function": ("image", "env"),
    "url": ("image", "env"),
}
_ALL = frozenset(key for keys in _KEYS.values() for key in keys)
_WHAT = {"pipeline": "starts a pipeline", "function": "asks an endpoint", "url": "asks an endpoint"}


def check(outline: Outline) -> Iterator[Finding]:
    for action in outline.actions:
        body = action.body.get("invoke")
        if isinstance(body, str):
            yield from _beside(action, "url" if "://" in body else "function")
            yield from check_address(body, (*action.path, "invoke"))
        elif isinstance(body, Map):
            yield from _target(outline, action, body)


def _target(outline: Outline, action: ActionOutline, body: Map) -> Iterator[Finding]:
    path = (*action.path, "invoke")
    named = [key for key in _KEYS if key in body]
    if not named:
        remedy = "Add `function:` with an endpoint's name, `url:`, `command:`, `callable:` or `pipeline:`."
        yield Finding(path, "Nothing is named to be invoked.", remedy)
        return
    for key in named[1:]:
        reason = f"{quoted(named[0])} and {quoted(key)} are given together."
        yield Finding((*path, key), reason, "Keep one of the two.", on_key=True)
    kind = named[0]
    yield from _beside(action, kind)
    for key in body:
        if key in _ALL and key not in _KEYS[kind] and key not in named:
            reason = f"{quoted(key)} does not go with {quoted(kind)}."
            yield Finding((*path, key), reason, "Remove it.", on_key=True)
    yield from check_address(body, path)
    yield from check_secret(outline, body, path)


def _beside(action: ActionOutline, kind: str) -> Iterator[Finding]:
    for key in _NOT_BESIDE.get(kind, ()):
        if key in action.body:
            reason = f"An action that {_WHAT[kind]} takes no {quoted(key)}: it runs nothing itself."
            yield Finding((*action.path, key), reason, "Remove it.", on_key=True)
