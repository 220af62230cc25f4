"""What an action does: exactly one thing; and what cannot stand beside it (STR-14, STR-16, APR-7, section 1.2)."""

from collections.abc import Iterator

from bot.definition.document import Finding, List, Map, Plain, quoted
from bot.definition.grammar.action import WORK_KINDS, Action
from bot.definition.grammar.durations import LONG_WORDS, may_wait
from bot.definition.outline import ActionOutline, Outline, listed
from bot.definition.suggest import keys

MOST_ACTIONS = 1000
_NOT_FOR_APPROVALS = ("inputs", "outputs", "namespace", "image", "env", "region")
_AT_HOME = ("source", "use")
"""STR-14."""


def check(outline: Outline) -> Iterator[Finding]:
    actions = list(outline.actions)
    if len(actions) > MOST_ACTIONS:
        reason = f"The pipeline has {len(actions)} actions, and may have at most {MOST_ACTIONS}."
        yield Finding(("stages",), reason, "Split it into several pipelines.")
    for action in actions:
        yield from _one_kind(action)
        if action.kinds == ("approve",):
            yield from _approval(action)
        elif isinstance(action.body.get("outputs"), (str, List)) and not set(action.kinds) & {"build", "test"}:
            reason = "Only a buildspec can say itself which files its outputs are."
            remedy = 'Give each output its files: `outputs: {dist: ["dist/**"]}`.'
            yield Finding((*action.path, "outputs"), reason, remedy)
        if "region" in action.body and set(action.kinds) & set(_AT_HOME):
            reason = "Sources and plug-ins' actions are in the bot's own region."
            yield Finding((*action.path, "region"), reason, "Remove it.", on_key=True)
        if action.kinds in (("build",), ("test",)):
            yield from _combined(action)


def _one_kind(action: ActionOutline) -> Iterator[Finding]:
    if len(action.kinds) > 1:
        given = " and ".join(quoted(kind) for kind in action.kinds)
        remedy = "An action does exactly one thing: keep one, and make another action of the rest."
        yield Finding((*action.path, action.kinds[1]), f"{given} are given together.", remedy, on_key=True)
    unknown = set(action.body) - set(keys(Action))
    if not action.kinds and not unknown:  # An unknown key is told already, and is what the work was meant to be.
        yield Finding(action.path, "The action does nothing.", f"Add one of {', '.join(WORK_KINDS)}.")


def _combined(action: ActionOutline) -> Iterator[Finding]:
    """BLD-3: what a batch combines is the action's single output."""
    kind = action.kinds[0]
    body = action.body[kind]
    combine = body.get("combine_artifacts") if isinstance(body, Map) else None
    outputs = action.body.get("outputs")
    count = len(outputs) if isinstance(outputs, (List, Map)) else int(isinstance(outputs, str))
    if isinstance(combine, Plain) and combine.value is True and count != 1:
        reason = f"The artifacts of the batch become one, and the action has {count or 'no'} outputs."
        yield Finding((*action.path, kind, "combine_artifacts"), reason, "Name one: `outputs: dist`.")


def _approval(action: ActionOutline) -> Iterator[Finding]:
    for key in _NOT_FOR_APPROVALS:
        if key in action.body:
            reason = f"An approval takes no {quoted(key)}: it runs nothing."
            yield Finding((*action.path, key), reason, "Remove it.", on_key=True)
    value = action.body["approve"]
    body = value if isinstance(value, Map) else None
    if "timeout" in action.body:
        yield from _timeout(action, given_twice=body is not None and "timeout" in body)
    if body is not None:
        yield from _enough_people(action, body)


def _timeout(action: ActionOutline, *, given_twice: bool) -> Iterator[Finding]:
    """The common key may stand for the approval's own, and then has the approval's limits."""
    path = (*action.path, "timeout")
    if given_twice:
        reason = "The timeout is given twice, on the action and on the approval."
        yield Finding(path, reason, "Keep one of the two.", on_key=True)
        return
    if not may_wait(action.body["timeout"]):
        yield Finding(path, f"How long an approval waits must be {LONG_WORDS}.", "Write it like `90m` or `7d`.")


def _enough_people(action: ActionOutline, body: Map) -> Iterator[Finding]:
    people = {text for _, text in listed(body.get("by"), ())}
    count = body.get("count")
    if not isinstance(count, Plain) or not isinstance(count.value, int) or not people:
        return
    if count.value > len(people) and all(text.startswith("user:") for text in people):
        reason = f"{count.value} people must approve, and `by` names only {len(people)}."
        yield Finding((*action.path, "approve", "count"), reason, "Name more people, or ask for fewer.")
