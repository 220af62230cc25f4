"""Which files of a bundle an action's globs mean. What is in them is read elsewhere."""

from collections.abc import Iterable, Sequence

from bot.definition.document import quoted
from bot.model.glob import matches
from bot.model.problem import Problem

SUFFIXES = (".yaml", ".yml", ".json")
"""As kubectl chooses files of a folder: a README beside manifests is none."""


def choose(paths: Iterable[str], globs: Sequence[str], file: str) -> tuple[list[str], list[Problem]]:
    """The manifests among `paths`, in their order; a glob that chooses none is a problem of `file`, which has it."""
    known = sorted(path for path in paths if path.endswith(SUFFIXES))
    by_glob = {glob: [path for path in known if matches(glob, path)] for glob in globs}
    none = [
        Problem(
            file,
            0,
            0,
            "deploy.manifests",
            f"{quoted(glob)} chooses no file that ends in {', '.join(SUFFIXES)}.",
            _REMEDY,
        )
        for glob, chosen in by_glob.items()
        if not chosen
    ]
    return sorted({path for chosen in by_glob.values() for path in chosen}), none


_REMEDY = "Name manifests of what is deployed: of the commit, or of the action's first input."
