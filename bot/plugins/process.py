"""A plug-in's own process: `describe NAME` prints its schema, `perform NAME` does an action's work, `call NAME` calls a callable. Never imported by the bot.

The action's document comes on standard input; what came of it goes into the files that PENSTOCK_OUTPUT and PENSTOCK_SUMMARY name.
"""

import json
import os
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.plugins.api import ActionFailed, ActionPlugin, Call, Result

GROUP = "penstock.actions"
CALLABLES = "penstock.callables"
_LONGEST = 400
"""Characters of an unexpected error; the bot shows little more."""


def main(words: list[str]) -> int:
    task, name = words
    try:
        if task == "call":
            _call(name, json.load(sys.stdin))
            return 0
        plugin = _load(name)
        if task == "describe":
            print(json.dumps(plugin.Configuration.model_json_schema()))  # noqa: T201  its only output
            return 0
        _perform(plugin, json.load(sys.stdin))
    except ActionFailed as failed:
        _summarize(str(failed))
        return 1
    except Exception as error:  # noqa: BLE001  whatever it is, it is this action's failure and nobody else's
        traceback.print_exc()
        what = "callable" if task == "call" else "plug-in"
        where = "; the action's log has the traceback" if task != "describe" else ""
        _summarize(f"the {what} {name} failed: {type(error).__name__}: {error}"[:_LONGEST] + where)
        return 1
    return 0


def _load(name: str) -> ActionPlugin:
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise ActionFailed(f"no plug-in of the name {name} is installed")
    plugin = next(iter(found)).load()()
    if not isinstance(plugin, ActionPlugin):
        raise ActionFailed(f"the entry point {name} is no ActionPlugin")
    return plugin


def _perform(plugin: ActionPlugin, event: dict[str, Any]) -> None:
    try:
        configuration = plugin.Configuration.model_validate(event["configuration"])
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        words = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'configuration'}: {each['msg']}" for each in told)
        raise ActionFailed(f"its configuration is wrong: {words}") from None
    inputs = {name: Path(place) for name, place in event["inputs"].items()}
    result = plugin.perform(Call(configuration, Path(os.environ["PENSTOCK_WORKSPACE"]), inputs, event)) or Result()
    _tell(result)


def _call(name: str, event: dict[str, Any]) -> None:
    found = entry_points(group=CALLABLES, name=name)
    if not found:
        known = ", ".join(sorted(entry_points(group=CALLABLES).names)) or "none"
        raise ActionFailed(f"no callable of the name {name} is installed where the bot is; there are: {known}")
    result = next(iter(found)).load()(event)
    if not isinstance(result, Result | None):
        raise ActionFailed(f"the callable {name} answered with a {type(result).__name__}, which is no Result")
    _tell(result or Result())


def _tell(result: Result) -> None:
    lines = [f"{key}={value}" for key, value in result.outputs.items()]
    if any("\n" in line for line in lines):
        raise ActionFailed("an output variable has several lines, which none can have")
    Path(os.environ["PENSTOCK_OUTPUT"]).write_text("\n".join(lines), encoding="utf-8")
    _summarize(result.summary)


def _summarize(text: str) -> None:
    place = os.environ.get("PENSTOCK_SUMMARY")
    if place is None:
        print(text, file=sys.stderr)  # noqa: T201  nobody else is listening
    elif text:
        Path(place).write_text(text, encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
