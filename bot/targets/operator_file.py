"""A YAML file of the operator's with an entry for each name, and `defaults` for all: read whole, or every problem told at once."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)


class OperatorFileInvalid(Exception):
    """The file is wrong; the text lists every problem, one a line."""


def read_operator_file(path: Path, key: str, noun: type[T]) -> T:
    """`key` has the entries. Raises OperatorFileInvalid; what the file says of keys and users is in none of the texts."""
    body = _read(path)
    if not isinstance(body, dict) or not isinstance(body.get(key), dict):
        raise OperatorFileInvalid(f"{path}: must have `{key}:` with a name for each, and `defaults:` if you like")
    defaults = body.pop("defaults", None) or {}
    if not isinstance(defaults, dict):
        raise OperatorFileInvalid(f"{path}: `defaults` must have keys of {key}")
    named = {
        str(name): {**defaults, **(entry or {})} if isinstance(entry, dict | None) else entry
        for name, entry in body[key].items()
    }
    try:
        return noun.model_validate({**body, key: named})
    except ValidationError as error:
        problems = [
            f"{path}: {'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise OperatorFileInvalid("\n".join(problems)) from None


def _read(path: Path) -> Any:
    try:
        text = path.read_text()
    except OSError as error:
        raise OperatorFileInvalid(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OperatorFileInvalid(f"{path}: is not YAML") from None
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)  # by libyaml: whoever asks for a target has it read anew
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # Where the text ends too early, it means the line behind the last.
        where = f", line {min(mark.line + 1, len(text.splitlines()))}" if mark else ""
        raise OperatorFileInvalid(f"{path}{where}: is not YAML") from None
