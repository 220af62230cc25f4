"""Deployments to clusters: the manifests are read and planned, tried without effect, then rolled out; and where that fails, rolled back.

A deployment is kept from its beginning on. A later life of the bot that finds one goes on with it: what has been applied is applied again, which changes
nothing, and waited for.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.actions.deploying import Attempt, Refusal
from bot.actions.deploying.beginning import new_deployment
from bot.actions.deploying.cluster.applying import Conflicts, check
from bot.actions.deploying.cluster.manifests import ManifestsInvalid, read_bundle
from bot.actions.deploying.cluster.plan import Plan, make_plan
from bot.actions.deploying.cluster.rollback import ClusterRollback
from bot.actions.deploying.cluster.rollout import ClusterRollout, runs_of, stopped
from bot.actions.deploying.going_back import asked_for
from bot.actions.deploying.identity import deployment_id, group_of
from bot.actions.deploying.outcome import outcome
from bot.actions.deploying.revision import Revisions, bundle_of
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import Stop, Turns
from bot.core.variables import resolver, substitute
from bot.model.cluster_deployment import Manifest, ManifestDeploy
from bot.model.deployment import Deployment, DeploymentStatus, Manifests
from bot.model.error import ErrorCode
from bot.ports import (
    ActionContext,
    ActionOutcome,
    Clock,
    Cluster,
    ClusterLost,
    ClusterRefused,
    Clusters,
    ClusterSession,
    ClusterUnavailable,
    ObjectRefused,
    Store,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One attempt: what the file asks for, with its references replaced and its defaults filled in."""

    attempt: Attempt
    work: ManifestDeploy
    named: Manifests
    cluster: Cluster
    manifests: tuple[Manifest, ...]
    group: str


class ClusterDeployments:
    """`timeout` seconds for actions that set none."""

    refusals: Mapping[type[Exception], Refusal] = {
        ClusterRefused: Refusal(ErrorCode.CONFIGURATION),
        ObjectRefused: Refusal(ErrorCode.CONFIGURATION),
        ClusterLost: Refusal(ErrorCode.SYSTEM_UNAVAILABLE),
    }

    def __init__(self, clusters: Clusters, revisions: Revisions, store: Store, clock: Clock, timeout: float) -> None:
        self._clusters = clusters
        self._revisions = revisions
        self._rollback = ClusterRollback(revisions, store, clock)
        self._store = store
        self._clock = clock
        self._timeout = timeout
        self._turns = Turns(store, self._give_up)

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        asked = await self._asked(attempt)
        async with self._turns.taken(asked.group, attempt.context.job, attempt.line) as stop:
            session = await self._clusters.reach(asked.cluster.name)
            try:
                return await self._deploy(asked, session, stop)
            finally:
                await session.close()

    async def stop(self, job: str) -> None:
        await self._turns.stop(job, deployment_id(job))

    async def _give_up(self, left: Deployment) -> None:
        """What an earlier life has begun, and nobody goes on with."""
        stop = Stop()
        stop.set()
        await self._store.keep_deployment(stopped(left, stop, self._clock.now()))

    async def _asked(self, attempt: Attempt) -> _Asked:
        context, work = attempt.context, attempt.context.action.work
        assert isinstance(work, ManifestDeploy)  # noqa: S101  chosen by this type
        named = _resolved(context, work.manifests)
        cluster = self._clusters.choose(context.execution.lane.repository, named.cluster)
        named = replace(named, cluster=cluster.name, namespace=named.namespace or cluster.namespace)
        root = await self._revisions.bring(context)
        manifests = await asyncio.to_thread(read_bundle, root, named, context.pipeline.file)
        group = group_of(context, named.cluster, named.namespace).id
        return _Asked(attempt, work, named, cluster, manifests, group)

    async def _deploy(self, asked: _Asked, session: ClusterSession, stop: Stop) -> ActionOutcome:
        """The rollout, unless an earlier life has seen it to its end; and then the rollback."""
        context, attempt = asked.attempt.context, asked.attempt
        known = await self._store.deployment(deployment_id(context.job))
        limit = context.action.timeout or self._timeout
        if known is not None and known.status is not DeploymentStatus.IN_PROGRESS:
            told = Told(known, self._store, attempt.line, attempt.changed)
        else:
            plan = await self._plan(asked, session, known)
            deployment = replace(known or await self._begun(asked), targets=runs_of(plan))
            told = Told(deployment, self._store, attempt.line, attempt.changed)
            await self._roll_out(asked, session, plan, told, stop, limit)
        back: Deployment | str | None = None
        if asked_for(told.deployment, asked.work.rollback):
            back = await self._rollback.perform(context, session, asked.cluster, told, limit)
        return outcome(told.deployment, back)

    async def _plan(self, asked: _Asked, session: ClusterSession, known: Deployment | None) -> Plan:
        """Tried, unless it has begun already. Raises ManifestsInvalid, ObjectRefused, ClusterLost, and what has begun is ended by them, too;
        ClusterUnavailable where nothing has.
        """
        try:
            plan = await make_plan(asked.manifests, asked.cluster, asked.named.namespace, asked.group, session)
            if known is None:
                await check(session, plan, force=asked.work.force)
        except (ManifestsInvalid, ObjectRefused, ClusterLost) as error:
            if known is None and isinstance(error, ClusterLost) and error.passes:
                raise ClusterUnavailable(asked.cluster.name, str(error).removeprefix("it ")) from error
            if known is not None:
                ended = replace(known, status=DeploymentStatus.FAILED, message=str(error), ended_at=self._clock.now())
                await self._store.keep_deployment(ended)
            raise
        return plan

    async def _roll_out(
        self, asked: _Asked, session: ClusterSession, plan: Plan, told: Told, stop: Stop, limit: float
    ) -> None:
        where = f"{asked.cluster.name}{f', namespace {plan.home}' if plan.home else ''}"
        told.line(f"Deployment {told.deployment.id} of {len(plan.objects)} objects to {where}.")
        with stop.after(limit):
            async with told:
                rollout = ClusterRollout(session, asked.cluster, plan, told, self._clock)
                conflicts = Conflicts.TAKEN if asked.work.force else Conflicts.REFUSED
                await rollout.run(stop, conflicts, asked.work.prune)
        told.line(ended_line(told.deployment))

    async def _begun(self, asked: _Asked) -> Deployment:
        """A new one, which knows all that its group may have in the cluster: lives of the bot that ended in the middle may have applied some."""
        context = asked.attempt.context
        new = await new_deployment(self._store, context, asked.group, bundle_of(context), asked.attempt.began)
        left = await self._store.open_deployments(asked.group)
        health = {ref: known for one in (new, *left) for ref, known in one.health.items()}
        return replace(new, health=health, manifests=asked.named)


def _resolved(context: ActionContext, named: Manifests) -> Manifests:
    """Raises Unresolved."""
    value = resolver(context.pipeline, context.execution)

    def each(texts: Mapping[str, str]) -> Mapping[str, str]:
        return {name: substitute(text, value) for name, text in texts.items()}

    return replace(
        named, namespace=substitute(named.namespace, value), images=each(named.images), values=each(named.values)
    )
