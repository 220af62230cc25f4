"""The `metric` rule: a value that a Prometheus server measures, or an alert of its, as an alarm (CloudWatchAlarm, RUL-2, RUL-7).

https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries. `wait` is time to recover before entry, and time to
prove itself after success. Between two looks nothing is kept in memory.
"""

import json
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from bot.core.variables import Unresolved, resolver, substitute
from bot.endpoints.outside import Answer, NotReached, Outside
from bot.model.condition import ConditionKind
from bot.model.error import ErrorCode
from bot.ports import RuleContext, RuleOutcome

LOOK_EVERY = 15.0


class State(StrEnum):
    """CloudWatch's names."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class _NotUnderstood(Exception):
    """The server did not take the query, or its answer can't be judged; the text says why."""


class MetricRule:
    """`servers` are Prometheus servers by the names that files may use; the first is meant where none is named."""

    works = False

    def __init__(self, outside: Outside, servers: Mapping[str, str]) -> None:
        self._outside = outside
        self._servers = servers

    async def evaluate(self, context: RuleContext) -> RuleOutcome:
        try:
            query, shown = _query(context)
        except Unresolved as error:
            return _errored(str(error), {})
        name = str(context.rule.configuration.get("server") or next(iter(self._servers), ""))
        shown["server"] = name
        if name not in self._servers:
            known = ", ".join(self._servers) or "none"
            return _errored(f"the bot knows no metrics server {name or 'at all'} ({known} in its settings)", shown)
        url = f"{self._servers[name]}/api/v1/query"
        try:
            answer = await self._outside.get(url, {"query": query, "time": f"{context.now:.3f}"}, context.left)
            if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004
                raise NotReached(f"it answered {answer.status}")  # noqa: TRY301
            state, words = _state(context, _values(answer))
        except NotReached as error:
            until = context.now + LOOK_EVERY
            return RuleOutcome(None, f"{name}: {error}: it is asked again", until=until, configuration=shown)
        except _NotUnderstood as error:
            return _errored(f"{name}: {error}", shown)
        return _judged(context, state, words, shown)

    async def abandon(self, job: str) -> None:
        """Whoever asks is cancelled, and that ends it."""

    async def forget(self, job: str) -> None:
        """There is nothing kept."""


def _query(context: RuleContext) -> tuple[str, dict[str, str]]:
    """A value that is filled in stays inside the text it stands in: quotes and backslashes are escaped as PromQL has it."""
    asked = context.rule.configuration
    value = resolver(context.pipeline, context.execution)
    shown = {key: str(each) for key, each in asked.items() if key not in ("states", "wait")}
    shown |= {"states": ", ".join(_alarming(context)), "wait": f"{_wait(context):g} s"}
    if "alarm" in asked:
        alarm = _escaped(substitute(str(asked["alarm"]), value))
        query = f'ALERTS{{alertname="{alarm}",alertstate="firing"}}'
    else:
        query = substitute(str(asked["query"]), lambda reference: _escaped(value(reference)))
    return query, {**shown, "query": query}


def _escaped(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("\n", "\\n")
    return quoted.replace('"', '\\"').replace("'", "\\'").replace("`", "'")


def _alarming(context: RuleContext) -> Sequence[str]:
    states = context.rule.configuration.get("states")
    return tuple(map(str, states)) if isinstance(states, tuple | list) and states else (State.ALARM,)


def _wait(context: RuleContext) -> float:
    wait = context.rule.configuration.get("wait")
    return float(wait) if isinstance(wait, int | float) else 0.0


def _values(answer: Answer) -> list[float]:
    """The value of every series that the query has found. Raises _NotUnderstood."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise _NotUnderstood(f"it answered {answer.status}, and not as Prometheus does") from None
    if not isinstance(said, dict) or said.get("status") != "success":
        why = str(said.get("error", "") if isinstance(said, dict) else "")[:300]
        raise _NotUnderstood(why or f"it answered {answer.status}, and not as Prometheus does")
    data: Any = said.get("data")
    try:
        kind, result = data["resultType"], data["result"]
        points = [result] if kind == "scalar" else [series["value"] for series in result]
        return [float(point[1]) for point in points]
    except (LookupError, TypeError, ValueError):
        raise _NotUnderstood("the query does not come to one value a series: ask for an instant vector") from None


def _state(context: RuleContext, values: Sequence[float]) -> tuple[State, str]:
    asked = context.rule.configuration
    if "alarm" in asked:
        state = State.ALARM if values else State.OK
        return state, f"{asked['alarm']} is firing" if values else f"{asked['alarm']} is not firing"
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return State.INSUFFICIENT_DATA, "there is no data"
    for bound, word, beyond in (("below", "not below", max), ("above", "not above", min)):
        limit = asked.get(bound)
        if isinstance(limit, int | float):
            worst = beyond(known)
            if not (worst < limit if bound == "below" else worst > limit):
                return State.ALARM, f"{worst:g} is {word} {limit:g}"
    return State.OK, f"{known[0]:g} is within bounds"


def _judged(context: RuleContext, state: State, words: str, shown: Mapping[str, str]) -> RuleOutcome:
    """RUL-2: before entry there is time to recover; after success, time to prove itself; after failure, time to show."""
    alarming = state in _alarming(context)
    over = (context.run.started_at or context.now) + _wait(context)
    last = context.now >= over
    until = min(over, context.now + LOOK_EVERY)
    again = RuleOutcome(None, words, until=until, configuration=shown)
    match context.condition:
        case ConditionKind.BEFORE_ENTRY:
            early = not alarming
            holds = not alarming
        case ConditionKind.ON_SUCCESS:
            early = alarming
            holds = not alarming
        case ConditionKind.ON_FAILURE:
            early = alarming
            holds = alarming
    return RuleOutcome(holds, words, configuration=shown) if early or last else again


def _errored(summary: str, shown: Mapping[str, str]) -> RuleOutcome:
    return RuleOutcome(holds=False, summary=summary, error=ErrorCode.CONFIGURATION, configuration=shown)
