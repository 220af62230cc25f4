"""An action: its type, configuration keys and artifact counts (STR-11, STR-15, STR-16, STR-18, STR-25)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Mark, quoted
from bot.definition.importer.catalogue import ACTIONS, Type
from bot.definition.importer.pieces import Piece, marked
from bot.definition.importer.placeholders import has_hole
from bot.definition.importer.rules.parts import kind_of, told
from bot.definition.suggest import closest


def check(action: Piece) -> Iterator[Finding]:
    category, owner, provider = kind_of(action)
    if category != "Approval" and "timeoutInMinutes" in action.body:
        reason = "`timeoutInMinutes` is only for manual approvals."  # STR-15
        yield told(action.on_key("timeoutInMinutes"), reason, "Remove it.")
    if category != "Compute":
        for key in ("commands", "outputVariables"):
            if action.body.get(key):
                yield told(action.on_key(key), f"{quoted(key)} is only for Commands actions.", "Remove it.")
    if category == "Source":  # STR-25
        for mark, text in _values(action):
            if "#{variables." in text:
                yield told(mark, "A source action cannot use pipeline variables.", "Write the value itself.")
    known = ACTIONS.get((category, provider))
    if owner == "Custom" or not category or not provider or has_hole(provider):
        return
    if known is None:
        yield _unknown(action, category, provider)
        return
    yield from check_configuration(action, known, provider)
    yield from _counts(action, known, provider)


def _unknown(action: Piece, category: str, provider: str) -> Finding:
    meant = closest(provider, tuple(name for other, name in ACTIONS if other == category))
    elsewhere = [other for other, name in ACTIONS if name == provider]
    remedy = f"Did you mean {quoted(meant)}?" if meant else "Use owner `Custom` for a type of your own."
    if elsewhere:
        remedy = f"{quoted(provider)} is of category {' or '.join(quoted(each) for each in elsewhere)}."
    mark = action.piece("actionTypeId").mark("provider")
    return told(mark, f"There is no {quoted(category)} action of provider {quoted(provider)}.", remedy)


def _values(action: Piece) -> Iterator[tuple[Mark, str]]:
    configuration = action.piece("configuration")
    for key in configuration.body:
        yield configuration.mark(key), configuration.text(key)


def check_configuration(part: Piece, known: Type, provider: str) -> Iterator[Finding]:
    """STR-18, C6."""
    configuration = part.piece("configuration")
    for key in configuration.body:
        if known.keys and key not in known.keys:
            meant = closest(key, tuple(sorted(known.keys)))
            remedy = f"Did you mean {quoted(meant)}?" if meant else f"It has {', '.join(sorted(known.keys))}."
            yield told(configuration.on_key(key), f"{provider} has no configuration key {quoted(key)}.", remedy)
    for key in sorted(known.required - set(configuration.body)):
        reason = f"The configuration of {provider} lacks {quoted(key)}."
        yield told(part.mark("configuration"), reason, f"Add `{key}`.")


def _counts(action: Piece, known: Type, provider: str) -> Iterator[Finding]:
    """STR-11, STR-16."""
    for key, (least, most), what in (
        ("inputArtifacts", known.inputs, "input"),
        ("outputArtifacts", known.outputs, "output"),
    ):
        count = len(list(marked(action.take(key))))
        if not least <= count <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            reason = f"{provider} takes {wanted} {what} artifacts, and has {count} here."
            yield told(action.mark(key), reason, f"Give it {wanted}.")
