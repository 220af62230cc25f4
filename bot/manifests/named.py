"""The manifests that a pipeline names, checked with it: better told now than in the middle of a deployment."""

from collections.abc import Callable, Collection, Iterator

from bot.manifests.chosen import choose
from bot.manifests.filled import filled
from bot.manifests.read import read_manifests
from bot.model.cluster_deployment import Manifest, ManifestDeploy
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem

SOURCE = "source"
_UNKNOWN = "unknown"
"""In place of a reference, whose value comes later."""


def named_problems(
    pipeline: Pipeline, paths: Callable[[], Collection[str]], read: Callable[[str], bytes | None]
) -> Iterator[Problem]:
    """`paths` are the files of the commit, asked for only where there are manifests among them. What is in an artifact can't be known yet."""
    for stage in pipeline.stages:
        for action in stage.actions:
            work = action.work
            if isinstance(work, ManifestDeploy) and action.inputs[:1] in ((), (SOURCE,)):
                yield from _problems(work, pipeline.file, paths(), read)


def _problems(
    work: ManifestDeploy, file: str, paths: Collection[str], read: Callable[[str], bytes | None]
) -> Iterator[Problem]:
    named = work.manifests
    chosen, none = choose(paths, named.files, file)
    yield from none
    found: list[Manifest] = []
    for path in chosen:
        reading = read_manifests(read(path) or b"", path)
        yield from reading.problems
        found += reading.manifests
    if found:
        images = {name: _UNKNOWN if "#{" in value else value for name, value in named.images.items()}
        yield from filled(found, images, named.values, file)[1]
