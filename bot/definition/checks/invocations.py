"""What an `invoke` action that starts another pipeline may say (INV-2). Whether that pipeline is there, `bot.definition.together` sees."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Plain, quoted
from bot.definition.outline import Outline

_KEYS = ("pipeline", "variables")
_NOT_BESIDE = ("inputs", "outputs", "image", "env")


def check(outline: Outline) -> Iterator[Finding]:
    for action in outline.actions:
        body = action.body.get("invoke")
        if not isinstance(body, Map) or "pipeline" not in body:
            continue
        path = (*action.path, "invoke")
        for key in _NOT_BESIDE:
            if key in action.body:
                reason = f"An action that starts a pipeline takes no {quoted(key)}: it runs nothing itself."
                yield Finding((*action.path, key), reason, "Remove it.", on_key=True)
        for key in body:
            if key not in _KEYS:
                remedy = "There are `pipeline` and `variables`."
                yield Finding((*path, key), f"Unknown key {quoted(key)}.", remedy, on_key=True)
        variables = body.get("variables")
        if variables is not None and not isinstance(variables, Map):
            yield Finding((*path, "variables"), "`variables` must be a mapping.", "Write `NAME: value` lines below it.")
        for name, value in variables.items() if isinstance(variables, Map) else ():
            if not isinstance(value, str | Plain):
                yield Finding((*path, "variables", name), f"{quoted(name)} must be a text.", "Write one value.")
