"""Output variables: the `NAME=value` lines that an action's commands write to the file named by PENSTOCK_OUTPUT (VAR-8)."""

import re
from collections.abc import Mapping
from pathlib import Path

LIMIT = 122_880  # VAR-8, bytes

_NAME = re.compile(r"[A-Za-z0-9@\-_]{1,128}")


class OutputsInvalid(Exception):
    """The file is not what it should be; the text says which line and why."""


def read_outputs(path: Path) -> dict[str, str]:
    """The variables; a later line of the same name wins. Raises OutputsInvalid."""
    with path.open("rb") as file:
        raw = file.read(LIMIT + 1)
    if len(raw) > LIMIT:
        raise OutputsInvalid(
            f"OutputVariablesSizeExceeded: its output variables are larger than {LIMIT} bytes in total"
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise OutputsInvalid("the output variables are not UTF-8 text") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise OutputsInvalid(f"line {number} of the output variables is not of the form NAME=value")
        if "\0" in value:
            raise OutputsInvalid(f"line {number} of the output variables has a zero byte, which no value can have")
        found[name] = value.removesuffix("\r")
    return found


def check_outputs(values: Mapping[str, str]) -> None:
    """The same of variables that have come in another way. Raises OutputsInvalid."""
    size = sum(len(name.encode()) + len(value.encode("utf-8", "replace")) + 2 for name, value in values.items())
    if size > LIMIT:
        raise OutputsInvalid(
            f"OutputVariablesSizeExceeded: its output variables are larger than {LIMIT} bytes in total"
        )
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise OutputsInvalid(
                f"{name[:140]!r} can't be the name of an output variable: letters, digits, @, - and _ can"
            )
        if "\0" in value:
            raise OutputsInvalid(f"the output variable {name} has a zero byte, which no value can have")
