"""*build*: a buildspec of 20 commands, driven with one shell across its phases and every command's end noted, against plain `bash`.

Each command runs a program, as a build's commands do. Both are started by the same shell, in turn, with nothing
of the bot around them; what counts is processor time, since most of the time either waits for a fork.
"""

import os
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.actions.building.driver import Driver
from bot.buildspec import read_buildspec
from tests.bench.figures import Figure, middle, ms

COUNT = 40
COMMANDS = 20
COMMAND = "git --version"
"""A program that does next to nothing: a compiler takes a hundred times as long."""


def build(folder: Path) -> Figure:
    commands = "".join(f"      - {COMMAND}\n" for _ in range(COMMANDS // 2))
    text = f"version: 0.2\nenv: {{shell: bash}}\nphases:\n  install:\n    commands:\n{commands}  build:\n    commands:\n{commands}"
    spec = read_buildspec(text.encode()).buildspec
    assert spec is not None
    driver, script = Driver(spec, 0), folder / "plain.sh"
    script.write_text("set -e\n" + f"{COMMAND}\n" * COMMANDS)
    ours, floor = [], []
    for number in range(COUNT):
        place = folder / str(number)
        driver.write(place)
        ours.append(_seconds(["sh", "-e", "-c", driver.script()], place))
        floor.append(_seconds(["sh", "-e", "-c", f"exec bash {script}"], place))
    parts = {
        "ours": ms(middle(ours)),
        "floor": ms(middle(floor)),
        "a command": ms((middle(ours) - middle(floor)) / COMMANDS),
    }
    return Figure("build", middle(ours) / middle(floor), "<= 1.3", parts)


def _seconds(words: Sequence[str], place: Path) -> float:
    """Of processor time, all children's included."""
    env = {"PATH": os.environ["PATH"], "PENSTOCK_BUILD": str(place), "CODEBUILD_SRC_DIR": str(place)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=place, env=env, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
