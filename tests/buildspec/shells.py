"""Runs a buildspec's phases as a job does: the written driver, in a real shell, without a bot around it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bot.actions.building.driver import Driver
from bot.actions.building.ended import Ended, read_ended
from bot.buildspec import read_buildspec
from bot.model.buildspec import Buildspec

SHELLS = ("sh", "bash")


@dataclass(frozen=True)
class Ran:
    status: int
    log: list[str]
    ended: Ended

    @property
    def printed(self) -> list[str]:
        """What the commands printed, without the build's own lines."""
        return [line for line in self.log if not line.startswith("[Container]")]


def spec_of(phases: str, shell: str = "sh", version: str = "0.2", env: str = "") -> Buildspec:
    more = f", {env}" if env else ""
    text = f"version: {version}\nenv: {{shell: {shell}{more}}}\nphases: {phases}\n"
    reading = read_buildspec(text.encode())
    assert reading.buildspec is not None, reading.problems
    return reading.buildspec


def run(spec: Buildspec, folder: Path, attempt: int = 0, texts: tuple[str, ...] = (), **env: str) -> Ran:
    """In a folder of its own, which commands see as the source."""
    source = folder / "source"
    source.mkdir(parents=True)
    driver = Driver(spec, attempt, (), texts)
    driver.write(folder / "build")
    variables = {
        "PATH": os.environ["PATH"],
        "CODEBUILD_SRC_DIR": str(source),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "PENSTOCK_BUILD": str(folder / "build"),
        **env,
    }
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", driver.script()],
        check=False,
        cwd=source,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    ended = read_ended(folder / "build", texts, spec.env.exported)
    return Ran(done.returncode, done.stdout.splitlines(), ended)
