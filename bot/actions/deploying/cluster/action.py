"""Deployments to clusters: the manifests are read and planned, tried without effect, then rolled out; and where that fails, rolled back.

A deployment is kept from its beginning on. A later life of the bot that finds one goes on with it: what has been applied is applied again, which changes
nothing, and waited for.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.deploying.cluster.applying import check
from bot.actions.deploying.cluster.manifests import ManifestsInvalid, read_bundle
from bot.actions.deploying.cluster.plan import Plan, make_plan
from bot.actions.deploying.cluster.rollback import ClusterRollback
from bot.actions.deploying.cluster.rollout import ClusterRollout, runs_of, stopped
from bot.actions.deploying.identity import deployment_id, group_of
from bot.actions.deploying.log import LogOpener, LogWriter, write_line
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import Stop, Turns
from bot.actions.outcome import code
from bot.actions.worktrees import WorkTrees, tree_of
from bot.core.artifacts import SOURCE
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.cluster_deployment import Manifest, ManifestDeploy
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.server_deployment import (
    Bundle,
    DeploymentError,
    DeploymentStatus,
    Manifests,
    RollbackOn,
    ServerDeployment,
    TargetStatus,
)
from bot.ports import (
    ActionContext,
    ActionOutcome,
    ArtifactError,
    Artifacts,
    Clock,
    Cluster,
    ClusterLost,
    ClusterRefused,
    Clusters,
    ClusterSession,
    CommitUnavailable,
    HostRefused,
    ObjectRefused,
    Sources,
    Store,
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One attempt: what the file asks for, with its references replaced and its defaults filled in."""

    context: ActionContext
    work: ManifestDeploy
    named: Manifests
    cluster: Cluster
    manifests: tuple[Manifest, ...]
    group: str
    began: float
    log: LogWriter

    def line(self, words: str) -> None:
        write_line(self.log, words)


