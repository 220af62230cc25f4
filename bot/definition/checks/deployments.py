"""`deploy` actions whose form leaves no room for some of the common keys (section 4.3: one input, no outputs)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, quoted
from bot.definition.outline import ActionOutline, Outline

_NOT_FOR = dict.fromkeys(("objects", "git", "manifests"), ("outputs", "image", "env"))
"""By what tells the form, the keys that mean nothing to it."""


def check(outline: Outline) -> Iterator[Finding]:
    for action in outline.actions:
        body = action.body.get("deploy")
        if isinstance(body, Map):
            for form in _NOT_FOR.keys() & body.keys():
                yield from _beside(action, form, _NOT_FOR[form])


def _beside(action: ActionOutline, form: str, keys: tuple[str, ...]) -> Iterator[Finding]:
    for key in keys:
        if key in action.body:
            reason = f"A deployment with `{form}` takes no {quoted(key)}: it runs nothing."
            yield Finding((*action.path, key), reason, "Remove it.", on_key=True)
    inputs = list(action.inputs())
    if len(inputs) > 1:
        reason = f"A deployment with `{form}` deploys one artifact."
        yield Finding(inputs[1][0], reason, "Keep one of them.")
