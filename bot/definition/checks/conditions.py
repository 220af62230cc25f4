"""Which results, rules and modes go together in a stage's conditions (STR-19 to STR-22, RUL-1)."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Path, quoted
from bot.definition.grammar.condition import RULE_KINDS, Rule
from bot.definition.outline import Outline, RuleOutline, rules, text_at
from bot.definition.suggest import keys

_MAY_SKIP = ("check", "invoke")


def check(outline: Outline) -> Iterator[Finding]:
    parallel = text_at(outline.root, "mode") == "parallel"
    for stage in outline.stages:
        for key in ("before_entry", "on_success", "on_failure"):
            value, path = stage.body.get(key), (*stage.path, key)
            body = value if isinstance(value, Map) else None
            result = text_at(body, "result") if body is not None else value
            if result == "rollback" and parallel and key != "before_entry":
                yield _no_rollback((*path, "result"))
            if body is None:
                continue
            for rule in rules(body, path):
                yield from _one_kind(rule)
            if key == "before_entry" and result == "skip":
                yield from _skipping(body, path)
            if key == "on_failure" and result == "fail" and "rules" in body:
                reason = "The result `fail` takes no rules: the stage has failed in any case."
                yield Finding((*path, "rules"), reason, "Remove the rules, or use `rollback`.", on_key=True)
            if key == "on_failure":
                yield from _retrying(body, path, retry=result == "retry")


def _no_rollback(path: Path) -> Finding:
    """STR-22: parallel executions have no stage to take back."""
    reason = "A pipeline in mode `parallel` cannot roll back."
    return Finding(path, reason, "Use mode `superseded` or `queued`, or the result `fail`.")


def _one_kind(rule: RuleOutline) -> Iterator[Finding]:
    kinds = [kind for kind in RULE_KINDS if kind in rule.body]
    if len(kinds) > 1:
        given = " and ".join(quoted(kind) for kind in kinds)
        remedy = "A rule asks for exactly one thing: make a rule of each."
        yield Finding((*rule.path, kinds[1]), f"{given} are given together.", remedy, on_key=True)
    if not kinds and not set(rule.body) - set(keys(Rule)):
        yield Finding(rule.path, "The rule asks for nothing.", f"Add one of {', '.join(RULE_KINDS)}.")


def _skipping(condition: Map, path: Path) -> Iterator[Finding]:
    """STR-19, RUL-1: only what is decided at once may skip a stage."""
    for rule in rules(condition, path):
        for kind in RULE_KINDS:
            if kind in rule.body and kind not in _MAY_SKIP:
                reason = f"A {quoted(kind)} rule cannot skip a stage."
                yield Finding((*rule.path, kind), reason, "Use `check` or `invoke`, or the result `fail`.", on_key=True)


def _retrying(condition: Map, path: Path, *, retry: bool) -> Iterator[Finding]:
    """STR-21, RET-13: a retry follows always, and nothing else has a mode."""
    if retry and "rules" in condition:
        reason = "The result `retry` takes no rules: it always follows."
        yield Finding((*path, "rules"), reason, "Remove the rules, or use another result.", on_key=True)
    if not retry and "retry_mode" in condition:
        reason = "`retry_mode` is only for the result `retry`."
        yield Finding((*path, "retry_mode"), reason, "Remove it, or use `result: retry`.", on_key=True)
