"""The rule types, put together: the bot and `penstock run` judge by the same ones. What a rule does is in `rules`."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from bot.endpoints.outside import Outside
from bot.ports import ActionType, RuleType, Secrets
from bot.rules.check import CheckRule
from bot.rules.invoke import InvokeRule
from bot.rules.judge import Judge
from bot.rules.metric import MetricRule
from bot.rules.run import RunRule
from bot.rules.window import WindowRule
from bot.settings import ReachSettings


def rule_types(
    settings: ReachSettings, run: ActionType, secrets: Secrets, stack: AsyncExitStack
) -> Mapping[str, RuleType]:
    check, outside = CheckRule(Judge()), Outside()
    stack.push_async_callback(check.close)
    stack.push_async_callback(outside.close)
    endpoints = {name: url.get_secret_value() for name, url in settings.invoke_endpoints.items()}
    servers = {name: url.get_secret_value() for name, url in settings.metrics_servers.items()}
    return {
        "check": check,
        "window": WindowRule(),
        "run": RunRule(run),
        "invoke": InvokeRule(outside, endpoints, secrets),
        "metric": MetricRule(outside, servers),
    }
