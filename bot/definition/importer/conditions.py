"""A stage's conditions and their rules (section 16). A rule that nothing here can judge never holds, so that no gate opens by itself."""

import json
import re

from bot.definition.document import Mark
from bot.definition.grammar.cron import Window
from bot.definition.importer import schedules
from bot.definition.importer.conversion import Conversion, duration
from bot.definition.importer.pieces import Made, Piece, gather
from bot.definition.importer.placeholders import plain

_KEYS = {"beforeEntry": "before_entry", "onSuccess": "on_success", "onFailure": "on_failure"}
_WHOLE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEVER = "false"


def convert(work: Conversion, stage: Piece, made: Made) -> None:
    for key, ours in _KEYS.items():
        block = stage.piece(key)
        if key not in stage.body:
            continue
        condition = _condition(work, block, key)
        if condition:
            made.put(ours, _short(condition), stage.mark(key))
            work.ledger.mapped(stage.on_key(key), f"`{key}` is `{ours}`")


def _short(condition: Made) -> object:
    return condition["result"] if set(condition) == {"result"} and not condition.remarks else condition


def _condition(work: Conversion, block: Piece, key: str) -> Made:
    made = Made(block.start)
    result = block.text("result").lower()
    rules: list[Made] = []
    for condition in block.pieces("conditions"):
        result = condition.text("result").lower() or result
        rules += [_rule(work, rule) for rule in condition.pieces("rules")]
    default = "rollback" if key == "onFailure" and rules else "fail"
    made.put("result", result or default, block.mark("result"))
    mode = block.piece("retryConfiguration").text("retryMode")
    if result == "retry" and mode == "ALL_ACTIONS":
        made.put("retry_mode", "all")
    if rules:
        made.put("rules", gather(rules, rules[0].mark))
    elif key != "onFailure":
        made.clear()
    return made


def _rule(work: Conversion, rule: Piece) -> Made:
    made, configuration = Made(rule.start), rule.piece("configuration")
    made.put("name", work.name(rule.text("name")) or "rule", rule.mark("name"))
    provider = rule.piece("ruleTypeId").text("provider")
    match provider:
        case "DeploymentWindow":
            _window(work, configuration, made)
        case "VariableCheck":
            _check(work, configuration, made)
        case "Commands":
            lines = [work.text(line, rule.mark("commands"), command=True) for line in rule.texts("commands")]
            made.put("run", lines[0] if len(lines) == 1 else lines, rule.mark("commands"))
        case "LambdaInvoke":
            _invoke(work, configuration, made)
        case "CloudWatchAlarm":
            _alarm(work, configuration, made)
        case _:
            _never(work, made, rule.start, f"the rule `{plain(provider)}` has no equivalent")
    timeout = duration(rule.text("timeoutInMinutes"))
    if timeout:
        made.put("timeout", timeout, rule.mark("timeoutInMinutes"))
    work.remark(made)
    work.ledger.mapped(rule.start, f"the rule `{made['name']}` ({plain(provider)})")
    return made


def _never(work: Conversion, made: Made, mark: Mark, what: str) -> None:
    made.put("check", _NEVER, mark)
    made.remark("", work.ledger.missing(mark, f"{what}: it never holds until it is written anew"))


def _window(work: Conversion, configuration: Piece, made: Made) -> None:
    written, mark = plain(configuration.text("Cron")), configuration.mark("Cron")
    cron = schedules.from_quartz(written)
    name = plain(configuration.text("TimeZone")) or "UTC"
    timezone = schedules.zone(name)
    try:
        Window.model_validate({"cron": cron, "timezone": timezone})
    except ValueError:
        _never(work, made, mark, f"the window `{written}` ({name}) cannot be said in five fields and a named zone")
        return
    work.ledger.mapped(mark, f"the window `{written}` is `{cron}`")
    made.put("window", cron if timezone == "UTC" else {"cron": cron, "timezone": timezone}, mark)


def _check(work: Conversion, configuration: Piece, made: Made) -> None:
    mark = configuration.mark("Variable")
    variable = _WHOLE.fullmatch(work.text(configuration.text("Variable"), mark))
    value = work.fixed(configuration.text("Value"), configuration.mark("Value"))
    expression = _expression(variable, configuration.text("Operator"), value)
    if expression:
        made.put("check", expression, mark)
    else:
        _never(work, made, mark, f"the check of `{plain(configuration.text('Variable'))}` cannot be said")


def _expression(variable: re.Match[str] | None, operator: str, value: str) -> str:
    """In CEL, whose texts are written as JSON's are. Java's MATCHES is about the whole value."""
    if variable is None:
        return ""
    subject = f"{variable[1]}.{variable[2]}"
    if not all(_IDENTIFIER.fullmatch(part) for part in variable.groups()):
        subject = f"{variable[1]}[{json.dumps(variable[2])}]" if _IDENTIFIER.fullmatch(variable[1]) else ""
    shown = _literal(value)
    match operator if subject else "":
        case "EQ":
            return f"{subject} == {shown}"
        case "NE":
            return f"{subject} != {shown}"
        case "CONTAINS":
            return f"{subject}.contains({shown})"
        case "MATCHES":
            return f"{subject}.matches({_literal(f'^(?:{value})$')})"
    return ""


def _literal(value: str) -> str:
    if value.isprintable() and not set(value) & {"'", "\\"}:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def _invoke(work: Conversion, configuration: Piece, made: Made) -> None:
    target = Made(configuration.start)
    for key, ours in (("FunctionName", "function"), ("UserParameters", "parameters")):
        if configuration.text(key):
            target.put(ours, work.text(configuration.text(key), configuration.mark(key)), configuration.mark(key))
    made.put("invoke", target or "unknown")
    text = "the Lambda function stays where it is: PENSTOCK_INVOKE_ENDPOINTS names an endpoint that answers for it"
    made.remark("", work.ledger.approximated(configuration.start, text))


def _alarm(work: Conversion, configuration: Piece, made: Made) -> None:
    target = Made(configuration.start)
    name = plain(configuration.text("AlarmName"))
    target.put("alarm", name or "unknown", configuration.mark("AlarmName"))
    states = configuration.texts("AlarmStates") or configuration.text("AlarmStates").replace(" ", "").split(",")
    if any(states):
        target.put("states", [state for state in states if state], configuration.mark("AlarmStates"))
    wait = duration(configuration.text("WaitTime"))
    if wait:
        target.put("wait", wait, configuration.mark("WaitTime"))
    made.put("metric", target)
    text = f"the alarm `{name}` is CloudWatch's: a Prometheus alert of that name takes its place (PENSTOCK_METRICS_SERVERS)"
    made.remark("", work.ledger.approximated(configuration.start, text))
