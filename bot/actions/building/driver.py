"""What a build's shell works off, written into a folder: a script of our own words only, and the user's texts as files beside it.

The shell's half is in `functions.sh` (`steps.py` for Python), what keeps it going in `attend.sh`. What a build leaves in the
folder is `ended`'s to read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shlex import quote

from bot.model.buildspec import Buildspec, FailurePolicy, OnFailure, Phase

HERE = Path(__file__).parent

SHELLS = {
    "": "sh",
    "sh": "sh",
    "/bin/sh": "/bin/sh",
    "bash": "bash",
    "/bin/bash": "/bin/bash",
    "python": "python3",
}
"""What is started for each shell that a buildspec may ask for (ENV-8); Windows' own are not among them."""

_GOES_ON = {
    "INSTALL": {OnFailure.CONTINUE},
    "PRE_BUILD": {OnFailure.CONTINUE},
    "BUILD": {OnFailure.DEFAULT, OnFailure.CONTINUE, OnFailure.RETRY},
    "POST_BUILD": {OnFailure.DEFAULT, OnFailure.CONTINUE, OnFailure.RETRY},
}
"""After which kinds of `on-failure` a failed phase is followed by the next (section 6). RETRY: its retries are used up (ONF-5)."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Writes what is needed to run a buildspec. `attempt` counts builds from 0; `notes` are told first; `texts` are evaluated last."""

    spec: Buildspec
    attempt: int
    notes: Sequence[str] = ()
    texts: Sequence[str] = ()

    def write(self, folder: Path) -> None:
        """All files of a build, in a folder that is made here."""
        for name in ("commands", "texts", "values"):
            (folder / name).mkdir(parents=True)
        for number, command in enumerate(self._commands(), start=1):
            _write(folder / "commands" / str(number), command)
        for phase in self.spec.phases:
            if self._may_be_retried(phase.on_failure):
                _write(folder / f"retry-{phase.name}", phase.on_failure.pattern or ".*")
        for number, text in enumerate(self.texts, start=1):
            _write(folder / "texts" / str(number), text)
        if self.spec.env.exported:
            _write(folder / "exported", "")
        _write(folder / "notes", "\n[Container] ".join(["Phase is DOWNLOAD_SOURCE", *self.notes]))
        plan = list(self._plan())
        if self._python:
            _write(folder / "plan", "\n".join(" ".join(words) for words in plan))
            _write(folder / "steps.py", _ours("steps.py"))
        else:
            lines = "\n".join(self._line(words) for words in plan)
            _write(folder / "steps.sh", f"{_ours('functions.sh')}\n{lines}\n")

    def script(self) -> str:
        """What a job runs, with PENSTOCK_BUILD set to the folder."""
        steps = "steps.py" if self._python else "steps.sh"
        script = _ours("attend.sh").replace("@SHELL@", f'{self._program} "$penstock_build/{steps}"')
        return script.replace("@USER@", quote(self.spec.phases[0].run_as))

    @property
    def _program(self) -> str:
        return SHELLS[self.spec.env.shell]

    @property
    def _python(self) -> bool:
        return self.spec.env.shell == "python"

    def _commands(self) -> Iterator[str]:
        for phase in self.spec.phases:
            yield from phase.commands
            yield from phase.last

    def _may_be_retried(self, policy: FailurePolicy) -> bool:
        return self.attempt < policy.retries

    def _plan(self) -> Iterator[tuple[str, ...]]:
        number = 0
        for phase in self.spec.phases:
            yield "begin", phase.name, phase.run_as
            for _ in phase.commands:
                number += 1
                yield "step", str(number)
            yield ("finally",)
            for _ in phase.last:
                number += 1
                yield "step", str(number)
            yield self._end(phase)
        for each in range(len(self.texts)):
            yield "evaluate", str(each + 1)
        yield ("finish",)

    def _end(self, phase: Phase) -> tuple[str, ...]:
        policy = phase.on_failure
        leads = "go" if policy.kind in _GOES_ON[phase.name] else "stop"
        return ("end", leads, f"retry-{phase.name}") if self._may_be_retried(policy) else ("end", leads)

    def _line(self, words: tuple[str, ...]) -> str:
        """A step of the plan as a line of shell, which nothing that a command sets (`-e`, `-x`, IFS) ends or clutters.

        A command's status is taken by the line after it: opening /dev/null once a command, not twice, is felt.
        """
        if words[0] == "step":
            run = 'eval "$penstock_text"'
            if not self.spec.one_shell:
                run = f'(cd "$CODEBUILD_SRC_DIR" && exec {self._program} "$penstock_dir/commands/{words[1]}")'
            return f'if {{ penstock_step "$?" {words[1]}; }} 2>/dev/null; then {run}; fi'
        status = ['"$?"'] if words[0] in ("finally", "end") else []
        call = " ".join(
            [f"penstock_{words[0]}", *status, *map(quote, words[1:]), *(['""'] if words[0] == "end" else [])]
        )
        return f"{{ {call}; }} 2>/dev/null || :"


def write_texts(texts: Sequence[str], folder: Path) -> None:
    """Texts for `evaluation_script`, in a folder that is made here, or made whole."""
    for name in ("texts", "values"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts, start=1):
        _write(folder / "texts" / str(number), text)


def evaluation_script() -> str:
    """What a job runs to have texts evaluated, with PENSTOCK_BUILD set to their folder."""
    return _ours("evaluate.sh")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


@cache
def _ours(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
