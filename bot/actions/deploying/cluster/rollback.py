"""What was there before, applied again: a deployment of its own, of the group's last manifests that got ready (RLB-1 to RLB-6).

What only the failed ones had is deleted by it, as by any deployment that no longer has it.
"""

import asyncio
from dataclasses import replace

from bot.actions.deploying import going_back
from bot.actions.deploying.cluster.applying import Conflicts
from bot.actions.deploying.cluster.manifests import ManifestsInvalid, read_bundle
from bot.actions.deploying.cluster.plan import Plan, make_plan
from bot.actions.deploying.cluster.rollout import ClusterRollout, runs_of
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.revision import Revisions
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import Stop
from bot.model.cluster_deployment import ManifestDeploy, Prune
from bot.model.deployment import Deployment, DeploymentStatus, TargetStatus
from bot.ports import (
    ActionContext,
    ArtifactError,
    Clock,
    Cluster,
    ClusterLost,
    ClusterSession,
    CommitUnavailable,
    HostRefused,
    ObjectRefused,
    Store,
)

_UNTOUCHED = (TargetStatus.PENDING, TargetStatus.SKIPPED)


class ClusterRollback:
    def __init__(self, revisions: Revisions, store: Store, clock: Clock) -> None:
        self._revisions = revisions
        self._store = store
        self._clock = clock

    async def perform(
        self, context: ActionContext, session: ClusterSession, cluster: Cluster, told: Told, limit: float
    ) -> Deployment | str:
        """The deployment that rolled back, or why there is none. `told` is the failed one's, and learns of it. It is never rolled back itself."""
        failed = told.deployment
        earlier = await self._store.deployment(deployment_id(context.job, rollback=True))
        if earlier is not None and earlier.status is not DeploymentStatus.IN_PROGRESS:
            return earlier
        good = await self._store.last_deployment(failed.group, succeeded=True)
        if good is None or good.manifests is None:
            return going_back.none(told, "nothing to roll back to: no deployment of this group has succeeded yet")
        if all(run.status in _UNTOUCHED for run in failed.targets):
            return going_back.none(told, f"nothing was applied: all is still as {good.id} left it")
        try:
            plan = await self._plan(context, session, cluster, good)
        except (ArtifactError, CommitUnavailable, HostRefused, ManifestsInvalid, ObjectRefused, ClusterLost) as error:
            return going_back.none(
                told, f"not rolled back: the manifests of {good.id} can't be had or applied any more: {error}"
            )
        begun = earlier or going_back.begun(context, failed, good, self._clock.now())
        deployment = replace(begun, manifests=good.manifests, targets=runs_of(plan))
        await going_back.tell_of(told, deployment)
        return await self._deploy(context, session, cluster, plan, told, deployment, limit)

    async def _plan(self, context: ActionContext, session: ClusterSession, cluster: Cluster, good: Deployment) -> Plan:
        assert good.manifests is not None  # noqa: S101  looked at above
        root = await self._revisions.bring_again(context, good.bundle)
        manifests = await asyncio.to_thread(read_bundle, root, good.manifests, context.pipeline.file)
        return await make_plan(manifests, cluster, good.manifests.namespace, good.group, session)

    async def _deploy(
        self,
        context: ActionContext,
        session: ClusterSession,
        cluster: Cluster,
        plan: Plan,
        told: Told,
        deployment: Deployment,
        limit: float,
    ) -> Deployment:
        work = context.action.work
        assert isinstance(work, ManifestDeploy)  # noqa: S101  chosen by this type
        told.line(f"Deployment {deployment.id} rolls back {deployment.rollback_of}.")
        own, stop = told.another(deployment), Stop()
        # Whoever has taken a field over since has had a reason; going back must come to its end all the same.
        conflicts = Conflicts.TAKEN if work.force else Conflicts.LEFT
        # What only the failed one has goes even where nothing is pruned otherwise: it is part of what has failed.
        prune = Prune.SAFE if work.prune is Prune.NEVER else work.prune
        with stop.after(limit):
            async with own:
                await ClusterRollout(session, cluster, plan, own, self._clock).run(stop, conflicts, prune)
        told.line(ended_line(own.deployment))
        return own.deployment
