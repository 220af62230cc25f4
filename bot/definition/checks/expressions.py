"""Expressions of `check` rules: that they can be read, and that what they name exists, before anything depends on them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from bot.definition.document import Finding, quoted
from bot.definition.grammar.rules import without_references
from bot.definition.outline import Outline, RuleOutline, every_rule, mapping_at
from bot.definition.suggest import closest

OWN = ("variables", "source", "codepipeline", "execution", "revision", "outputs")
"""What every expression can name besides the namespaces of earlier actions."""

FUNCTIONS = (
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "timestamp",
    "duration",
    "has",
    "all",
    "exists",
    "exists_one",
    "map",
    "filter",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfWeek",
    "getHours",
    "getMinutes",
)
_MACRO = re.compile(r"\.(?:all|exists|exists_one|map|filter)\s*\(")
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_VARIABLE = re.compile(r"\bvariables\.([A-Za-z_]\w*)")
_WHERE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")
_REMEDY = "Write CEL, such as `variables.REGION == 'eu-west-1' && !revision.branch.startsWith('tmp/')`."


def check(outline: Outline) -> Iterator[Finding]:
    for rule in every_rule(outline):
        expression = rule.body.get("check")
        if isinstance(expression, str) and expression.strip():
            yield from _expression(outline, rule, expression)


def _expression(outline: Outline, rule: RuleOutline, expression: str) -> Iterator[Finding]:
    path = (*rule.path, "check")
    written, expression = expression, without_references(expression)
    program = _compiled(expression)
    if isinstance(program, str):
        yield Finding(path, f"The expression {quoted(written)} cannot be read: {program}.", _REMEDY)
        return
    # What a macro binds (`x` in `list.all(x, x > 0)`) looks like any other name.
    known = (*OWN, *(action.namespace for action in outline.actions if action.namespace))
    if "#{" not in written and not _MACRO.search(_TEXT.sub("''", expression)):
        for name in sorted(set(program.variables()) - set(known)):
            yield Finding(path, f"The expression names {quoted(name)}, which does not exist.", _meant(name, known))
    if "#{" in written:
        return  # what references name is checked where all references are
    declared = tuple(mapping_at(outline.root, "variables"))
    for name in dict.fromkeys(_VARIABLE.findall(_TEXT.sub("''", expression))):
        if name not in declared:
            reason = f"{quoted(f'variables.{name}')} does not exist."
            yield Finding(path, reason, _meant(name, declared, f"Declare it: `{name}:` under `variables:`."))
    for name in sorted(set(program.functions())):
        if name[0].isalpha() and name not in FUNCTIONS:
            yield Finding(path, f"There is no function {quoted(name)}.", _meant(name, FUNCTIONS))


def _meant(name: str, known: tuple[str, ...], otherwise: str = "") -> str:
    meant = closest(name, known)
    return f"Did you mean {quoted(meant)}?" if meant else otherwise or f"There is {', '.join(known)}."


@cache
def _library() -> Any:
    import cel  # noqa: PLC0415  a quarter of a second, which only a file with an expression is worth

    return cel


def _compiled(expression: str) -> Any:
    """The program, or why there is none, in words."""
    try:
        return _library().compile(expression)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  the library panics on what it did not foresee
        found = _WHERE.search(str(error))
        if found is None:
            return "it is malformed"
        return f"at character {found[2]}, {_shortened(found[3])}"


def _shortened(message: str) -> str:
    """Without the list of all that the grammar would have taken."""
    return message.split(" expecting ", 1)[0][:120]
