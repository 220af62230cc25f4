"""The deploy action put together, form by form: what is deployed comes from the stores, where it goes to from what the operator has set."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.git.action import GitDeployments
from bot.actions.deploying.git.grants import GitGrants
from bot.actions.deploying.log import LogOpener
from bot.actions.deploying.objects.action import ObjectDeployments
from bot.actions.deploying.objects.places import Places
from bot.actions.deploying.servers.action import ServerDeployments
from bot.model.git_deployment import GitDeploy
from bot.model.object_deployment import ObjectDeploy
from bot.model.pipeline import Deploy
from bot.ports import Artifacts, Clock, Provider, RuleType, Sources, Store
from bot.settings import Settings, SettingsInvalid
from bot.sources.sources import MirrorSources
from bot.targets.inventory import InventoryInvalid, read_inventory
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
    return DeployAction({Deploy: _servers(works, stack), ObjectDeploy: _objects(works), GitDeploy: _git(works)})


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
    if settings.targets_file is not None:
        try:
            read_inventory(settings.targets_file)
        except InventoryInvalid as error:
            raise SettingsInvalid(
                "\n".join(f"PENSTOCK_TARGETS_FILE: {line}" for line in str(error).splitlines())
            ) from None
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
