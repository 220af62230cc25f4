"""`penstock build`: a buildspec of the working tree alone, without a pipeline file or a server. How it looks is in `progress`."""

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.actions.building.artifacts import PRIMARY
from bot.buildspec import read_buildspec
from bot.cli.aws_values import SECRET, handed_on, secret
from bot.cli.progress import Progress, progress
from bot.core.artifacts import SOURCE
from bot.messages.words import plural
from bot.model.buildspec import Buildspec
from bot.model.execution import Execution
from bot.model.pipeline import Action, Build, Pipeline, SourceWork, Stage
from bot.model.source import GitSource
from bot.settings import load_own
from bot.sources.working_tree import WorkingTree

if TYPE_CHECKING:
    from bot.composition.run import WorkingTreeRun

USUAL = "buildspec.yml"

_IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,127}")
"""Of a secondary source, as CodeBuild takes it."""

_BEGIN = """Name another with --buildspec FILE, or write it, such as:

  version: 0.2
  phases:
    build:
      commands: [make, make test]
  artifacts:
    files: ["**/*"]
    base-directory: dist"""


@click.command()
@click.argument("buildspec", required=False)
@click.option("-b", "--buildspec", "named", metavar="FILE", help="The same, as codebuild_build.sh takes it.")
@click.option(
    "-s",
    "--source",
    "sources",
    multiple=True,
    metavar="[ID:]FOLDER",
    help="The tree to build; with an ID a secondary source, in $CODEBUILD_SRC_DIR_ID. May be repeated.",
)
@click.option(
    "-a",
    "--artifacts",
    "into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that takes the artifacts; secondary ones in a folder of their name.",
)
@click.option(
    "-e",
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of NAME=VALUE lines; NAME alone takes the value that you have.",
)
@click.option("--env", "given", multiple=True, metavar="NAME=VALUE", help="An environment variable; may be repeated.")
@click.option("-c", "--aws", is_flag=True, help="Hand on your AWS_* variables and the files of ~/.aws.")
@click.option("-p", "--profile", default="", metavar="NAME", help="Which profile of ~/.aws, with -c.")
@click.option("-i", "--image", metavar="NAME", help="Passed over: a build has what this machine has.")
@click.option("-l", "agent", metavar="NAME", help="Passed over: no agent's image is needed.")
@click.option("-m", "mount", is_flag=True, help="Passed over: it builds a copy, and -a saves what that makes.")
@click.option("-d", "privileged", is_flag=True, help="Passed over: a build may do what you may.")
@click.option("--batch", is_flag=True, help="Run all builds of its batch; each has artifacts of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print the finished build as JSON, and nothing else.")
@click.option(
    "-C",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The folder to begin from.",
)
def build(
    buildspec: str | None,
    named: str | None,
    sources: tuple[str, ...],
    into: Path | None,
    env_file: Path | None,
    given: tuple[str, ...],
    aws: bool,
    profile: str,
    image: str | None,
    agent: str | None,
    mount: bool,
    privileged: bool,
    batch: bool,
    as_json: bool,
    directory: Path,
) -> None:
    """Run a BUILDSPEC (buildspec.yml) on the working tree. No bot is needed.

    It runs in a copy of the tree as it is on disk now, so nothing it does touches your files. What it takes from a parameter
    store or a secrets manager, it takes from environment variables of the same names. Ctrl-C stops it with all it started.
    """
    if profile and not aws:
        raise click.UsageError("-p chooses a profile of ~/.aws, which -c hands on: give -c, too.")
    _pass_over(image, agent, mount=mount, privileged=privileged)
    own = handed_on(os.environ, Path.home(), profile) if aws else {}
    env = {**own, **_from_file(env_file), **_given(given)}
    primary, secondary = _sources(sources, directory)
    tree = asyncio.run(WorkingTree.around(primary.resolve()))
    path, spec = _found(named or buildspec or USUAL, primary, tree.root)
    built = _of_batch(spec, tree.root, path) if batch else {PRIMARY: spec}
    pipeline = _pipeline(tree.root.name, Build("build", path, batch), built, env, tuple(secondary))
    view = progress(pipeline, as_json=as_json)
    execution = asyncio.run(_run(tree.root, pipeline, secondary, {**os.environ, **env}, into, view))
    sys.exit(view.finish(execution))


def _pass_over(image: str | None, agent: str | None, *, mount: bool, privileged: bool) -> None:
    """Say what of AWS's own script means nothing here."""
    if image is not None:
        click.echo(f"The image {image} is passed over: a build has what this machine has.", err=True)
    if agent is not None:
        click.echo(f"-l {agent} is passed over: no agent's image is needed.", err=True)
    if mount:
        click.echo(
            "-m is passed over: a copy is built, none of your files change, and -a saves what is made.", err=True
        )
    if privileged:
        click.echo("-d is passed over: a build may do what you may.", err=True)