class ClusterDeployments:
    """`timeout` seconds for actions that set none; `log_limit` bytes of its log. `changed` is told an execution whose deployment goes on."""

    def __init__(
        self,
        clusters: Clusters,
        sources: Sources,
        artifacts: Artifacts,
        store: Store,
        logs: LogOpener,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        log_limit: int,
    ) -> None:
        self._clusters = clusters
        self._trees = WorkTrees(work_dir, sources)
        self._handover = Handover(artifacts, sources)
        self._rollback = ClusterRollback(sources, artifacts, store, clock, work_dir)
        self._store = store
        self._logs = logs
        self._clock = clock
        self._timeout = timeout
        self._log_limit = log_limit
        self.changed: Callable[[str], None] = lambda _: None
        self._turns = Turns(store, self._give_up)

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        log = self._logs.open(context.job, self._log_limit, ())
        try:
            return await self._perform(context, began, log)
        except ManifestsInvalid as invalid:
            for line in invalid.lines:
                write_line(log, line)
            return ActionOutcome(ActionStatus.FAILED, began, f"INVALID_REVISION: {invalid}", ErrorCode.CONFIGURATION)
        except (ClusterRefused, ObjectRefused) as refused:
            return ActionOutcome(ActionStatus.FAILED, began, str(refused), ErrorCode.CONFIGURATION)
        except ClusterLost as lost:
            return ActionOutcome(ActionStatus.FAILED, began, f"the cluster: {lost}", ErrorCode.SYSTEM_UNAVAILABLE)
        except (Unresolved, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        finally:
            log.close()

    async def abandon(self, job: str) -> None:
        """STO-1: returns when the deployment has been stopped, and rolled back where that is asked for. One that waits has done nothing yet."""
        await self._turns.stop(job, deployment_id(job))

    async def forget(self, job: str) -> None:
        self._trees.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._trees.sweep(keep)

    async def close(self) -> None:
        await self._trees.close()

    async def _perform(self, context: ActionContext, began: float, log: LogWriter) -> ActionOutcome:
        asked = await self._asked(context, began, log)
        async with self._turns.taken(asked.group, context.job, asked.line) as stop:
            session = await self._clusters.reach(asked.cluster.name)
            try:
                return await self._deploy(asked, session, stop)
            finally:
                await session.close()

    async def _give_up(self, left: ServerDeployment) -> None:
        """What an earlier life has begun, and nobody goes on with; if it is of this form."""
        if left.manifests is None:
            return
        stop = Stop()
        stop.set()
        await self._store.keep_server_deployment(stopped(left, stop, self._clock.now()))

    async def _asked(self, context: ActionContext, began: float, log: LogWriter) -> _Asked:
        work = context.action.work
        assert isinstance(work, ManifestDeploy)  # noqa: S101  the runner chose this type by the work's kind
        named = _resolved(context, work.manifests)
        cluster = self._clusters.choose(context.execution.lane.repository, named.cluster)
        named = replace(named, cluster=cluster.name, namespace=named.namespace or cluster.namespace)
        folder = await self._trees.prepare(context.job, tree_of(context.execution, context.pipeline))
        await self._handover.bring(context, folder)
        root = next(iter(places(context, folder).values()))
        manifests = await asyncio.to_thread(read_bundle, root, named, context.pipeline.file)
        group = group_of(context, named.cluster, named.namespace).id
        return _Asked(context, work, named, cluster, manifests, group, began, log)

    async def _deploy(self, asked: _Asked, session: ClusterSession, stop: Stop) -> ActionOutcome:
        """The rollout, unless an earlier life has seen it to its end; and then the rollback."""
        context, execution = asked.context, asked.context.execution.id
        known = await self._store.server_deployment(deployment_id(context.job))
        limit = context.action.timeout or self._timeout
        if known is not None and known.status is not DeploymentStatus.IN_PROGRESS:
            told = Told(known, self._store, asked.line, lambda: self.changed(execution))
        else:
            plan = await self._plan(asked, session, known)
            deployment = replace(known or await self._begun(asked), targets=runs_of(plan))
            told = Told(deployment, self._store, asked.line, lambda: self.changed(execution))
            await self._roll_out(asked, session, plan, told, stop, limit)
        ended = told.deployment
        wanted = RollbackOn.STOP if ended.status is DeploymentStatus.STOPPED else RollbackOn.FAILURE
        back: ServerDeployment | str | None = None
        if ended.status is not DeploymentStatus.SUCCEEDED and wanted in asked.work.rollback:
            back = await self._rollback.perform(context, session, asked.cluster, told, limit)
        return _outcome(told.deployment, back)

    async def _plan(self, asked: _Asked, session: ClusterSession, known: ServerDeployment | None) -> Plan:
        """Tried, unless it has begun already. Raises ManifestsInvalid, ObjectRefused, ClusterLost; what has begun is ended by them, too."""
        try:
            plan = await make_plan(asked.manifests, asked.cluster, asked.named.namespace, asked.group, session)
            if known is None:
                await check(session, plan, force=asked.work.force)
        except (ManifestsInvalid, ObjectRefused, ClusterLost) as error:
            if known is not None:
                ended = replace(known, status=DeploymentStatus.FAILED, message=str(error), ended_at=self._clock.now())
                await self._store.keep_server_deployment(ended)
            raise
        return plan

    async def _roll_out(
        self, asked: _Asked, session: ClusterSession, plan: Plan, told: Told, stop: Stop, limit: float
    ) -> None:
        where = f"{asked.cluster.name}{f', namespace {plan.home}' if plan.home else ''}"
        told.line(f"Deployment {told.deployment.id} of {len(plan.objects)} objects to {where}.")
        timer = asyncio.get_running_loop().call_later(limit, stop.set, DeploymentError.TIMEOUT)
        try:
            async with told:
                rollout = ClusterRollout(session, asked.cluster, plan, told, self._clock)
                await rollout.run(stop, force=asked.work.force, prune=asked.work.prune)
        finally:
            timer.cancel()
        told.line(ended_line(told.deployment))

    async def _begun(self, asked: _Asked) -> ServerDeployment:
        """A new one, which knows all that its group may have in the cluster."""
        context = asked.context
        ended = [await self._store.last_server_deployment(asked.group, succeeded=each) for each in (True, False)]
        last = max((one for one in ended if one is not None), key=lambda one: one.created_at, default=None)
        health = dict(last.health) if last is not None else {}
        for left in await self._store.open_server_deployments(
            asked.group
        ):  # of a life of the bot that ended in the middle
            health |= left.health
        inputs = context.execution.stage_run(context.stage.name).action(context.action.name).inputs
        artifact = next((inputs[name] for name in context.action.inputs[:1] if name != SOURCE), None)
        return ServerDeployment(
            deployment_id(context.job),
            asked.group,
            context.execution.id,
            context.stage.name,
            context.action.name,
            context.attempt,
            Bundle(
                context.execution.revision.commit,
                "",
                artifact.space if artifact else "",
                artifact.id if artifact else "",
            ),
            asked.began,
            status=DeploymentStatus.IN_PROGRESS,
            health=health,
            manifests=asked.named,
        )


def _resolved(context: ActionContext, named: Manifests) -> Manifests:
    """Raises Unresolved."""
    value = resolver(context.pipeline, context.execution)

    def each(texts: Mapping[str, str]) -> Mapping[str, str]:
        return {name: substitute(text, value) for name, text in texts.items()}

    return replace(
        named, namespace=substitute(named.namespace, value), images=each(named.images), values=each(named.values)
    )


def _outcome(deployment: ServerDeployment, back: ServerDeployment | str | None) -> ActionOutcome:
    began, outputs = deployment.created_at, {"DeploymentId": deployment.id}
    if deployment.status is DeploymentStatus.SUCCEEDED:
        return ActionOutcome(ActionStatus.SUCCEEDED, began, outputs=outputs)
    words = f"{deployment.id} {deployment.error or 'failed'}: {deployment.message}"
    if isinstance(back, ServerDeployment):
        words += f"; rolled back by {back.id}: {back.status}{f', {back.message}' if back.message else ''}"
    elif back:
        words += f"; {back}"
    failed = any(run.status is TargetStatus.FAILED for run in deployment.targets)
    late = deployment.error is DeploymentError.TIMEOUT and failed
    return ActionOutcome(
        ActionStatus.FAILED, began, words, ErrorCode.TIMEOUT if late else ErrorCode.JOB_FAILED, outputs=outputs
    )
