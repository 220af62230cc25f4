"""A plan carried out: applied, waited for, and what is no longer in it deleted; kept and told object by object."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from bot.actions.deploying.cluster.applying import Applying, Conflicts
from bot.actions.deploying.cluster.manifests import ManifestsInvalid
from bot.actions.deploying.cluster.plan import Plan, Planned
from bot.actions.deploying.cluster.pruning import Pruning
from bot.actions.deploying.cluster.waiting import RolloutFailed, Waiting
from bot.actions.deploying.told import Told
from bot.actions.deploying.turns import Stop
from bot.core.deployments.rollouts import waited_for
from bot.model.cluster_deployment import ObjectRef, Prune
from bot.model.deployment import (
    Deployment,
    DeploymentError,
    DeploymentStatus,
    TargetHealth,
    TargetRun,
    TargetStatus,
)
from bot.ports import Cause, Clock, Cluster, ClusterLost, ClusterSession

_BEGUN = (TargetStatus.IN_PROGRESS, TargetStatus.UNKNOWN)
_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


def runs_of(plan: Plan) -> tuple[TargetRun, ...]:
    return tuple(TargetRun(ref.shown(plan.home)) for ref in plan.refs)


class ClusterRollout:
    """One deployment, whose newest state is in `told`."""

    def __init__(self, session: ClusterSession, cluster: Cluster, plan: Plan, told: Told, clock: Clock) -> None:
        self._session = session
        self._cluster = cluster
        self._plan = plan
        self._told = told
        self._clock = clock

    async def run(self, stop: Stop, conflicts: Conflicts, prune: Prune) -> None:
        """To the deployment's end, which is kept."""
        work = asyncio.create_task(self._run(conflicts, prune))
        stopping = asyncio.create_task(stop.event.wait())
        try:
            await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self._told.set(stopped(self._told.deployment, stop, self._clock.now()))
                return
            work.result()
        except ManifestsInvalid as invalid:
            self._end(DeploymentError.INVALID_REVISION, str(invalid))
        except RolloutFailed as failed:
            self._end(DeploymentError.HEALTH_CONSTRAINTS, str(failed))
        except ClusterLost as lost:
            self._end(DeploymentError.INTERNAL_ERROR, f"the cluster {self._cluster.name}: {lost}")
        else:
            self._end(None, "")
        finally:
            for task in (work, stopping):
                task.cancel()
            await asyncio.gather(work, stopping, return_exceptions=True)
            await self._told.keep()

    async def _run(self, conflicts: Conflicts, prune: Prune) -> None:
        deployment = self._told.deployment
        coming = {str(ref): TargetHealth(healthy=False, deployment=deployment.id) for ref in self._plan.refs}
        self._told.set(replace(deployment, health={**deployment.health, **coming}))
        await self._told.keep()  # whoever comes after a crash knows what may have been applied
        await Applying(self._session, conflicts, self._applied, self._left).apply(self._plan)
        rest = [ref for ref in self._plan.refs if self._kind(ref) != _DEFINITION and waited_for(*self._kind(ref))]
        await _all([self._wait(ref) for ref in rest])
        await self._prune(prune)

    async def _applied(self, planned: Planned) -> None:
        ref = planned.ref
        if self._kind(ref) == _DEFINITION:  # its own objects come next
            await self._wait(ref)
        elif waited_for(*self._kind(ref)):
            self._put(ref, TargetStatus.IN_PROGRESS, "applied")
        else:
            self._put(ref, TargetStatus.SUCCEEDED, "applied")

    def _left(self, planned: Planned, causes: Sequence[Cause]) -> None:
        for cause in causes:
            self._told.line(
                f"{planned.ref.shown(self._plan.home)} | {cause.field} belongs to {cause.manager}, and stays as it is"
            )

    async def _wait(self, ref: ObjectRef) -> None:
        waiting = Waiting(self._session, ref, lambda words: self._put(ref, TargetStatus.IN_PROGRESS, words))
        try:
            words = await waiting.over()
        except RolloutFailed as failed:
            self._put(ref, TargetStatus.FAILED, str(failed))
            raise RolloutFailed(f"{ref.shown(self._plan.home)}: {failed}") from None
        self._put(ref, TargetStatus.SUCCEEDED, words)

    async def _prune(self, prune: Prune) -> None:
        told, deployment = self._told, self._told.deployment
        known = [ObjectRef.parse(key) for key in deployment.health]
        pruning = Pruning(
            self._session,
            self._cluster,
            prune,
            lambda ref, words: told.line(f"{ref.shown(self._plan.home)} | {words}"),
        )
        left = await pruning.run(deployment.group, self._plan.refs, known)
        health = {str(ref): TargetHealth(healthy=True, deployment=deployment.id) for ref in self._plan.refs}
        kept = {str(ref): deployment.health.get(str(ref), TargetHealth(healthy=True)) for ref in sorted(left)}
        told.set(replace(told.deployment, health={**health, **kept}))

    def _put(self, ref: ObjectRef, status: TargetStatus, words: str) -> None:
        name = ref.shown(self._plan.home)
        run = self._told.run(name)
        if (run.status, run.message) != (status, words):
            self._told.put(replace(run, status=status, message=words))
            self._told.line(f"{name} | {words}")

    def _kind(self, ref: ObjectRef) -> tuple[str, str]:
        return ref.group, ref.kind

    def _end(self, error: DeploymentError | None, message: str) -> None:
        status = DeploymentStatus.FAILED if error else DeploymentStatus.SUCCEEDED
        self._told.set(_ended(self._told.deployment, status, error, message, self._clock.now()))


def stopped(deployment: Deployment, stop: Stop, now: float) -> Deployment:
    """As it is left when it is ended early: by somebody, or because its time is up."""
    late = stop.error is DeploymentError.TIMEOUT
    waiting = [run.name for run in deployment.targets if run.status is TargetStatus.IN_PROGRESS]
    behind = f": {', '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} not ready" if waiting else ""
    status = DeploymentStatus.FAILED if late else DeploymentStatus.STOPPED
    return _ended(deployment, status, stop.error, f"{'its time was up' if late else 'it was stopped'}{behind}", now)


def _ended(
    deployment: Deployment, status: DeploymentStatus, error: DeploymentError | None, message: str, now: float
) -> Deployment:
    """Objects that were still waited for have not failed by themselves: nobody knows."""
    late = error is DeploymentError.TIMEOUT
    targets = tuple(_left(run, late=late) for run in deployment.targets)
    return replace(deployment, status=status, error=error, message=message, ended_at=now, targets=targets)


def _left(run: TargetRun, *, late: bool) -> TargetRun:
    if run.status is TargetStatus.PENDING:
        return replace(run, status=TargetStatus.SKIPPED)
    if run.status in _BEGUN:
        return replace(run, status=TargetStatus.FAILED if late else TargetStatus.UNKNOWN)
    return run


async def _all(waits: list[Coroutine[Any, Any, None]]) -> None:
    """The first that fails ends the others: what can't get ready any more is not waited for."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
