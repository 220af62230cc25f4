"""Which execution a person means: its id, how that begins, or its pipeline's name where just one can be meant."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import click
from pydantic import TypeAdapter

from bot.cli.client import Client
from bot.model.execution import ActionStatus, Execution, ExecutionStatus

_EXECUTION = TypeAdapter(Execution)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORTEST = 4
"""Characters of an id's beginning, as git takes them."""
_NEWEST = 100
_SHOWN = 10

Fits = Callable[[Execution], bool]


def read_execution(plain: dict[str, Any]) -> Execution:
    return _EXECUTION.validate_python(
        {name: value for name, value in plain.items() if name not in ("url", "pipeline")}, strict=False
    )


def asks_somebody(execution: Execution) -> bool:
    """An approval of it waits."""
    current = execution.current.actions if not execution.status.ended and not execution.waiting else ()
    return any(run.status is ActionStatus.IN_PROGRESS and run.deadline is not None for run in current)


def goes_on(execution: Execution) -> bool:
    return not execution.status.ended


def has_failed(execution: Execution) -> bool:
    return execution.status is ExecutionStatus.FAILED


def newest_alone(executions: Sequence[Execution]) -> list[Execution]:
    """Of each lane, the newest first."""
    return list({one.lane: one for one in reversed(executions)}.values())


def meant(client: Client, text: str, fits: Fits | None = None) -> str:
    """Its id; what is known to be none is returned as it is, for the bot to say so. By a pipeline's name those are meant that `fits` lets pass, without
    it the newest of each lane. Raises click.UsageError where several can be meant.
    """
    if _ID.fullmatch(text):
        return text
    listed = _listed(client)
    begun = [one for one in listed if one.id.startswith(text)] if len(text) >= _SHORTEST else []
    if not begun and (of_it := [one for one in listed if one.lane.pipeline == text] or _listed(client, text)):
        newest = newest_alone(of_it)
        begun = [one for one in of_it if fits(one)] if fits is not None else newest
        if not begun:
            raise click.UsageError(f"No execution of {text} can be meant. These are its newest:\n{_lines(newest)}")
    if len(begun) > 1:
        raise click.UsageError(f"{text} can mean several executions. Name one by its id:\n{_lines(begun)}")
    return begun[0].id if begun else text


def _listed(client: Client, pipeline: str = "") -> list[Execution]:
    found = client.json("/api/executions", pipeline=pipeline, limit=str(_NEWEST))
    return [read_execution(each) for each in found["executions"]]


def _lines(executions: Sequence[Execution]) -> str:
    lines = [
        f"  {one.id}  {one.lane.repository.full_name}  {one.lane.pipeline} #{one.number} on {one.lane.ref}: {one.status}"
        for one in executions[:_SHOWN]
    ]
    more = len(executions) - _SHOWN
    return "\n".join([*lines, f"  and {more} more: penstock status"] if more > 0 else lines)
