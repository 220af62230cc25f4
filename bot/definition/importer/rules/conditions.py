"""Conditions and their rules (STR-20, STR-21, section 16.3)."""

import re
from collections.abc import Iterator

from bot.definition.document import Finding, quoted
from bot.definition.importer.catalogue import RULES
from bot.definition.importer.pieces import Piece
from bot.definition.importer.rules.actions import check_configuration
from bot.definition.importer.rules.parts import told
from bot.definition.suggest import closest

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


def check(stage: Piece, names: frozenset[str]) -> Iterator[Finding]:
    """STR-20, STR-21, and the configuration of rules."""
    for key, results in (("beforeEntry", ("FAIL", "SKIP")), ("onSuccess", ("FAIL", "ROLLBACK"))):
        for condition in stage.piece(key).pieces("conditions"):
            result = condition.text("result")
            if result and result not in results:
                allowed = " or ".join(quoted(each) for each in results)
                yield told(condition.mark("result"), f"{quoted(key)} cannot {quoted(result)}.", f"Write {allowed}.")
    failure = stage.piece("onFailure")
    if failure.text("result") == "RETRY" and failure.body.get("conditions"):
        yield told(failure.on_key("conditions"), "The result `RETRY` takes no conditions.", "Remove one of the two.")
    for key in ("beforeEntry", "onSuccess", "onFailure"):
        for condition in stage.piece(key).pieces("conditions"):
            for rule in condition.pieces("rules"):
                yield from _rule(rule)
                yield from _variable(rule, names)


def _rule(rule: Piece) -> Iterator[Finding]:
    provider = rule.piece("ruleTypeId").text("provider")
    known = RULES.get(provider)
    if known is not None:
        yield from check_configuration(rule, known, provider)
    elif provider:
        meant = closest(provider, tuple(RULES))
        remedy = f"Did you mean {quoted(meant)}?" if meant else f"There are {', '.join(RULES)}."
        yield told(rule.piece("ruleTypeId").mark("provider"), f"There is no rule {quoted(provider)}.", remedy)


def _variable(rule: Piece, names: frozenset[str]) -> Iterator[Finding]:
    """STR-25 for what becomes an expression, in which nothing looks for references any more.

    `names` are the declared variables, written `variables.X`, and all namespaces.
    """
    if rule.piece("ruleTypeId").text("provider") != "VariableCheck":
        return
    asked = rule.piece("configuration")
    for match in _REFERENCE.finditer(asked.text("Variable")):
        if match[1] != "codepipeline" and not names & {match[1], f"{match[1]}.{match[2]}"}:
            reason = f"{quoted(match[0])} does not exist."
            yield told(asked.mark("Variable"), reason, "Declare the variable, or give an earlier action the namespace.")
