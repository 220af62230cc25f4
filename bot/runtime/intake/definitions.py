"""The pipeline definitions at a commit, as pushes, reruns and whatever else starts pipelines need them."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot import appspec, buildspec
from bot.definition import PIPELINE_PATHS, Definitions, read_definitions
from bot.model.pipeline import Checkout, Pipeline
from bot.model.plugin import PluginType
from bot.model.problem import Problem
from bot.model.repository import Repository
from bot.ports import SealBroken, Secrets, Sources

JUST_THE_COMMIT = Checkout()


class DefinitionReader:
    """Reads what a commit defines. Secrets are opened only to see that they can be."""

    def __init__(self, sources: Sources, secrets: Secrets, plugins: Mapping[str, PluginType]) -> None:
        """`plugins` are the types of action that are installed besides the bot's own."""
        self._sources = sources
        self._secrets = secrets
        self._plugins = plugins

    async def at(self, repository: Repository, commit: str) -> Definitions:
        """Raises CommitUnavailable and ProviderError."""
        await self._sources.fetch(repository, [commit], JUST_THE_COMMIT)
        files = await self._sources.files(repository, commit, PIPELINE_PATHS)

        def unsealed(name: str, sealed: str) -> str:
            try:
                self._secrets.open(repository, name, sealed)
            except SealBroken as broken:
                return str(broken)
            return ""

        def read() -> Definitions:
            return read_definitions(files, repository.name, unsealed=unsealed, whole=True, plugins=self._plugins)

        # In a thread: a file made to be slow to read costs its own execution time, and nobody else's.
        found = await asyncio.to_thread(read)
        specs = {path for pipeline in found.pipelines for path in _named_files(pipeline)}
        if not specs and not any(_holds_any(pipeline) for pipeline in found.pipelines):
            return found
        known = await self._sources.files(repository, commit, sorted(specs)) if specs else {}
        return await asyncio.to_thread(_with_specs, found, known)


def _named_files(pipeline: Pipeline) -> set[str]:
    return buildspec.named_files(pipeline) | appspec.named_files(pipeline)


def _holds_any(pipeline: Pipeline) -> bool:
    return buildspec.holds_any(pipeline) or appspec.holds_any(pipeline)


def _named_problems(pipeline: Pipeline, files: Mapping[str, bytes]) -> Iterator[Problem]:
    yield from buildspec.named_problems(pipeline, files.get)
    yield from appspec.named_problems(pipeline, files.get)


def _with_specs(found: Definitions, files: Mapping[str, bytes]) -> Definitions:
    """Without the files whose pipelines name or hold a buildspec or an appspec that is none: what would fail is told before anything starts.

    One that is not among the commit's files may yet come from a submodule: its action says so if it does not.
    """
    wrong: dict[str, list[Problem]] = {}
    for pipeline in found.pipelines:
        problems = [_of_pipeline(pipeline, problem) for problem in _named_problems(pipeline, files)]
        if problems:
            wrong.setdefault(pipeline.file, []).extend(problems)
    names = {file: tuple(each.name for each in found.pipelines if each.file == file) for file in wrong}
    return replace(
        found,
        pipelines=tuple(each for each in found.pipelines if each.file not in wrong),
        problems=(*found.problems, *(problem for problems in wrong.values() for problem in problems)),
        broken={**found.broken, **names},
    )


def _of_pipeline(pipeline: Pipeline, problem: Problem) -> Problem:
    """A buildspec's or an appspec's problem as one of the pipeline file, which is what a status and a comment are about."""
    if problem.file == pipeline.file:
        return problem
    at = f" {problem.path}:" if problem.path else ""
    reason = f"{problem.file}:{problem.line}:{problem.column}:{at} {problem.reason}"
    return Problem(pipeline.file, 0, 0, "", reason, problem.remedy)
