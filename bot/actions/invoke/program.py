"""Programs that are given the document that an endpoint would get (LMB-5): one of the commit's, or a plug-in's, which has types of action and callables. They run as commands do."""

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.actions.invoke.endpoint import document
from bot.core.variables import Reference, resolver, substitute
from bot.model.pipeline import Invoke, Run, Use, Work
from bot.plugins.installed import command
from bot.ports import ActionContext

EVENT = "PENSTOCK_EVENT"
_PROGRAMS = frozenset({"command", "callable"})


def commands_of(work: Work) -> tuple[str, ...]:
    """What is run, line by line, for work that is done by running something."""
    match work:
        case Run():
            return work.commands
        case Use():
            return (f'exec {shlex.join(command("perform", work.type))} <"${EVENT}"',)
        case Invoke(target) if "callable" in target:
            return (f'exec {shlex.join(command("call", str(target["callable"])))} <"${EVENT}"',)
        case Invoke(target) if "command" in target:
            return f'exec <"${EVENT}"', str(target["command"])
    raise AssertionError("whoever chose this type of action saw that there is something to be run")


def is_told(work: Work) -> bool:
    """Whether the program is given the document."""
    return isinstance(work, Use) or (isinstance(work, Invoke) and not _PROGRAMS.isdisjoint(work.target))


def event_file(folder: Path) -> Path:
    return folder / "event.json"


def write_event(context: ActionContext, folder: Path, inputs: Mapping[str, Path]) -> None:
    """Raises Unresolved."""
    work = context.action.work
    if not is_told(work):
        return
    value = resolver(context.pipeline, context.execution)
    if isinstance(work, Use):
        event = document(context, {"function": work.type}, "") | {
            "type": "action.use",
            "configuration": _substituted(work.configuration, value),
        }
    else:
        assert isinstance(work, Invoke)  # noqa: S101  nothing else is told
        asked = {key: str(each) for key, each in work.target.items() if key in _PROGRAMS}
        asked["parameters"] = substitute(str(work.target.get("parameters", "")), value)
        event = document(context, asked, "")
    event["inputs"] = {name: str(place) for name, place in inputs.items()}
    event_file(folder).write_text(json.dumps(event), encoding="utf-8")


def _substituted(value: object, resolve: Callable[[Reference], str]) -> object:
    """With the references in all of its texts replaced. Keys are the plug-in's own."""
    match value:
        case str():
            return substitute(value, resolve)
        case Mapping():
            return {name: _substituted(each, resolve) for name, each in value.items()}
        case list() | tuple():
            return [_substituted(each, resolve) for each in value]
    return value
