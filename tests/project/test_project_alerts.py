"""The alerts in deploy/ ask for metrics that the bot publishes, by the labels that it gives them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.runtime.metrics import Metrics
from providers.base.health import OUTCOMES, Health

RULES = yaml.safe_load((Path(__file__).parents[2] / "deploy/prometheus-alerts.yaml").read_text())["groups"][0]["rules"]


@pytest.fixture(scope="module")
def published() -> str:
    metrics, health = Metrics(), Health(remaining=7)
    health.calls.update(OUTCOMES)
    metrics.watch_hosts({"github": health})
    for watched in ("inbox_depth", "failing_actions"):
        metrics.watch(watched, "As the bot's loops publish it.", lambda: 0)
    return metrics.text().decode()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alerts_ask_for_what_there_is(published: str, rule: dict[str, Any]) -> None:
    names = re.findall(r"penstock_\w+", rule["expr"])
    assert names
    for name in names:
        assert re.search(rf"^{name}(\{{| )", published, re.MULTILINE), name
    for label, value in re.findall(r'(\w+)="(\w+)"', rule["expr"]):
        assert f'{label}="{value}"' in published
    assert rule["annotations"].keys() == {"summary", "description"}
