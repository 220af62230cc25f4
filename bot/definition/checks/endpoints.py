"""What `metric` and `invoke` rules ask, and whom: exactly one thing, with what it takes to judge the answer. Whom `invoke` actions ask, too."""

from collections.abc import Iterator

from bot.definition.document import Finding, Map, Path, quoted
from bot.definition.grammar.rules import Metric
from bot.definition.outline import Outline, RuleOutline, every_rule, mapping_at, text_at
from bot.definition.suggest import closest


def check(outline: Outline) -> Iterator[Finding]:
    for rule in every_rule(outline):
        yield from _metric(rule)
        yield from _invoke(rule)
        yield from check_secret(outline, rule.body.get("invoke"), (*rule.path, "invoke"))


def _metric(rule: RuleOutline) -> Iterator[Finding]:
    """A query needs a bound: without one every value would do. An alert has none."""
    body = rule.body.get("metric")
    if not isinstance(body, Map) or set(body) - set(Metric.model_fields):
        return
    path = (*rule.path, "metric")
    bounds = [key for key in ("below", "above") if key in body]
    if "query" in body and "alarm" in body:
        yield Finding((*path, "alarm"), "`query` and `alarm` are given together.", "Keep one of the two.", on_key=True)
    elif "query" not in body and "alarm" not in body:
        yield Finding(path, "The metric has no query.", "Add `query:` with PromQL, or `alarm:` with an alert's name.")
    elif "query" in body and not bounds:
        yield Finding(path, "The metric has no bound.", "Add `below:` or `above:` with a number.")
    elif "alarm" in body and bounds:
        reason = f"An alert has no value that could be {quoted(bounds[0])} something."
        yield Finding((*path, bounds[0]), reason, "Remove it, or write a `query`.", on_key=True)


def _invoke(rule: RuleOutline) -> Iterator[Finding]:
    body = rule.body.get("invoke")
    path = (*rule.path, "invoke")
    yield from check_address(body, path)
    if isinstance(body, Map) and "url" in body and "function" in body:
        reason = "`url` and `function` are given together."
        yield Finding((*path, "function"), reason, "Keep one of the two.", on_key=True)
    if isinstance(body, Map) and not {"url", "function"} & set(body) and not set(body) - {"parameters"}:
        yield Finding(path, "Nobody is named to be asked.", "Add `url:` with an https address.")


def check_address(body: object, path: Path) -> Iterator[Finding]:
    """An address of a file's own is asked over https only; what may be asked otherwise has its name from the bot's settings."""
    url = body if isinstance(body, str) and "://" in body else body.get("url") if isinstance(body, Map) else None
    if isinstance(url, str) and not url.startswith(("https://", "#{")):
        where = path if isinstance(body, str) else (*path, "url")
        remedy = "Use https, or a name that the bot's settings give to an endpoint (PENSTOCK_INVOKE_ENDPOINTS)."
        yield Finding(where, "Only https addresses are asked.", remedy)


def check_secret(outline: Outline, body: object, path: Path) -> Iterator[Finding]:
    """What signs requests is one of the pipeline's own secrets."""
    name = text_at(body, "secret") if isinstance(body, Map) else None
    known = tuple(mapping_at(outline.root, "secrets"))
    if name is not None and name not in known:
        meant = closest(name, known)
        remedy = f"Did you mean {quoted(meant)}?" if meant else f"Seal it: `{name}:` under `secrets:`."
        yield Finding((*path, "secret"), f"There is no secret {quoted(name)}.", remedy)
