"""Input artifacts come from actions that have ended before (STR-9, STR-10)."""

from collections.abc import Iterator

from bot.definition.document import Finding, quoted
from bot.definition.outline import SOURCE, ActionOutline, Outline
from bot.definition.suggest import closest


def check(outline: Outline) -> Iterator[Finding]:
    producers = {name: action for action in outline.actions for _, name in action.outputs()}
    for action in outline.actions:
        seen: set[str] = set()
        for path, name in action.inputs():
            if name in seen:
                yield Finding(path, f"The input {quoted(name)} is listed twice.", "Keep one of the two.")
            elif name != SOURCE:
                reason, remedy = _complaint(name, action, producers)
                if reason:
                    yield Finding(path, reason, remedy)
            seen.add(name)


def _complaint(name: str, action: ActionOutline, producers: dict[str, ActionOutline]) -> tuple[str, str]:
    producer = producers.get(name)
    if producer is None:
        meant = closest(name, (*producers, SOURCE))
        remedy = (
            f"Did you mean {quoted(meant)}?" if meant else f"Add {quoted(name)} to the `outputs` of an earlier action."
        )
        return f"No action produces the artifact {quoted(name)}.", remedy
    if producer.position < action.position:
        return "", ""
    who = f"the action {quoted(producer.name or '?')}"
    return (
        f"The artifact {quoted(name)} comes from {who}, which does not end before this one begins.",
        "Give this action a higher `run_order`, or move it to a later stage.",
    )
