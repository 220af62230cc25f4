"""The deploy action put together, form by form: what is deployed comes from the stores, where it goes to from what the operator has set."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.cluster.action import ClusterDeployments
from bot.actions.deploying.git.action import GitDeployments
from bot.actions.deploying.git.grants import GitGrants
from bot.actions.deploying.log import LogOpener
from bot.actions.deploying.objects.action import ObjectDeployments
from bot.actions.deploying.objects.places import Places
from bot.actions.deploying.servers.action import ServerDeployments
from bot.clusters.clusters import FileClusters
from bot.clusters.clusters_file import read_clusters_file
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.git_deployment import GitDeploy
from bot.model.object_deployment import ObjectDeploy
from bot.model.pipeline import Deploy
from bot.ports import Artifacts, Clock, Provider, RuleType, Sources, Store
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
class ServerWorks:
    """What deployments to servers work with, of a bot or of a working tree."""

    targets: InventoryTargets
    sources: Sources
    artifacts: Artifacts
    store: Store
    logs: LogOpener
    clock: Clock
    work_dir: Path
    rules: Mapping[str, RuleType]


def server_deployments(works: ServerWorks, settings: Settings, stack: AsyncExitStack) -> ServerDeployments:
    """Of the settings it takes the limits."""
    servers = ServerDeployments(
        works.targets,
        InventoryTraffic(works.targets),
        works.rules,
        works.sources,
        works.artifacts,
        works.store,
        works.logs,
        works.clock,
        works.work_dir,
        settings.action_timeout,
        settings.log_limit,
    )
    stack.push_async_callback(servers.close)
    return servers


def deploy_action(works: DeployWorks, stack: AsyncExitStack) -> DeployAction:
    """`stack` closes what is made. Raises SettingsInvalid for files of the operator that are wrong now; later changes are told by the
    deployments that need them.
    """
    servers, clusters = _servers(works, stack), _clusters(works)
    stack.push_async_callback(clusters.close)
    git, objects = _git(works), _objects(works)
    return DeployAction({Deploy: servers, ObjectDeploy: objects, GitDeploy: git, ManifestDeploy: clusters})


def _objects(works: DeployWorks) -> ObjectDeployments:
    settings = works.settings
    buckets = {name: url.get_secret_value() for name, url in settings.deploy_buckets.items()}
    return ObjectDeployments(
        Places(buckets, settings.deploy_repositories),
        works.sources,
        works.artifacts,
        works.store,
        works.logs,
        works.clock,
        works.work_dir.with_name("object-deployments"),
        settings.action_timeout,
        settings.log_limit,
    )


def _git(works: DeployWorks) -> GitDeployments:
    settings = works.settings
    return GitDeployments(
        GitGrants(works.providers, settings.gitops_repositories),
        works.providers,
        works.sources.branches(works.work_dir.with_name("branches")),
        works.sources,
        works.artifacts,
        works.logs,
        works.clock,
        works.work_dir.with_name("git-deployments"),
        settings.log_limit,
        works.execution_url,
    )


def _servers(works: DeployWorks, stack: AsyncExitStack) -> ServerDeployments:
    settings = works.settings
    _check("PENSTOCK_TARGETS_FILE", settings.targets_file, read_inventory)
    servers = ServerWorks(
        InventoryTargets(settings.targets_file, works.state),
        works.sources,
        works.artifacts,
        works.store,
        works.logs,
        works.clock,
        works.work_dir,
        works.rules,
    )
    return server_deployments(servers, settings, stack)


def _clusters(works: DeployWorks) -> ClusterDeployments:
    settings = works.settings
    _check("PENSTOCK_CLUSTERS_FILE", settings.clusters_file, read_clusters_file)
    return ClusterDeployments(
        FileClusters(settings.clusters_file),
        works.sources,
        works.artifacts,
        works.store,
        works.logs,
        works.clock,
        works.work_dir.with_name("cluster-deployments"),
        settings.action_timeout,
        settings.log_limit,
    )


def _check(setting: str, file: Path | None, read: Callable[[Path], object]) -> None:
    """Raises SettingsInvalid."""
    if file is None:
        return
    try:
        read(file)
    except OperatorFileInvalid as error:
        raise SettingsInvalid("\n".join(f"{setting}: {line}" for line in str(error).splitlines())) from None
