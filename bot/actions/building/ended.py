"""What a build has left in its folder: how its phases ended, why it failed, and what its shell made of variables and texts.

The build may have written there, too: sizes are limited, and whatever makes no sense counts as not there.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.actions.outputs import LIMIT, OutputsInvalid, read_outputs
from bot.model.buildspec import PHASES, Buildspec, OnFailure
from bot.ports import Job

LONGEST_MESSAGE = 500
_MOST = 1 << 20
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Ended:
    """`phases` has SUCCEEDED or FAILED for each that ran. `again`: the build is to be done anew (section 5). `message` is the
    first failure's. `stopped`: what follows the phases is left out (section 6). `texts` are those that were evaluated.
    """

    phases: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    message: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    texts: Sequence[str] = ()

    @property
    def whole(self) -> bool:
        """Whether every phase had its turn, so that artifacts are due (section 6)."""
        return len(self.phases) == len(PHASES) and not self.again


def read_ended(folder: Path, texts: Sequence[str], exported: Sequence[str]) -> Ended:
    results = dict(_pair(line) for line in reversed((_read(folder / "results") or "").splitlines()))
    found = {phase: results[phase] for phase in PHASES if phase in results}
    failed = [phase for phase, value in found.items() if value != "SUCCEEDED"]
    message = ""
    if failed:
        words = (_read(folder / f"message-{failed[0]}") or "").strip() or _first_failure(folder, results)
        shown = words if len(words) <= LONGEST_MESSAGE else f"{words[:LONGEST_MESSAGE]}…"
        message = f"{failed[0]}: {shown}"
    return Ended(
        {phase: value.partition("-")[0] for phase, value in found.items()},
        any(value == "FAILED-RETRY" for value in found.values()),
        message,
        _variables(folder / "variables", exported),
        read_values(folder, texts),
    )


def _first_failure(folder: Path, results: Mapping[str, str]) -> str:
    """PHS-10's message, where the build's shell could not write it: on a device that the build had filled."""
    steps = sorted(int(key) for key in results if key.isdecimal() and len(key) < _LONGEST_NUMBER)
    for step in steps:
        status = results[str(step)].rstrip("x")
        if status != "0":
            command = (_read(folder / "commands" / str(step)) or "").strip()
            return f"Error while executing command: {command}. Reason: exit status {status[:_LONGEST_NUMBER]}"
    return ""


def artifacts_due(spec: Buildspec, ended: Ended) -> bool:
    """Section 6: when every phase had its turn, and POST_BUILD did not abort."""
    last = spec.phases[-1]
    aborted = ended.phases.get(last.name) == "FAILED" and last.on_failure.kind is OnFailure.ABORT
    return ended.whole and not aborted


def read_values(folder: Path, texts: Sequence[str]) -> list[str]:
    """What became of texts that a shell has evaluated; of one that it has not, the text itself."""
    return [_value(folder, number, text) for number, text in enumerate(texts, start=1)]


def made_outputs(job: Job, ended: Ended) -> Mapping[str, str]:
    """What a build exports, and the lines it wrote as a `run` action does. Raises OutputsInvalid."""
    written = read_outputs(job.output) if job.output is not None and job.output.exists() else {}
    outputs = {**written, **{name: text for name, text in ended.variables.items() if not name.startswith("AWS_")}}
    if sum(len(name) + len(text.encode()) for name, text in outputs.items()) > LIMIT:
        raise OutputsInvalid(
            f"OutputVariablesSizeExceeded: its output variables are larger than {LIMIT} bytes in total"
        )
    return outputs


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition(" ")
    return key, value


def _value(folder: Path, number: int, text: str) -> str:
    found = _read(folder / "values" / str(number))
    return text if found is None else found


def _variables(path: Path, exported: Sequence[str]) -> Mapping[str, str]:
    """ENV-7: of those that are to be exported those that are set; empty ones are exported empty."""
    if not exported:
        return {}
    entries = (_read(path, 16 * LIMIT) or "").split("\0")
    values = dict(entry.split("=", 1) for entry in entries if "=" in entry)
    return {name: values[name] for name in exported if name in values}


def _read(path: Path, most: int = _MOST) -> str | None:
    """The beginning of a plain file; None for anything else. A link may lead to what the build's user could not read (PHS-6)."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        with os.fdopen(os.dup(file), "rb") as opened:
            return opened.read(most).decode(errors="replace")
    finally:
        os.close(file)