def _sources(given: tuple[str, ...], directory: Path) -> tuple[Path, Mapping[str, Path]]:
    """The primary one, and the others by their identifiers."""
    primary, secondary = directory, {}
    for text in given:
        name, colon, folder = text.partition(":")
        if not colon or not _IDENTIFIER.fullmatch(name):
            name, folder = "", text
        found = directory / folder
        if not found.is_dir():
            raise click.UsageError(f"--source {text}: there is no folder {found}")
        if not name:
            primary = found
        elif name in ("source", "build"):
            raise click.UsageError(f"--source {text}: a secondary source can't be called {name}")
        else:
            secondary[name] = found.resolve()
    return primary, secondary


def _found(named: str, primary: Path, root: Path) -> tuple[str, Buildspec]:
    """The buildspec, and where in the tree it is."""
    path = (primary / named).resolve()
    if not path.is_file():
        raise click.UsageError(f"There is no {named} in {primary.resolve()}. {_BEGIN}")
    if not path.is_relative_to(root):
        raise click.UsageError(f"{named} is not in {root}, which is built: put it there.")
    return str(path.relative_to(root)), _read(path, named)


def _from_file(file: Path | None) -> Mapping[str, str]:
    """As Docker reads such a file: comments and empty lines are passed over, quotes are part of a value."""
    found = {}
    for line in file.read_text().splitlines() if file is not None else ():
        name, equals, value = line.strip().partition("=")
        if name and not name.startswith("#"):
            if not equals and name not in os.environ:
                continue
            found[name] = value if equals else os.environ[name]
    return found


def _given(given: tuple[str, ...]) -> Mapping[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise click.UsageError(f"--env takes NAME=VALUE, not {name!r}")
    return {name: value for name, _, value in pairs}


def _read(path: Path, name: str) -> Buildspec:
    reading = read_buildspec(path.read_bytes(), name)
    if reading.buildspec is None:
        for problem in reading.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
    return reading.buildspec


def _of_batch(spec: Buildspec, root: Path, name: str) -> Mapping[str, Buildspec]:
    """The buildspec of each build of its batch, by the build's identifier."""
    if spec.batch is None:
        raise click.UsageError(f"{name} has no batch: write one, or leave out --batch.")
    found = {}
    for build in spec.batch.builds:
        path = (root / build.buildspec).resolve()
        if build.buildspec and not (path.is_relative_to(root) and path.is_file()):
            raise click.UsageError(
                f"There is no {build.buildspec} in {root}, which the build {build.identifier} names."
            )
        found[build.identifier] = _read(path, build.buildspec) if build.buildspec else spec
    return found


def _outputs(identifier: str, spec: Buildspec) -> list[str]:
    """All that a build makes, by the names that an action's outputs have (BLD-2, BLD-3)."""
    first = [identifier] if spec.artifacts else []
    return [*first, *(other if identifier == PRIMARY else f"{identifier}_{other}" for other in spec.secondary)]


def _pipeline(
    name: str, work: Build, built: Mapping[str, Buildspec], env: Mapping[str, str], secondary: tuple[str, ...]
) -> Pipeline:
    """One action that runs it, behind one for each secondary source; its outputs are all that its builds make."""
    outputs: dict[str, tuple[str, ...]] = {
        output: () for identifier, spec in built.items() for output in _outputs(identifier, spec)
    }
    # A reference in a value would be looked up in a pipeline, which there is none of.
    plain = {key: value for key, value in env.items() if "#{" not in value and key not in SECRET}
    stored = {key: "" for spec in built.values() for key in (*spec.env.parameters, *spec.env.secrets)}
    stored |= dict.fromkeys(secret(env), "")
    inputs = (SOURCE, *secondary)
    build = Stage("build", (Action("build", work, inputs=inputs, outputs=outputs, env=plain),))
    folders = tuple(Action(each, SourceWork(GitSource(each)), outputs={each: ("**/*",)}) for each in secondary)
    stages = (Stage("sources", folders), build) if folders else (build,)
    return Pipeline(name, stages, digest=str(work.buildspec), secrets=stored)


async def _run(
    root: Path,
    pipeline: Pipeline,
    sources: Mapping[str, Path],
    environment: Mapping[str, str],
    into: Path | None,
    view: Progress,
) -> Execution:
    from bot import journal  # noqa: PLC0415  as below
    from bot.composition.run import WorkingTreeRun  # noqa: PLC0415  as slow as all else together; refusals need not wait for it

    journal.errors_alone()

    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-build-", ignore_cleanup_errors=True))
        local = await stack.enter_async_context(WorkingTreeRun(root, Path(folder), sources, environment, load_own()))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, local.stop)
        view.when_unread(local.stop)
        execution = await local.run(pipeline, {}, view, approve=False)
        if into is not None:
            await _save(local, execution, Path(folder) / "made", into)
        return execution


async def _save(local: "WorkingTreeRun", execution: Execution, made: Path, into: Path) -> None:
    """What was made, over what may be there from a build before."""
    made.mkdir()
    for name, artifact in execution.stages[-1].actions[0].artifacts.items():
        await local.artifacts.unpack(artifact.space, artifact.id, made / name)
        target = into if name == PRIMARY else into / name
        await asyncio.to_thread(shutil.copytree, made / name, target, symlinks=True, dirs_exist_ok=True)
        click.echo(
            f"{name if name != PRIMARY else 'The artifact'}: {plural(artifact.files, 'file')} in {target}", err=True
        )
