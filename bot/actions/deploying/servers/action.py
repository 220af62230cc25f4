"""Deployments to servers: the bundle is made ready, its appspec read, its targets chosen; then the rollout, and where it fails, the rollback.

A deployment is kept from its beginning on. A later life of the bot that finds one goes on with it: targets that have ended stay so, and one that was in the
middle has failed, since nobody knows how far its scripts came.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from bot.actions.artifacts import Handover, places
from bot.actions.deploying.log import LogOpener, LogWriter, write_line
from bot.actions.deploying.servers.bundle import BundleInvalid, check_releases, find, listed, read
from bot.actions.deploying.servers.gate import Gate, check_behind
from bot.actions.deploying.servers.identity import deployment_id, group_of
from bot.actions.deploying.servers.lifecycle import Orders, at_hand, interrupted, pending
from bot.actions.deploying.servers.orders import environment, sparing, spec_of
from bot.actions.deploying.servers.rollback import Rollback
from bot.actions.deploying.servers.rollout import Rollout, Stop, fleet_for
from bot.actions.deploying.servers.told import Told, ended_line
from bot.actions.outcome import code
from bot.actions.worktrees import WorkTrees, tree_of
from bot.core.artifacts import SOURCE
from bot.core.variables import Unresolved, resolver, substitute
from bot.model.error import ErrorCode
from bot.model.execution import ActionStatus
from bot.model.pipeline import Deploy
from bot.model.server_deployment import (
    Bundle,
    DeploymentConfiguration,
    DeploymentError,
    DeploymentStatus,
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
    CommitUnavailable,
    HostRefused,
    Sources,
    Store,
    Target,
    Targets,
    TargetsRefused,
    Traffic,
)


class ServerDeployments:
    """`timeout` seconds for actions that set none; `log_limit` bytes of its log. `changed` is told an execution whose deployment goes on: live pages hear of it."""

    def __init__(
        self,
        targets: Targets,
        traffic: Traffic,
        sources: Sources,
        artifacts: Artifacts,
        store: Store,
        logs: LogOpener,
        clock: Clock,
        work_dir: Path,
        timeout: float,
        log_limit: int,
    ) -> None:
        self._targets = targets
        self._traffic = traffic
        self._trees = WorkTrees(work_dir, sources)
        self._handover = Handover(artifacts, sources)
        self._rollback = Rollback(targets, sources, artifacts, store, clock, work_dir)
        self._store = store
        self._logs = logs
        self._clock = clock
        self._timeout = timeout
        self._log_limit = log_limit
        self.changed: Callable[[str], None] = lambda _: None
        self._running: dict[str, tuple[Stop, asyncio.Event]] = {}
        self._groups: dict[str, asyncio.Lock] = {}

    async def perform(self, context: ActionContext) -> ActionOutcome:
        began = self._clock.now()
        log = self._logs.open(context.job, self._log_limit, ())
        try:
            return await self._perform(context, began, log)
        except BundleInvalid as invalid:
            for problem in invalid.problems:
                write_line(log, str(problem))
            return ActionOutcome(ActionStatus.FAILED, began, f"INVALID_REVISION: {invalid}", ErrorCode.CONFIGURATION)
        except TargetsRefused as refused:
            return ActionOutcome(ActionStatus.FAILED, began, f"NO_INSTANCES: {refused}", ErrorCode.CONFIGURATION)
        except (Unresolved, CommitUnavailable, HostRefused, ArtifactError) as error:
            return ActionOutcome(ActionStatus.FAILED, began, str(error), code(error))
        finally:
            log.close()

    def folder(self, job: str) -> Path:
        return self._trees.folder(job)

    async def abandon(self, job: str) -> None:
        """STO-1: returns when the deployment has been stopped, and rolled back where that is asked for. One that waits has done nothing yet."""
        if job in self._running:
            stop, over = self._running[job]
            stop.set()
            await over.wait()

    async def forget(self, job: str) -> None:
        self._trees.remove_later(job)

    async def sweep(self, keep: Collection[str]) -> None:
        await self._trees.sweep(keep)

    async def close(self) -> None:
        await self._trees.close()

    async def _perform(self, context: ActionContext, began: float, log: LogWriter) -> ActionOutcome:
        work = context.action.work
        assert isinstance(work, Deploy)  # noqa: S101  the runner chose this type by the work's kind
        targets = self._choose(context, work)
        gate = self._gate(context, work, targets)
        folder = await self._trees.prepare(context.job, tree_of(context.execution, context.pipeline))
        await self._handover.bring(context, folder)
        root = next(iter(places(context, folder).values()))
        digests = not all(target.near for target in targets)
        orders, bundle, warnings = await asyncio.to_thread(_orders, context, work, root, digests)
        orders = replace(orders, gate=gate)
        for warning in warnings:
            write_line(log, warning)
        group = group_of(context).id
        lock = self._groups.setdefault(group, asyncio.Lock())
        if lock.locked():
            write_line(log, "Another deployment of this group is at work: waiting for its end (DPL-6).")
        async with lock:
            deployment = await self._begun(context, bundle, targets, began)
            stop, over = self._running[context.job] = Stop(), asyncio.Event()
            try:
                return await self._deploy(context, deployment, targets, orders, stop, log)
            finally:
                over.set()
                del self._running[context.job]

    def _choose(self, context: ActionContext, work: Deploy) -> tuple[Target, ...]:
        options, tags = work.options, work.options.tags
        if not options.targets and not tags:
            tags = {"environment": (context.stage.environment or context.stage.name,)}
        return self._targets.choose(context.execution.lane.repository, options.targets, tags)

    def _gate(self, context: ActionContext, work: Deploy, targets: tuple[Target, ...]) -> Gate | None:
        if not work.options.balancer:
            return None
        balancer = self._traffic.balancer(context.execution.lane.repository, work.options.balancer)
        check_behind(balancer, targets)
        return Gate(self._traffic, balancer)

    async def _begun(
        self, context: ActionContext, bundle: Bundle, targets: tuple[Target, ...], began: float
    ) -> ServerDeployment:
        """The deployment of this attempt: an earlier life's, or a new one that begins with what is known of its group's health."""
        wanted = deployment_id(context.job)
        known = await self._store.server_deployment(wanted)
        if known is not None:
            return replace(known, targets=tuple(interrupted(run) for run in known.targets))
        group = group_of(context).id
        ended = [await self._store.last_server_deployment(group, succeeded=each) for each in (True, False)]
        last = max((one for one in ended if one is not None), key=lambda one: one.created_at, default=None)
        work = context.action.work
        assert isinstance(work, Deploy)  # noqa: S101  as above
        return ServerDeployment(
            wanted,
            group,
            context.execution.id,
            context.stage.name,
            context.action.name,
            context.attempt,
            bundle,
            began,
            status=DeploymentStatus.IN_PROGRESS,
            targets=tuple(pending(target.name, traffic=bool(work.options.balancer)) for target in targets),
            health=last.health if last is not None else {},
            existing=work.options.existing,
            releases=work.options.releases,
            release=wanted if work.options.releases else "",
        )

    async def _deploy(
        self,
        context: ActionContext,
        deployment: ServerDeployment,
        targets: tuple[Target, ...],
        orders: Orders,
        stop: Stop,
        log: LogWriter,
    ) -> ActionOutcome:
        """The rollout, unless an earlier life has seen it to its end; and then the rollback."""
        work = context.action.work
        assert isinstance(work, Deploy)  # noqa: S101  as above
        value = resolver(context.pipeline, context.execution)
        env = {name: substitute(text, value) for name, text in context.action.env.items()}
        good = await self._store.last_server_deployment(deployment.group, succeeded=True)
        orders = replace(
            orders,
            spec=sparing(orders.spec, [good.release] if good else ()),
            env=environment(deployment, group_of(context), env),
        )
        told = Told(
            deployment, self._store, lambda line: write_line(log, line), lambda: self.changed(context.execution.id)
        )
        configuration = work.options.configuration
        limit = context.action.timeout or self._timeout
        if deployment.status is DeploymentStatus.IN_PROGRESS:
            told.line(f"Deployment {deployment.id} to {len(targets)} targets, {_named(configuration)}.")
            timer = asyncio.get_running_loop().call_later(limit, stop.set, DeploymentError.TIMEOUT)
            try:
                fleet = fleet_for(deployment, targets, configuration)
                async with told:
                    await Rollout(self._targets, self._clock, stop).run(fleet, orders, configuration, told)
            finally:
                timer.cancel()
            told.line(ended_line(told.deployment))
        ended = told.deployment
        wanted = RollbackOn.STOP if ended.status is DeploymentStatus.STOPPED else RollbackOn.FAILURE
        back: ServerDeployment | str | None = None
        if ended.status is not DeploymentStatus.SUCCEEDED and wanted in work.options.rollback:
            back = await self._rollback.perform(context, ended, targets, orders.gate, told)
        return self._outcome(told.deployment, back, deployment.created_at)

    def _outcome(
        self, deployment: ServerDeployment, back: ServerDeployment | str | None, began: float
    ) -> ActionOutcome:
        outputs = {"DeploymentId": deployment.id}
        if deployment.status is DeploymentStatus.SUCCEEDED:
            return ActionOutcome(ActionStatus.SUCCEEDED, began, outputs=outputs)
        words = f"{deployment.id} {deployment.error or 'failed'}: {deployment.message}{_first_failure(deployment)}"
        if isinstance(back, ServerDeployment):
            words += f"; rolled back by {back.id}: {back.status}{f', {back.message}' if back.message else ''}"
        elif back:
            words += f"; {back}"
        return ActionOutcome(ActionStatus.FAILED, began, words, ErrorCode.JOB_FAILED, outputs=outputs)


def _orders(context: ActionContext, work: Deploy, root: Path, digests: bool) -> tuple[Orders, Bundle, tuple[str, ...]]:
    """Raises BundleInvalid."""
    place, text = find(work.appspec, root)
    appspec, warnings = read(text, work.appspec if isinstance(work.appspec, str) else context.pipeline.file)
    check_releases(appspec, work.options.releases)
    inputs = context.execution.stage_run(context.stage.name).action(context.action.name).inputs
    artifact = next((inputs[name] for name in context.action.inputs[:1] if name != SOURCE), None)
    bundle = Bundle(
        context.execution.revision.commit,
        text,
        artifact.space if artifact else "",
        artifact.id if artifact else "",
    )
    folder = at_hand(listed(place, digests=digests))
    spec = spec_of(appspec, work.options.existing, work.options.releases, deployment_id(context.job))
    return Orders(folder, spec, {}, work.options.ignore_stop_failures), bundle, warnings


def _first_failure(deployment: ServerDeployment) -> str:
    for run in deployment.targets:
        if event := run.failed_event:
            return f"; {run.name}, {event.event}: {event.message or run.message}"
        if run.message and run.status is TargetStatus.FAILED:
            return f"; {run.name}: {run.message}"
    return ""


def _named(configuration: DeploymentConfiguration) -> str:
    minimum = configuration.minimum
    return configuration.name or f"{minimum.value}{'%' if minimum.percent else ''} of them stay healthy"
