"""Killed at any moment: everything that was acknowledged is there, and nothing is half there."""

import math
import signal
import sqlite3
import subprocess
import sys

import pytest

from bot.core.lifecycle import EXECUTION
from bot.model.execution import ExecutionStatus
from bot.ports import ExecutionFilter
from bot.stores.sql import SqlStore
from tests.stores.told import lane_key


def run_and_kill(url: str, life: int, lines: int) -> list[list[str]]:
    """Let the writer write until it has acknowledged so much, then kill it; what it acknowledged comes back."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stores.crashing_writer", url, str(life)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [next(writer.stdout) for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += list(writer.stdout)
    assert writer.returncode == -signal.SIGKILL
    return [line.split() for line in acknowledged if line.endswith("\n")]


@pytest.mark.parametrize("lines", [1, 150, 701])
async def test_what_was_acknowledged_survives_being_killed(url: str, lines: int) -> None:
    acknowledged = [line for life in (1, 2) for line in run_and_kill(url, life, lines)]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    store = await SqlStore.open(url)
    await check_deliveries(store, {name for what, name, *_ in acknowledged if what == "delivery"})
    await check_events(store, [line for line in acknowledged if line[0] != "delivery"])
    await check_whole(store)
    await store.close()


async def check_deliveries(store: SqlStore, names: set[str]) -> None:
    kept = {each.id: each for each in await store.pending_deliveries()}
    assert names <= kept.keys()
    assert all(each.body == name.encode() * 500 for name, each in kept.items())


async def check_events(store: SqlStore, lines: list[list[str]]) -> None:
    for what, lane, execution, kind in lines:
        found = await store.execution(execution)
        assert found is not None
        assert kind in {entry.event.kind for entry in await store.history(execution)}
        if what == "ended":
            assert found[0].status is ExecutionStatus.SUCCEEDED
        assert found[0].lane == lane_key(name=lane)


async def check_whole(store: SqlStore) -> None:
    """Every execution has its history, its effects and its place in the live state, or nothing of it is there."""
    ordered = {entry.key for entry in await store.pending_effects(math.inf)}
    executions = await store.executions(ExecutionFilter(), 100_000)
    live = {execution.id for execution in await store.executions(ExecutionFilter(live=True), 100_000)}
    for execution in executions[:200]:
        events = await store.history(execution.id)
        assert events
        assert f"report:{execution.id}" in ordered
        state = await store.load_lane(execution.lane)
        assert (execution.id in state.executions) == (execution.id in live)
        assert execution.status in EXECUTION
    numbers = [(execution.lane.pipeline, execution.number) for execution in executions]
    assert len(set(numbers)) == len(numbers)
