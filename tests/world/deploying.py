"""The deploy action of a world: every form of it, with what the operator has set in files of the world's folder."""

from collections.abc import Mapping
from pathlib import Path

from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.cluster.action import ClusterDeployments
from bot.actions.deploying.git.action import GitDeployments
from bot.actions.deploying.objects.action import ObjectDeployments
from bot.actions.deploying.objects.places import Places
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
    by_git: GitDeployments,
    rules: Mapping[str, RuleType],
) -> DeployAction:
    """`folder` may have `targets.yml` and `clusters.yml`, the operator's files."""
    targets = InventoryTargets(folder / "targets.yml", folder / "targets")
    kept = (sources, artifacts, store, logs, clock)
    return DeployAction(
        {
            Deploy: ServerDeployments(
                targets,
                InventoryTraffic(targets),
                rules,
                *kept,
                folder / "deployments",
                TIMEOUT,
                LOG_LIMIT,
            ),
            ObjectDeploy: ObjectDeployments(buckets, *kept, folder / "objects", TIMEOUT, LOG_LIMIT),
            GitDeploy: by_git,
            ManifestDeploy: ClusterDeployments(
                FileClusters(folder / "clusters.yml"), *kept, folder / "cluster-deployments", TIMEOUT, LOG_LIMIT
            ),
        }
    )
