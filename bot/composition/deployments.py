"""The deploy action put together, form by form: what is deployed comes from the stores, where it goes to from what the operator has set."""

import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.actions.deploying import DeployForm
from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.attempts import Attempts
from bot.actions.deploying.cluster.action import ClusterDeployments
from bot.actions.deploying.git.action import GitDeployments, by_the_bot
from bot.actions.deploying.git.grants import GitGrants
from bot.actions.deploying.git.proposals import Proposals
from bot.actions.deploying.log import LogOpener
from bot.actions.deploying.objects.action import ObjectDeployments
from bot.actions.deploying.objects.places import Places
from bot.actions.deploying.revision import Revisions
from bot.actions.deploying.servers.action import ServerDeployments
from bot.clusters.clusters import FileClusters
from bot.clusters.clusters_file import read_clusters_file
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.git_deployment import GitDeploy
from bot.model.object_deployment import ObjectDeploy
from bot.model.pipeline import Deploy
from bot.ports import Artifacts, Author, Clock, Provider, RuleType, Sources, Store
from bot.settings import Settings, SettingsInvalid
from bot.sources.sources import MirrorSources
from bot.targets.inventory import read_inventory
from bot.targets.operator_file import OperatorFileInvalid
from bot.targets.targets import InventoryTargets
from bot.targets.traffic import InventoryTraffic


@dataclass(frozen=True, slots=True)
class DeployWorks:
    """What deployments work with. `work_dir` is made anew at will, `state` is kept for ever. `rules` may stand between two steps of traffic."""

    settings: Settings
    sources: MirrorSources
    artifacts: Artifacts
    store: Store
    logs: LogOpener
    clock: Clock
    work_dir: Path
    state: Path
    providers: Mapping[str, Provider]
    execution_url: Callable[[str], str]
    rules: Mapping[str, RuleType]


def targets_state(data: Path) -> Path:
    """Where targets of this machine keep their revisions, unless the inventory names another place."""
    return data / "targets"


@dataclass(frozen=True, slots=True)
class FormWorks:
    """What every form works with, of a bot or of a working tree."""

    attempts: Attempts
    revisions: Revisions
    store: Store
    clock: Clock


def form_works(
    settings: Settings,
    sources: Sources,
    artifacts: Artifacts,
    store: Store,
    logs: LogOpener,
    clock: Clock,
    work_dir: Path,
) -> FormWorks:
    """Of the settings it takes the limits."""
    former = [work_dir.with_name(f"{each}-deployments") for each in ("object", "git", "cluster")]
    attempts = Attempts(store, logs, clock, settings.log_limit)
    return FormWorks(attempts, Revisions(work_dir, sources, artifacts, former), store, clock)


def action_of(forms: Mapping[type, DeployForm], works: FormWorks, stack: AsyncExitStack) -> DeployAction:
    """`stack` closes what is made."""
    action = DeployAction(forms, works.attempts, works.revisions)
    stack.push_async_callback(action.close)
    return action


def server_deployments(
    targets: InventoryTargets, rules: Mapping[str, RuleType], works: FormWorks, timeout: float
) -> ServerDeployments:
    return ServerDeployments(
        targets,
        InventoryTraffic(targets),
        rules,
        works.attempts,
        works.revisions,
        works.store,
        works.clock,
        timeout,
    )


def deploy_action(works: DeployWorks, stack: AsyncExitStack) -> DeployAction:
    """`stack` closes what is made. Raises SettingsInvalid for files of the operator that are wrong now; later changes are told by the
    deployments that need them.
    """
    settings = works.settings
    _check("PENSTOCK_TARGETS_FILE", settings.targets_file, read_inventory)
    _check("PENSTOCK_CLUSTERS_FILE", settings.clusters_file, read_clusters_file)
    each = form_works(settings, works.sources, works.artifacts, works.store, works.logs, works.clock, works.work_dir)
    targets = InventoryTargets(settings.targets_file, works.state)
    buckets = {name: url.get_secret_value() for name, url in settings.deploy_buckets.items()}
    places = Places(buckets, settings.deploy_repositories)
    forms: Mapping[type, DeployForm] = {
        Deploy: server_deployments(targets, works.rules, each, settings.action_timeout),
        ObjectDeploy: ObjectDeployments(places, each.revisions, each.store, settings.action_timeout),
        GitDeploy: _git(works, each),
        ManifestDeploy: ClusterDeployments(
            FileClusters(settings.clusters_file), each.revisions, each.store, each.clock, settings.action_timeout
        ),
    }
    return action_of(forms, each, stack)


def _git(works: DeployWorks, each: FormWorks) -> GitDeployments:
    branches = works.sources.branches(works.work_dir.with_name("branches"))
    return GitDeployments(
        GitGrants(works.providers, works.settings.gitops_repositories),
        Proposals(works.providers, branches, each.clock),
        branches,
        each.revisions,
        each.clock,
        by_the_bot(works.execution_url, _author(works.settings)),
    )


def _author(settings: Settings) -> Author:
    """Raises SettingsInvalid."""
    name, _, address = settings.gitops_author.rpartition(" ")
    key = settings.gitops_signing_key_file
    if key is not None and not os.access(key, os.R_OK):
        raise SettingsInvalid(f"PENSTOCK_GITOPS_SIGNING_KEY_FILE: {key} can't be read")
    return Author(name, address.strip("<>"), key.absolute() if key is not None else None)


def _check(setting: str, file: Path | None, read: Callable[[Path], object]) -> None:
    """Raises SettingsInvalid."""
    if file is None:
        return
    try:
        read(file)
    except OperatorFileInvalid as error:
        raise SettingsInvalid("\n".join(f"{setting}: {line}" for line in str(error).splitlines())) from None
