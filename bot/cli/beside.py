"""What a pipeline names beside its own file (buildspecs, appspecs, manifests), checked in a folder as a push has it checked."""

from collections.abc import Sequence
from pathlib import Path

from bot import appspec, buildspec, manifests
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem


def named_problems(pipeline: Pipeline, root: Path) -> Sequence[Problem]:
    """All of them. A file that is not there is none: its action says so, should it not come from elsewhere."""

    def read(name: str) -> bytes | None:
        path = root / name
        return path.read_bytes() if path.is_file() else None

    return [
        *buildspec.named_problems(pipeline, read),
        *appspec.named_problems(pipeline, read),
        *manifests.named_problems(pipeline, lambda: list(manifests.found_files(root)), read),
    ]
