"""The deploy action of `penstock run`, form by form: to what whoever runs it has named, on the command line or in their environment, and nowhere else.

They are the operator: no grant keeps anybody out of what they themselves have named.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.actions.deploying import DeployForm
from bot.actions.deploying.action import DeployAction
from bot.actions.deploying.cluster.action import ClusterDeployments
from bot.actions.deploying.git.action import GitDeployments
from bot.actions.deploying.git.change import AUTHOR, Signature
from bot.actions.deploying.git.own import BranchProposals, OwnRepositories
from bot.actions.deploying.objects.action import ObjectDeployments
from bot.actions.deploying.objects.places import Places
from bot.actions.deploying.working_tree import OfWorkingTree, named
from bot.actions.not_here import FormNotHere
from bot.clusters.clusters import FileClusters
from bot.composition.deployments import FormWorks, action_of, form_works, server_deployments
from bot.logs.files import LogFiles
from bot.model.cluster_deployment import ManifestDeploy
from bot.model.execution import Execution
from bot.model.git_deployment import GitDeploy
from bot.model.object_deployment import ObjectDeploy
from bot.model.pipeline import Deploy
from bot.ports import Artifacts, Clock, RuleType, Store
from bot.settings import ReachSettings, Settings
from bot.sources.own_branches import OwnBranches
from bot.sources.working_tree import WorkingTree
from bot.targets.targets import InventoryTargets

DEFAULTS = Settings.model_construct()


@dataclass(frozen=True, slots=True)
class OwnWorks:
    """What deployments of a working tree work with. `folder` is thrown away afterwards, `remotes` are repositories by their names in pipeline
    files, `environment` is the person's, for their git.
    """

    reach: ReachSettings
    remotes: Mapping[str, str]
    tree: WorkingTree
    artifacts: Artifacts
    store: Store
    logs: LogFiles
    clock: Clock
    folder: Path
    rules: Mapping[str, RuleType]
    environment: Mapping[str, str]


def own_deploy_action(works: OwnWorks, stack: AsyncExitStack) -> DeployAction:
    """`stack` closes what is made."""
    folder = works.folder / "deployments"
    each = form_works(DEFAULTS, works.tree, works.artifacts, works.store, works.logs, works.clock, folder)
    buckets = {name: url.get_secret_value() for name, url in works.reach.deploy_buckets.items()}
    objects = ObjectDeployments(
        Places(buckets, None), each.revisions, each.store, DEFAULTS.action_timeout, forgetful=True
    )
    forms: Mapping[type, DeployForm] = {
        Deploy: _servers(works, each),
        ObjectDeploy: objects,
        ManifestDeploy: _clusters(works, each),
        GitDeploy: _git(works, each, stack),
    }
    return action_of(forms, each, stack)


def _servers(works: OwnWorks, each: FormWorks) -> DeployForm:
    if works.reach.targets_file is None:
        return FormNotHere(
            "name the file that lists the targets: --targets FILE, or PENSTOCK_TARGETS_FILE; `penstock run STAGE` runs one stage alone"
        )
    targets = InventoryTargets(works.reach.targets_file, None, own=True)
    return OfWorkingTree(server_deployments(targets, works.rules, each, DEFAULTS.action_timeout), works.tree.differs)


def _clusters(works: OwnWorks, each: FormWorks) -> DeployForm:
    if works.reach.clusters_file is None:
        return FormNotHere(
            "name the file that lists the clusters: --clusters FILE, or PENSTOCK_CLUSTERS_FILE; `penstock run STAGE` runs one stage alone"
        )
    clusters = FileClusters(works.reach.clusters_file, own=True)
    return ClusterDeployments(clusters, each.revisions, each.store, each.clock, DEFAULTS.action_timeout)


def _git(works: OwnWorks, each: FormWorks, stack: AsyncExitStack) -> DeployForm:
    branches = OwnBranches(works.folder / "branches", works.environment)
    stack.push_async_callback(branches.close)

    async def signature(execution: Execution) -> Signature:
        author = await branches.author() or AUTHOR
        return Signature(author, named(execution, differs=await works.tree.differs()), "")

    return GitDeployments(
        OwnRepositories(works.remotes),
        BranchProposals(branches, each.clock),
        branches,
        each.revisions,
        each.clock,
        signature,
    )
