"""Invocations of a program of the commit (LMB-5): it is run as commands are, with the document that an endpoint would get on its input."""

import json
from collections.abc import Mapping
from pathlib import Path

from bot.actions.invoke.endpoint import document
from bot.core.variables import resolver, substitute
from bot.model.pipeline import Invoke, Run, Work
from bot.ports import ActionContext

EVENT = "PENSTOCK_EVENT"


def commands_of(work: Work) -> tuple[str, ...]:
    """What is run, line by line, for work that is done by running something."""
    if isinstance(work, Run):
        return work.commands
    asked = program_of(work)
    assert asked is not None  # noqa: S101  whoever chose this type saw it
    return f'exec <"${EVENT}"', str(asked["command"])


def program_of(work: Work) -> Mapping[str, object] | None:
    """What the file says of a program to be invoked; None when it is something else that is."""
    return work.target if isinstance(work, Invoke) and "command" in work.target else None


def event_file(folder: Path) -> Path:
    return folder / "event.json"


def write_event(context: ActionContext, folder: Path) -> None:
    """Raises Unresolved."""
    asked = program_of(context.action.work)
    if asked is None:
        return
    value = resolver(context.pipeline, context.execution)
    told = {"command": str(asked["command"]), "parameters": substitute(str(asked.get("parameters", "")), value)}
    event_file(folder).write_text(json.dumps(document(context, told, "")), encoding="utf-8")
