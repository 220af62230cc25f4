"""Which buildspec a build has: a file of its first input, or one that stands in the pipeline file (FIL-1, FIL-2, FIL-4)."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.actions.environment import bind
from bot.actions.leading import leads_to
from bot.buildspec import Reading, inline_text, is_inline, read_buildspec
from bot.core.variables import Reference, substitute
from bot.model.buildspec import Buildspec
from bot.model.problem import Problem

LARGEST = 1 << 20
_TOLD = 5
"""Problems in an action's summary; the log has them all."""


class SpecInvalid(Exception):
    """There is no buildspec to run. The text is what CodeBuild says, with our reasons; `problems` has each, if it could be read."""

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.problems = problems


def load(buildspec: str | Mapping[str, object], root: Path) -> Reading:
    """The buildspec, read. Raises SpecInvalid."""
    if not is_inline(buildspec):
        assert isinstance(buildspec, str)  # noqa: S101  a mapping is inline
        data, name = _file(root, buildspec), buildspec
    else:
        data, name = inline_text(buildspec).encode(), "the buildspec"
    reading = read_buildspec(data, name)
    if reading.problems:
        told = " ".join(str(problem) for problem in reading.problems[:_TOLD])
        more = len(reading.problems) - _TOLD
        rest = f" And {more} more: `penstock validate {name}` tells all." if more > 0 else ""
        raise SpecInvalid(f"YAML_FILE_ERROR: {told}{rest}", reading.problems)
    return reading


def _file(root: Path, path: str) -> bytes:
    """A file below the root, wherever its links lead: what lies outside is none. Raises SpecInvalid."""
    missing = f"YAML_FILE_ERROR: there is no file {path} in the source. Commit one there, or name yours with `build:`."
    place = leads_to(root / path)
    if place is None:
        raise SpecInvalid(missing)
    if not place.is_relative_to(root.resolve()):
        raise SpecInvalid(f"YAML_FILE_ERROR: {path} leads out of the source.")
    try:
        file = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        raise SpecInvalid(missing) from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise SpecInvalid(f"YAML_FILE_ERROR: {path} is no file.")
    with os.fdopen(file, "rb") as opened:
        return opened.read(LARGEST + 1)  # one byte too many is told by the reading


def with_variables(spec: Buildspec, variables: Mapping[str, str]) -> Buildspec:
    """BAT-4: those of a batch's build, over the buildspec's own."""
    return replace(spec, env=replace(spec.env, variables={**spec.env.variables, **variables})) if variables else spec


def with_references(spec: Buildspec, value: Callable[[Reference], str], env: dict[str, str]) -> Buildspec:
    """PIP-3, for one that stands in the pipeline file: in commands a reference becomes a variable in `env`, elsewhere its value.

    Raises Unresolved.
    """
    phases = tuple(
        replace(
            phase,
            commands=tuple(bind(command, value, env) for command in phase.commands),
            last=tuple(bind(command, value, env) for command in phase.last),
        )
        for phase in spec.phases
    )
    variables = {name: substitute(text, value) for name, text in spec.env.variables.items()}
    return replace(spec, phases=phases, env=replace(spec.env, variables=variables))
