"""What `functions.sh` is to a shell, for a build whose shell is Python: commands run in one interpreter, one after another.

A job's process runs this file, never the bot. It imports the standard library only, and works off the `plan` beside it.
"""

import json
import os
import re
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def say(text: str) -> None:
    print(f"[Container] {text}", flush=True)  # noqa: T201  its output is the log


def note(key: str, value: str) -> None:
    with RESULTS.open("a") as file:
        file.write(f"{key} {value}\n")


class Steps:
    """The plan, worked off; an interpreter that was ended behind a command is begun again there."""

    def __init__(self) -> None:
        self.past: dict[str, str] = {}
        for line in RESULTS.read_text().splitlines() if RESULTS.exists() else ():
            key, _, value = line.partition(" ")
            self.past.setdefault(key, value)
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.phase = ""
        self.off = self.skip = self.stop = self.failed = False
        self.culprit: tuple[str, int] | None = None
        self.user, self.home = (os.environ.pop(name, "") for name in ("PENSTOCK_AS", "PENSTOCK_HOME"))

    def begin(self, phase: str, user: str = "") -> None:
        self.phase, self.off, self.skip, self.culprit = phase, self.stop, self.stop, None
        if not self.off and f"{phase}-begun" not in self.past:
            if user != self.user:  # PHS-6: an interpreter of that user goes on
                self.save()
                note("as", user)
                sys.exit(0)
            note(f"{phase}-begun", "yes")
            say(f"Entering phase {phase}")

    def step(self, number: str) -> None:
        if number in self.past:
            self.judge(number, int(self.past[number].rstrip("x")), ended=self.past[number].endswith("x"))
        elif not self.skip:
            note(f">{number}", "now")
            text = (HERE / "commands" / number).read_text()
            say(f"Running command {text}")
            status, ended = self.run(text, number)
            note(number, f"{status}{'x' if ended else ''}")
            if status:
                say(f"Command did not exit successfully, exit status {status}")
            self.judge(number, status, ended=ended)

    def run(self, text: str, number: str) -> tuple[int, bool]:
        """Its status, and whether it wanted to end the interpreter."""
        try:
            exec(compile(text, f"command {number}", "exec"), self.names)  # noqa: S102  running commands is what this is for
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            return code & 255, True
        except BaseException:  # noqa: BLE001  whatever a command raises is its failure
            traceback.print_exc()
            return 1, False
        finally:
            sys.stdout.flush()
        return 0, False

    def judge(self, number: str, status: int, *, ended: bool) -> None:
        self.skip = self.skip or ended
        if status:
            self.skip = self.failed = True
            os.environ["CODEBUILD_BUILD_SUCCEEDING"] = "0"
            self.culprit = self.culprit or (number, status)

    def end(self, on_failure: str, pattern: str = "") -> None:
        if self.off:
            return
        value = self.past.get(self.phase)
        if value is None:
            value = "SUCCEEDED" if self.culprit is None else self.fail(*self.culprit, pattern)
            note(self.phase, value)
            say(f"Phase complete: {self.phase} State: {value.partition('-')[0]}")
            if self.culprit is not None:
                message = (HERE / f"message-{self.phase}").read_text()
                say(f"Phase context status code: COMMAND_EXECUTION_ERROR Message: {message}")
            self.save()
        self.stop = value == "FAILED-RETRY" or (value == "FAILED" and on_failure == "stop")

    def save(self) -> None:
        (HERE / "exports").write_text(json.dumps({"folder": str(Path.cwd()), "variables": dict(os.environ)}))

    def fail(self, number: str, status: int, pattern: str) -> str:
        command = (HERE / "commands" / number).read_text().strip()
        message = f"Error while executing command: {command}. Reason: exit status {status}"
        (HERE / f"message-{self.phase}").write_text(message)
        again = bool(pattern) and re.search((HERE / pattern).read_text().strip(), message) is not None
        return "FAILED-RETRY" if again else "FAILED"

    def evaluate(self, number: str) -> None:
        text = os.path.expandvars((HERE / "texts" / number).read_text())
        (HERE / "values" / number).write_text(text)

    def finish(self) -> None:
        if not self.failed and (HERE / "exported").exists():
            values = "".join(f"{name}={value}\0" for name, value in os.environ.items())
            (HERE / "variables").write_bytes(values.encode("utf-8", "surrogateescape"))
        (HERE / "outcome").write_text("FAILED\n" if self.failed else "SUCCEEDED\n")

    def restore(self) -> None:
        kept = HERE / "exports"
        if not self.past:
            say((HERE / "notes").read_text().strip())
        elif kept.exists():
            found = json.loads(kept.read_text())
            os.environ.update(found["variables"])
            os.chdir(found["folder"])
        if self.home:
            os.environ.update(HOME=self.home, USER=self.user, LOGNAME=self.user)

    def work(self) -> None:
        self.restore()
        for line in (HERE / "plan").read_text().splitlines():
            words = line.split()
            if words[0] == "finally":
                self.skip = self.off
            else:
                getattr(self, words[0])(*words[1:])


if __name__ == "__main__":
    Steps().work()
