"""What was there before, applied again: a deployment of its own, of the group's last manifests that got ready (RLB-1 to RLB-6).

What only the failed ones had is deleted by it, as by any deployment that no longer has it.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.actions.deploying.again import bring_again
from bot.actions.deploying.cluster.manifests import ManifestsInvalid, read_bundle
from bot.actions.deploying.cluster.plan import Plan, make_plan
from bot.actions.deploying.cluster.rollout import ClusterRollout, runs_of
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import Stop
from bot.model.cluster_deployment import ManifestDeploy, Prune
from bot.model.server_deployment import Creator, DeploymentError, DeploymentStatus, ServerDeployment, TargetStatus
from bot.ports import (
    ActionContext,
    ArtifactError,
    Artifacts,
    Clock,
    Cluster,
    ClusterLost,
    ClusterSession,
    CommitUnavailable,
    HostRefused,
    ObjectRefused,
    Sources,
    Store,
)

_UNTOUCHED = (TargetStatus.PENDING, TargetStatus.SKIPPED)


class ClusterRollback:
    """`work_dir` holds the old bundle while it is applied."""

    def __init__(self, sources: Sources, artifacts: Artifacts, store: Store, clock: Clock, work_dir: Path) -> None:
        self._sources = sources
        self._artifacts = artifacts
        self._store = store
        self._clock = clock
        self._root = work_dir

    async def perform(
        self, context: ActionContext, session: ClusterSession, cluster: Cluster, told: Told, limit: float
    ) -> ServerDeployment | str:
        """The deployment that rolled back, or why there is none. `told` is the failed one's, and learns of it. It is never rolled back itself."""
        failed = told.deployment
        earlier = await self._store.server_deployment(deployment_id(context.job, rollback=True))
        if earlier is not None and earlier.status is not DeploymentStatus.IN_PROGRESS:
            return earlier
        good = await self._store.last_server_deployment(failed.group, succeeded=True)
        if good is None or good.manifests is None:
            return _not(told, "nothing to roll back to: no deployment of this group has succeeded yet")
        if all(run.status in _UNTOUCHED for run in failed.targets):
            return _not(told, f"nothing was applied: all is still as {good.id} left it")
        try:
            plan = await self._plan(context, session, cluster, good)
        except (ArtifactError, CommitUnavailable, HostRefused, ManifestsInvalid, ObjectRefused, ClusterLost) as error:
            return _not(told, f"not rolled back: the manifests of {good.id} can't be had or applied any more: {error}")
        deployment = replace(earlier or self._begin(context, failed, good), targets=runs_of(plan))
        told.set(replace(told.deployment, rolled_back_by=deployment.id))
        await told.keep()
        return await self._deploy(context, session, cluster, plan, told, deployment, limit)

    async def _plan(
        self, context: ActionContext, session: ClusterSession, cluster: Cluster, good: ServerDeployment
    ) -> Plan:
        assert good.manifests is not None  # noqa: S101  looked at above
        folder = self._root / context.job.replace("/", "--") / "rollback"
        await bring_again(context, good.bundle, folder, self._sources, self._artifacts)
        manifests = await asyncio.to_thread(read_bundle, folder, good.manifests, context.pipeline.file)
        return await make_plan(manifests, cluster, good.manifests.namespace, good.group, session)

    def _begin(self, context: ActionContext, failed: ServerDeployment, good: ServerDeployment) -> ServerDeployment:
        return replace(
            failed,
            id=deployment_id(context.job, rollback=True),
            bundle=good.bundle,
            manifests=good.manifests,
            created_at=self._clock.now(),
            creator=Creator.ROLLBACK,
            status=DeploymentStatus.IN_PROGRESS,
            error=None,
            message="",
            ended_at=None,
            rollback_of=failed.id,
        )

    async def _deploy(
        self,
        context: ActionContext,
        session: ClusterSession,
        cluster: Cluster,
        plan: Plan,
        told: Told,
        deployment: ServerDeployment,
        limit: float,
    ) -> ServerDeployment:
        work = context.action.work
        assert isinstance(work, ManifestDeploy)  # noqa: S101  the runner chose this type by the work's kind
        told.line(f"Deployment {deployment.id} rolls back {deployment.rollback_of}.")
        own, stop = told.another(deployment), Stop()
        # What only the failed one has goes even where nothing is pruned otherwise: it is part of what has failed.
        prune = Prune.SAFE if work.prune is Prune.NEVER else work.prune
        timer = asyncio.get_running_loop().call_later(limit, stop.set, DeploymentError.TIMEOUT)
        try:
            async with own:
                await ClusterRollout(session, cluster, plan, own, self._clock).run(stop, force=True, prune=prune)
        finally:
            timer.cancel()
        told.line(ended_line(own.deployment))
        return own.deployment


def _not(told: Told, why: str) -> str:
    told.line(f"{why[0].upper()}{why[1:]}.")
    return why
