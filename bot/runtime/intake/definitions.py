"""The pipeline definitions at a commit, as pushes, reruns and whatever else starts pipelines need them."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from bot import appspec, buildspec, manifests
from bot.definition import PIPELINE_PATHS, Definitions, default_name, read_definitions
from bot.model.pipeline import Checkout, Pipeline
from bot.model.plugin import Plugins
from bot.model.problem import Problem
from bot.model.repository import Repository
from bot.ports import CommitUnavailable, EntryKind, HostedSources, Listing, SealBroken, Secrets

JUST_THE_COMMIT = Checkout()

MOST_MANIFESTS = 500
"""Files that are checked beforehand; who deploys more is told by the action."""
WHOLE = 2 << 20
"""Bytes of a file that are read of it here: one of that size may have more."""

_MEANT = {path.rstrip("/"): EntryKind.FOLDER if path.endswith("/") else EntryKind.FILE for path in PIPELINE_PATHS}
_NOT_ONE = {
    EntryKind.FILE: "It is a file.",
    EntryKind.FOLDER: "It is a folder.",
    EntryKind.LINK: "It is a link, and links are not followed here, wherever they lead.",
    EntryKind.SUBMODULE: "It is a submodule.",
}
_REMEDIES = {
    EntryKind.FILE: "Make it a file; several files go into the folder `.pipelines`.",
    EntryKind.FOLDER: "Make it a folder with pipeline files in it; a single one is called `.pipeline.yml`.",
}


class DefinitionReader:
    """Reads what a commit defines. Secrets are opened only to see that they can be."""

    def __init__(self, sources: HostedSources, secrets: Secrets, plugins: Plugins) -> None:
        """`plugins` are the types of action that are installed besides the bot's own."""
        self._sources = sources
        self._secrets = secrets
        self._plugins = plugins

    async def at(self, repository: Repository, commit: str) -> Definitions:
        """Raises CommitUnavailable and ProviderError."""
        await self._sources.fetch(repository, [commit], JUST_THE_COMMIT)
        files = await self._sources.files(repository, commit, PIPELINE_PATHS)
        if not files:
            return await self._in_place_of_one(repository, commit)

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
        known = await self._named(repository, commit, specs)
        known |= await self._named(repository, commit, await asyncio.to_thread(_batch_files, found, known))
        listing, texts = await self._manifests(repository, commit, found)
        return await asyncio.to_thread(_with_named, found, known, listing, texts)

    async def _in_place_of_one(self, repository: Repository, commit: str) -> Definitions:
        """What is called as a pipeline file, or as their folder, was meant to be one: no other place would say why nothing runs."""
        names = [path.rstrip("/") for path in PIPELINE_PATHS]
        found = await self._sources.kinds(repository, commit, names)
        told = {name: _NOT_ONE[kind] for name, kind in sorted(found.items()) if kind is not _MEANT[name]}
        return Definitions(
            problems=tuple(Problem(name, 0, 0, "", reason, _REMEDIES[_MEANT[name]]) for name, reason in told.items()),
            broken={name: (default_name(PIPELINE_PATHS[0], repository.name),) for name in told},
        )

    async def _named(self, repository: Repository, commit: str, paths: Collection[str]) -> dict[str, bytes]:
        return dict(await self._sources.files(repository, commit, sorted(paths))) if paths else {}

    async def _manifests(
        self, repository: Repository, commit: str, found: Definitions
    ) -> tuple[Listing, Mapping[str, bytes]]:
        """Those that can be had and are whole; of others their action says what is wrong."""
        folders = {folder for pipeline in found.pipelines for folder in manifests.named_folders(pipeline)}
        if not folders:
            return Listing((), whole=False), {}
        listing = await self._sources.listing(repository, commit, sorted(folders))
        named = {path for pipeline in found.pipelines for path in manifests.named_files(pipeline, listing.paths)}
        if len(named) > MOST_MANIFESTS:
            return replace(listing, whole=False), {}
        try:
            texts = await self._named(repository, commit, named)
        except CommitUnavailable:  # too large together
            texts = {}
        return listing, {path: text for path, text in texts.items() if len(text) < WHOLE and not is_elsewhere(text)}


def _named_files(pipeline: Pipeline) -> set[str]:
    return buildspec.named_files(pipeline) | appspec.named_files(pipeline)


def _holds_any(pipeline: Pipeline) -> bool:
    return buildspec.holds_any(pipeline) or appspec.holds_any(pipeline) or bool(manifests.named_folders(pipeline))


def _batch_files(found: Definitions, files: Mapping[str, bytes]) -> set[str]:
    """That are not read yet."""
    return {path for each in found.pipelines for path in buildspec.batch_files(each, files.get)} - files.keys()


def is_elsewhere(text: bytes) -> bool:
    """Whether it stands for a file of Git LFS, which is not in the repository itself."""
    return text.startswith(b"version https://git-lfs")


def _with_named(
    found: Definitions, files: Mapping[str, bytes], listing: Listing, texts: Mapping[str, bytes]
) -> Definitions:
    """Without the files whose pipelines name or hold a buildspec, an appspec or manifests that are none: what would fail is told before anything starts.

    One that is not among the commit's files may yet come from a submodule: its action says so if it does not.
    """
    wrong: dict[str, list[Problem]] = {}
    for pipeline in found.pipelines:
        named = [*buildspec.named_problems(pipeline, files.get), *appspec.named_problems(pipeline, files.get)]
        named += manifests.named_problems(pipeline, lambda: listing.paths, texts.get, whole=listing.whole)
        problems = [_of_pipeline(pipeline, problem) for problem in named]
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
    """A buildspec's, an appspec's or a manifest's problem as one of the pipeline file, which is what a status and a comment are about."""
    if problem.file == pipeline.file:
        return problem
    at = f" {problem.path}:" if problem.path else ""
    reason = f"{problem.file}:{problem.line}:{problem.column}:{at} {problem.reason}"
    return Problem(pipeline.file, 0, 0, "", reason, problem.remedy)
