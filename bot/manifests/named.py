"""The manifests that a pipeline names, checked with it: better told now than in the middle of a deployment."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import takewhile

from bot.definition.placed import of_the_commit, placed
from bot.manifests.chosen import choose
from bot.manifests.filled import filled
from bot.manifests.read import read_manifests
from bot.model.cluster_deployment import Manifest, ManifestDeploy
from bot.model.pipeline import Pipeline
from bot.model.problem import Problem

_UNKNOWN = "unknown"
"""In place of a reference, whose value comes later."""

_SPECIAL = re.compile(r"[][*?{}\\]")


def named_folders(pipeline: Pipeline) -> set[str]:
    """The folders of the commit that its manifests are somewhere below, "" for the root."""
    return {_folder(glob) for _, work in _deployments(pipeline) for glob in work.manifests.files}


def named_files(pipeline: Pipeline, paths: Collection[str]) -> set[str]:
    """Its manifests among the files of the commit."""
    return {
        path for _, work in _deployments(pipeline) for path in choose(paths, work.manifests.files, pipeline.file)[0]
    }


def named_problems(
    pipeline: Pipeline, paths: Callable[[], Collection[str]], read: Callable[[str], bytes | None], *, whole: bool = True
) -> Iterator[Problem]:
    """`paths` are the files of the commit, asked for only where there are manifests among them; not `whole`: there may be more.
    `read` gives one, None where it can't be had yet. What is in an artifact can't be known yet.
    """
    for where, work in _deployments(pipeline):
        for problem in _problems(work, pipeline.file, paths(), read, whole=whole):
            yield replace(problem, path=f"{where}: {problem.path}") if problem.file == pipeline.file else problem


def _deployments(pipeline: Pipeline) -> Iterator[tuple[str, ManifestDeploy]]:
    """Of manifests of the commit, with where they are in the pipeline."""
    for where, action, work in placed(pipeline, ManifestDeploy):
        if of_the_commit(action):
            yield where, work


def _folder(glob: str) -> str:
    *folders, _ = glob.split("/")
    return "/".join(takewhile(lambda part: not _SPECIAL.search(part), folders))


def _problems(
    work: ManifestDeploy, file: str, paths: Collection[str], read: Callable[[str], bytes | None], *, whole: bool
) -> Iterator[Problem]:
    named = work.manifests
    chosen, none = choose(paths, named.files, file)
    if whole:
        yield from none
    texts = {path: read(path) for path in chosen}
    found: list[Manifest] = []
    for path, text in texts.items():
        if text is not None:
            reading = read_manifests(text, path)
            yield from reading.problems
            found += reading.manifests
    if found and whole and None not in texts.values():
        images = {name: _UNKNOWN if "#{" in value else value for name, value in named.images.items()}
        yield from filled(found, images, named.values, file)[1]
