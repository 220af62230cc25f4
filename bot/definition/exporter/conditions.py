"""A stage's conditions to condition blocks. A rule without an equal there never holds, so that no gate opens by itself."""

import json
import re
from typing import Any

from bot.definition.exporter.actions import one_line
from bot.definition.exporter.naming import ARTIFACT, Outbound
from bot.definition.importer.schedules import to_quartz
from bot.model.pipeline import Condition, ConditionResult, RetryMode, Rule, Stage

Declared = dict[str, Any]

_SUBJECT = r"([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*)|\[(\"(?:[^\"\\]|\\.)*\")\])"
_LITERAL = r"('[^'\\]*'|\"(?:[^\"\\]|\\.)*\")"
_COMPARED = re.compile(rf"{_SUBJECT} (==|!=) {_LITERAL}")
_CALLED = re.compile(rf"{_SUBJECT}\.(contains|matches)\({_LITERAL}\)")
_OPERATORS = {"==": "EQ", "!=": "NE", "contains": "CONTAINS", "matches": "MATCHES"}


def declare(out: Outbound, stage: Stage) -> Declared:
    declared: Declared = {}
    for key, condition in (("beforeEntry", stage.before_entry), ("onSuccess", stage.on_success)):
        if condition is not None:
            declared[key] = {"conditions": [_condition(out, condition, stage.name)]}
    if stage.on_failure is not None:
        declared["onFailure"] = _on_failure(out, stage.on_failure, stage.name)
    return declared


def _condition(out: Outbound, condition: Condition, where: str) -> Declared:
    rules = [_rule(out, rule, f"{where}/{rule.name}") for rule in condition.rules]
    return {"result": condition.result.name, "rules": rules}


def _on_failure(out: Outbound, condition: Condition, where: str) -> Declared:
    if condition.rules:
        return {"conditions": [_condition(out, condition, where)]}
    declared: Declared = {"result": condition.result.name}
    if condition.result is ConditionResult.RETRY:
        mode = "ALL_ACTIONS" if condition.retry_mode is RetryMode.ALL_ACTIONS else "FAILED_ACTIONS"
        declared["retryConfiguration"] = {"retryMode": mode}
    return declared


def _rule(out: Outbound, rule: Rule, where: str) -> Declared:
    provider, parts = _judged(out, rule, where)
    type_id = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    declared: Declared = {"name": rule.name, "ruleTypeId": type_id, "configuration": {}, "inputArtifacts": [], **parts}
    if rule.timeout is not None:
        declared["timeoutInMinutes"] = max(5, round(rule.timeout / 60))
    return declared


def _judged(out: Outbound, rule: Rule, where: str) -> tuple[str, Declared]:
    """The rule type there, and what it asks."""
    match rule.kind:
        case "window" if not rule.configuration.get("blackout"):
            cron, zone = to_quartz(str(rule.configuration["cron"])), str(rule.configuration["timezone"])
            return "DeploymentWindow", {"configuration": {"Cron": cron, "TimeZone": zone}}
        case "check":
            configuration = _check(str(rule.configuration["expression"]))
            if configuration:
                return "VariableCheck", {"configuration": {key: out.text(v, where) for key, v in configuration.items()}}
        case "run":
            commands = [one_line(out.text(line, where)) for line in _texts(rule.configuration["commands"])]
            return "Commands", {"commands": commands, "inputArtifacts": [{"name": ARTIFACT}]}
        case "invoke" if "function" in rule.configuration:
            keys = {"function": "FunctionName", "parameters": "UserParameters"}
            return "LambdaInvoke", {"configuration": _renamed(out, rule, keys, where)}
        case "metric" if "alarm" in rule.configuration:
            return "CloudWatchAlarm", {"configuration": _alarm(rule)}
    out.tell(where, f"this `{rule.kind}` rule has no equivalent there: it never holds until it is written anew")
    return "Commands", {"commands": ["exit 1"], "inputArtifacts": [{"name": ARTIFACT}]}


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, (list, tuple)) else [str(value)]


def _renamed(out: Outbound, rule: Rule, keys: dict[str, str], where: str) -> dict[str, str]:
    return {keys[key]: out.text(str(value), where) for key, value in rule.configuration.items() if key in keys}


def _alarm(rule: Rule) -> dict[str, str]:
    declared = {"AlarmName": str(rule.configuration["alarm"])}
    if "states" in rule.configuration:
        declared["AlarmStates"] = ",".join(_texts(rule.configuration["states"]))
    wait = rule.configuration.get("wait")
    if isinstance(wait, int | float):
        declared["WaitTime"] = str(max(1, round(wait / 60)))
    return declared


def _check(expression: str) -> dict[str, str]:
    """One comparison of one value is all that VariableCheck can say."""
    match = _COMPARED.fullmatch(expression) or _CALLED.fullmatch(expression)
    if match is None:
        return {}
    namespace, key, quoted, operator, literal = match.groups()
    value = literal[1:-1] if literal.startswith("'") else json.loads(literal)
    if operator == "matches":
        whole = re.fullmatch(r"\^\(\?:(.*)\)\$", value, re.DOTALL)
        value = whole[1] if whole else f".*(?:{value}).*"
    name = key or json.loads(quoted)
    return {"Variable": f"#{{{namespace}.{name}}}", "Value": value, "Operator": _OPERATORS[operator]}
