"""Where an attempt at an action has its folder, by its job's name. Who makes one and removes it is for those who fill it."""

from collections.abc import Collection
from glob import escape
from pathlib import Path

_APART = "~"
"""Between the parts of a job's name: in no name of a stage, an action or a rule, and plain to shells, patterns and addresses."""
_APART_BEFORE = "--"
"""Up to version 0.1. Names may have it, so two jobs could meet in one folder."""


class JobFolders:
    """Below `root`, a folder a job. One that an older version has made stays where it is: what runs there knows its path."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._before: dict[str, Path] = {}

    def of(self, job: str) -> Path:
        return self._before.get(job) or self.root / job.replace("/", _APART)

    def below(self, job: str) -> list[str]:
        """The jobs that have folders and whose names go on from this one's with a `/`."""
        return sorted({f"{job}/{rest}" for apart in (_APART, _APART_BEFORE) for rest in self._rests(job, apart)})

    def left(self, keep: Collection[str]) -> list[Path]:
        """The folders that a former life left, but for those of these jobs. To be asked before anything is performed."""
        for job in keep:
            before = self.root / job.replace("/", _APART_BEFORE)
            if before.exists():
                self._before[job] = before
        kept = {self.of(job) for job in keep}
        return [folder for folder in self.root.glob("*") if folder not in kept]

    def _rests(self, job: str, apart: str) -> list[str]:
        prefix = f"{job}/".replace("/", apart)
        return [folder.name.removeprefix(prefix).replace(apart, "/") for folder in self.root.glob(f"{escape(prefix)}*")]
