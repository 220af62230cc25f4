"""`penstock run`: the working tree's pipeline, here and now, without a server. How it looks is in `progress`."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import click

from bot.cli.beside import named_problems
from bot.cli.no_pipeline import in_place_of_one
from bot.cli.progress import Progress, progress
from bot.cli.reach import Named, given, reach, remotes
from bot.definition import PIPELINE_PATHS, Definitions, read_definitions
from bot.model.execution import Execution
from bot.model.pipeline import Pipeline
from bot.model.plugin import Plugins, is_of_plugin
from bot.model.problem import Problem
from bot.model.repository import Repository
from bot.runtime.local_run import RunRefused
from bot.settings import ReachSettings
from bot.sources.working_tree import WorkingTree

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Places:
    """What a run reaches beside its tree: see `WorkingTreeRun`."""

    sources: Mapping[str, Path]
    reach: ReachSettings
    remotes: Mapping[str, str]


@click.command()
@click.argument("stage", required=False)
@click.option("--pipeline", "name", help="Which pipeline, when the tree has several.")
@click.option(
    "--var", "variables", multiple=True, metavar="NAME=VALUE", help="A pipeline variable's value; may be repeated."
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="ACTION=FOLDER",
    help="The folder that stands for a further source; may be repeated.",
)
@click.option("--targets", type=_FILE, help="The file that lists deployment targets; else PENSTOCK_TARGETS_FILE.")
@click.option("--clusters", type=_FILE, help="The file that lists Kubernetes clusters; else PENSTOCK_CLUSTERS_FILE.")
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    metavar="NAME=URL",
    help="A place for objects: an s3, gs, az or file URL, or a folder; else PENSTOCK_DEPLOY_BUCKETS. May be repeated.",
)
@click.option(
    "--repository",
    "repositories",
    multiple=True,
    metavar="OWNER/NAME=URL",
    help="Where a repository is that a deployment by Git changes, for your own git; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Approve every approval without asking, and let deployments go on that wait.")
@click.option("--json", "as_json", is_flag=True, help="Print the finished execution as JSON, and nothing else.")
@click.option(
    "-C",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The tree to run.",
)
def run(
    stage: str | None,
    name: str | None,
    variables: tuple[str, ...],
    sources: tuple[str, ...],
    targets: Path | None,
    clusters: Path | None,
    buckets: tuple[str, ...],
    repositories: tuple[str, ...],
    yes: bool,
    as_json: bool,
    directory: Path,
) -> None:
    """Run the pipeline of the working tree, or one STAGE of it. No bot is needed.

    Every action runs in a copy of the tree as it is on disk now, so nothing it does touches your files. In a Git repository
    that is what is committed, changed and new, and nothing that is ignored. Ctrl-C stops it with all it started.

    It deploys to what you name, here or in your environment or `.env`, and to nothing else.
    """
    chosen, folders = given("--var", "NAME=VALUE", variables, empty=True), _folders(sources)
    named = Named(targets, clusters, buckets, repositories)
    tree = asyncio.run(WorkingTree.around(directory.resolve()))
    pipeline = _choose(asyncio.run(_read(tree)), name, tree.root)
    if stage is not None:
        pipeline = _only(pipeline, stage)
    places = _Places(folders, reach(named, pipeline), remotes(named))
    _refuse([*asyncio.run(_of_plugins(tree, pipeline)), *named_problems(pipeline, tree.root)])
    if pipeline.notify:
        click.echo("Nobody is notified: that takes a bot.", err=True)
    view = progress(pipeline, as_json=as_json)
    try:
        execution = asyncio.run(_run(tree.root, pipeline, chosen, places, view, approve=yes))
    except RunRefused as refused:
        raise click.UsageError(str(refused)) from None
    sys.exit(view.finish(execution))


def _folders(texts: tuple[str, ...]) -> Mapping[str, Path]:
    found = {name: Path(folder).resolve() for name, folder in given("--source", "ACTION=FOLDER", texts).items()}
    for name, folder in found.items():
        if not folder.is_dir():
            raise click.UsageError(f"--source {name}: there is no folder {folder}")
    return found


async def _read(tree: WorkingTree, plugins: Plugins | None = None) -> Definitions:
    repository = Repository("working-tree", str(tree.root), tree.root.name)
    files = await tree.files(repository, "", PIPELINE_PATHS)
    return read_definitions(files, tree.root.name, whole=True, plugins=plugins)


async def _of_plugins(tree: WorkingTree, pipeline: Pipeline) -> Sequence[Problem]:
    """Asked for only where it uses any: each is a process."""
    if not any(is_of_plugin(action.work) for stage in pipeline.stages for action in stage.actions):
        return ()
    from bot.plugins.installed import installed  # noqa: PLC0415  few need it

    return (await _read(tree, await installed())).problems


def _refuse(problems: Sequence[Problem]) -> None:
    """Better now than in the middle."""
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        sys.exit(1)


def _choose(definitions: Definitions, name: str | None, root: Path) -> Pipeline:
    _refuse(definitions.problems)
    names = [pipeline.name for pipeline in definitions.pipelines]
    if not names:
        nothing = f"There is no pipeline file in {root}: `penstock init` writes one, or name another tree with -C."
        raise click.UsageError(in_place_of_one(root) or nothing)
    if name is None and len(names) > 1:
        raise click.UsageError(f"There are several pipelines here: choose with --pipeline one of {', '.join(names)}.")
    if name is not None and name not in names:
        raise click.UsageError(f"There is no pipeline {name!r} here, only {', '.join(names)}.")
    return definitions.pipelines[0 if name is None else names.index(name)]


def _only(pipeline: Pipeline, stage: str) -> Pipeline:
    names = [each.name for each in pipeline.stages]
    if stage not in names:
        raise click.UsageError(f"The pipeline {pipeline.name} has no stage {stage!r}, only {', '.join(names)}.")
    return replace(pipeline, stages=(pipeline.stage(stage),), digest=f"{pipeline.digest}/{stage}")


async def _run(
    root: Path,
    pipeline: Pipeline,
    variables: Mapping[str, str],
    places: _Places,
    view: Progress,
    *,
    approve: bool,
) -> Execution:
    from bot import journal  # noqa: PLC0415  as below
    from bot.composition.run import WorkingTreeRun  # noqa: PLC0415  as slow as all else together; refusals need not wait for it

    journal.errors_alone()

    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-run-", ignore_cleanup_errors=True))
        local = await stack.enter_async_context(
            WorkingTreeRun(root, Path(folder), places.sources, reach=places.reach, remotes=places.remotes)
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, local.stop)
        view.when_unread(local.stop)
        return await local.run(pipeline, variables, view, approve=approve)
