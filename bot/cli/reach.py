"""What whoever runs a working tree names of the world outside: places to deploy to, on the command line, or else in their environment and `.env`.

All that is wrong with it is told before anything runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from pydantic import SecretStr

from bot.clusters.clusters_file import read_clusters_file
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.pipeline import Deploy, Pipeline
from bot.settings import ReachSettings, SettingsInvalid, load_own
from bot.settings.lists import is_bucket
from bot.targets.inventory import read_inventory
from bot.targets.operator_file import OperatorFileInvalid


@dataclass(frozen=True, slots=True)
class Named:
    """As options have it; "" and () for what was not given."""

    targets: Path | None
    clusters: Path | None
    buckets: tuple[str, ...]
    repositories: tuple[str, ...]


def given(option: str, form: str, texts: tuple[str, ...], *, empty: bool = False) -> Mapping[str, str]:
    """Pairs of an option that may be repeated. `empty` values may be given. Raises click.UsageError."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not (value or empty):
            raise click.UsageError(f"{option} takes {form}, not {text!r}")
        found[name] = value
    return found


def reach(named: Named, pipeline: Pipeline) -> ReachSettings:
    """Files that only the environment names need be right where the pipeline deploys by them. Raises click.UsageError."""
    forms = {type(action.work) for stage in pipeline.stages for action in stage.actions}
    try:
        settings = load_own()
    except SettingsInvalid as error:
        raise click.UsageError(str(error)) from None
    buckets = {name: _bucket(name, text) for name, text in given("--bucket", "NAME=URL", named.buckets).items()}
    files = {"targets_file": named.targets or settings.targets_file}
    files["clusters_file"] = named.clusters or settings.clusters_file
    if named.targets or Deploy in forms:
        _check("--targets" if named.targets else "PENSTOCK_TARGETS_FILE", files["targets_file"], read_inventory)
    if named.clusters or ManifestDeploy in forms:
        _check("--clusters" if named.clusters else "PENSTOCK_CLUSTERS_FILE", files["clusters_file"], read_clusters_file)
    absolute = {name: file and file.absolute() for name, file in files.items()}
    return settings.model_copy(update={**absolute, "deploy_buckets": {**settings.deploy_buckets, **buckets}})


def remotes(named: Named) -> Mapping[str, str]:
    """Where repositories are that deployments change. Raises click.UsageError."""
    found = given("--repository", "OWNER/NAME=URL", named.repositories)
    return {name: _remote(text) for name, text in found.items()}


def _bucket(name: str, text: str) -> SecretStr:
    """A folder's path will do for its address."""
    if "://" not in text:
        return SecretStr(Path(text).absolute().as_uri())
    if not is_bucket(text):
        raise click.UsageError(f"--bucket {name}: takes an s3, gs, az or file URL, or a folder")
    return SecretStr(text)


def _remote(text: str) -> str:
    """Git is called from another folder."""
    path = Path(text).expanduser()
    return str(path.absolute()) if path.exists() else text


def _check(name: str, file: Path | None, read: Callable[[Path], object]) -> None:
    if file is None:
        return
    try:
        read(file)
    except OperatorFileInvalid as error:
        raise click.UsageError(f"{name}: {error}") from None
