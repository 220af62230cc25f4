"""The manifests of a bundle: its files found, read and filled in."""

from pathlib import Path

from bot.actions.deploying import RevisionInvalid
from bot.manifests import choose, filled, found_files, read_manifests
from bot.model.cluster_deployment import Manifest
from bot.model.deployment import Manifests
from bot.model.problem import Problem

LARGEST = 8 << 20
"""Bytes of all manifests together."""
_MOST_OBJECTS = 2000


class ManifestsInvalid(RevisionInvalid):
    """Nothing is applied."""


def read_bundle(root: Path, named: Manifests, pipeline_file: str) -> tuple[Manifest, ...]:
    """Raises ManifestsInvalid with every problem."""
    chosen, none = choose(found_files(root), named.files, pipeline_file)
    found: list[Manifest] = []
    problems: list[Problem] = list(none)
    size = 0
    for path in chosen:
        size += (root / path).stat().st_size
        if size > LARGEST:
            raise ManifestsInvalid([f"the manifests have more than {LARGEST} bytes"])
        reading = read_manifests((root / path).read_bytes(), path)
        problems += reading.problems
        found += reading.manifests
    if not problems:
        whole, wrong = filled(found, named.images, named.values, pipeline_file)
        found, problems = list(whole), list(wrong)
    if problems:
        raise ManifestsInvalid([str(problem) for problem in problems])
    if not 0 < len(found) <= _MOST_OBJECTS:
        many = f"the manifests have {len(found)} objects, and may have {_MOST_OBJECTS}"
        raise ManifestsInvalid([many if found else "there are no objects in the manifests"])
    return tuple(found)
