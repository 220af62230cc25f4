"""The deploy action of a world: every form of it, with what the operator has set in files of the world's folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

from bot.actions.deploying import DeployForm
from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.attempts import Attempts
from bot.actions.deploying.cluster.action import ClusterDeployments
from bot.actions.deploying.git.action import GitDeployments
from bot.actions.deploying.objects.action import ObjectDeployments
from bot.actions.deploying.objects.places import Places
from bot.actions.deploying.revision import Revisions
from bot.actions.deploying.servers.action import ServerDeployments
from bot.clusters.clusters import FileClusters
from bot.logs.files import LogFiles
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.git_deployment import GitDeploy
from bot.model.object_deployment import ObjectDeploy
from bot.model.pipeline import Deploy
from bot.ports import Artifacts, Clock, RuleType, Sources, Store
from bot.targets.targets import InventoryTargets
from bot.targets.traffic import InventoryTraffic

TIMEOUT = 60.0
LOG_LIMIT = 1 << 20


def deploy_action(
    folder: Path,
    buckets: Places,
    sources: Sources,
    artifacts: Artifacts,
    store: Store,
    logs: LogFiles,
    clock: Clock,
    by_git: Callable[[Revisions], GitDeployments],
    rules: Mapping[str, RuleType],
) -> DeployAction:
    """`folder` may have `targets.yml` and `clusters.yml`, the operator's files."""
    targets = InventoryTargets(folder / "targets.yml", folder / "targets")
    attempts, revisions = Attempts(store, logs, clock, LOG_LIMIT), Revisions(folder / "deployments", sources, artifacts)
    forms: Mapping[type, DeployForm] = {
        Deploy: ServerDeployments(
            targets, InventoryTraffic(targets), rules, attempts, revisions, store, clock, TIMEOUT
        ),
        ObjectDeploy: ObjectDeployments(buckets, revisions, store, TIMEOUT),
        GitDeploy: by_git(revisions),
        ManifestDeploy: ClusterDeployments(FileClusters(folder / "clusters.yml"), revisions, store, clock, TIMEOUT),
    }
    return DeployAction(forms, attempts, revisions)
