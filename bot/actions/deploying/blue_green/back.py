"""All traffic back to the originals, at once (BGR-7, REV-3): a deployment of its own, which installs nothing and is not rolled back itself."""

from dataclasses import replace

from bot.actions.deploying import going_back
from bot.actions.deploying.blue_green.hooks import Hooks
from bot.actions.deploying.identity import deployment_id, group_of
from bot.actions.deploying.servers.lifecycle import interrupted
from bot.actions.deploying.servers.orders import environment
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import AGAIN_IN, Stop
from bot.core.deployments import shifting
from bot.model.appspec import LifecycleEvent
from bot.model.deployment import (
    Deployment,
    DeploymentError,
    DeploymentStatus,
    EventRun,
    TargetRun,
    TargetStatus,
)
from bot.model.traffic import Color, Phase, TrafficShift
from bot.ports import ActionContext, Balancer, Clock, Store, Targets, Traffic, TrafficRefused

LONGEST = 3600.0
"""Seconds for which a balancer that does not take the traffic back is asked again and again."""

_ALLOW = (LifecycleEvent.BEFORE_ALLOW_TRAFFIC, LifecycleEvent.ALLOW_TRAFFIC, LifecycleEvent.AFTER_ALLOW_TRAFFIC)
_BLOCK = (LifecycleEvent.BEFORE_BLOCK_TRAFFIC, LifecycleEvent.BLOCK_TRAFFIC, LifecycleEvent.AFTER_BLOCK_TRAFFIC)
_BLOCKED = (Phase.BLOCK, Phase.KEEP)
"""In these the originals have been, or are being, taken out; before, they have never been."""


class ShiftBack:
    def __init__(self, targets: Targets, traffic: Traffic, store: Store, clock: Clock) -> None:
        self._targets = targets
        self._traffic = traffic
        self._store = store
        self._clock = clock

    async def perform(
        self, context: ActionContext, failed: Deployment, balancer: Balancer, told: Told
    ) -> Deployment | str | float:
        """The deployment that went back, why there is none, or when to try again. `told` is the failed one's, and learns of it."""
        shift = failed.traffic
        assert shift is not None  # noqa: S101  it was begun with one
        earlier = await self._store.deployment(deployment_id(context.job, rollback=True))
        if earlier is not None and earlier.status.ended:
            return earlier
        if why := _nothing_to_do(shift):
            return going_back.none(told, why)
        if earlier is None and (newer := await self._newer(failed)):
            return f"not rolled back: {newer} has begun since"
        deployment = earlier or await self._begin(context, failed, shift)
        deployment = replace(deployment, targets=tuple(interrupted(run) for run in deployment.targets))
        if earlier is None:
            told.line(
                f"Deployment {deployment.id} rolls back {failed.id}: all traffic goes back to {shift.replacement.other}."
            )
            await going_back.tell_of(told, deployment)
        own = told.another(deployment)
        async with own:
            env = environment(deployment, group_of(context), {})
            until = await self._go_back(own, shift, balancer, Hooks(self._targets, own, env, Stop()))
            await own.keep()
        if until is not None:
            return until
        told.line(ended_line(own.deployment))
        return own.deployment

    async def _go_back(self, told: Told, shift: TrafficShift, balancer: Balancer, hooks: Hooks) -> float | None:
        """Scripts that fail are told; the traffic goes back all the same."""
        blocked = shift.phase in _BLOCKED
        if blocked:
            await hooks.run(shift.originals, _ALLOW[0], TargetStatus.PENDING, "last")
        try:
            await self._traffic.change(shift.balancer, _weights(shift, balancer))
        except TrafficRefused as error:
            told.line(str(error))
            if self._clock.now() - told.deployment.created_at < LONGEST:
                return self._clock.now() + AGAIN_IN
            self._end(told, DeploymentError.ELASTIC_LOAD_BALANCING_INVALID, str(error))
            return None
        for name in shift.originals:
            _passed(told, name, _ALLOW[1])
        if blocked:
            await hooks.run(shift.originals, _ALLOW[2], TargetStatus.PENDING, "last")
        await hooks.run(shift.replacements, _BLOCK[0], TargetStatus.PENDING, "recent")
        for name in shift.replacements:
            _passed(told, name, _BLOCK[1])
        await hooks.run(shift.replacements, _BLOCK[2], TargetStatus.PENDING, "recent")
        self._end(told)
        return None

    async def _newer(self, failed: Deployment) -> str:
        """One that has begun while nobody gave this one's traffic back has taken care of the traffic itself."""
        others = await self._store.open_deployments(failed.group)
        over = [await self._store.last_deployment(failed.group, succeeded=each) for each in (True, False)]
        known = [one for one in (*others, *over) if one is not None and one.created_at > failed.created_at]
        return known[0].id if known else ""

    async def _begin(self, context: ActionContext, failed: Deployment, shift: TrafficShift) -> Deployment:
        good = await self._store.last_deployment(failed.group, succeeded=True)
        allow = _ALLOW if shift.phase in _BLOCKED else _ALLOW[1:2]
        color = shift.replacement
        runs = [_run(name, allow, color.other) for name in shift.originals]
        runs += [_run(name, _BLOCK, color) for name in shift.replacements]
        return replace(
            going_back.begun(context, failed, good, self._clock.now()),
            releases=good.releases if good is not None else None,
            release=good.release if good is not None else "",
            targets=tuple(runs),
            traffic=None,
        )

    def _end(self, told: Told, error: DeploymentError | None = None, message: str = "") -> None:
        deployment = told.deployment
        failing = [run.name for run in deployment.targets if run.status is TargetStatus.FAILED]
        rest = TargetStatus.SKIPPED if error else TargetStatus.SUCCEEDED
        targets = tuple(
            replace(run, status=rest) if run.status is TargetStatus.PENDING else run for run in deployment.targets
        )
        status = DeploymentStatus.FAILED if error else DeploymentStatus.SUCCEEDED
        message = message or (f"scripts failed on {', '.join(failing)}" if failing else "")
        told.set(
            replace(
                deployment, status=status, error=error, message=message, ended_at=self._clock.now(), targets=targets
            )
        )


def _nothing_to_do(shift: TrafficShift) -> str:
    if shift.alone:
        return "there is no traffic to give back: neither set had any before"
    if shift.phase is Phase.STOP:
        return "not rolled back: the originals are being stopped"
    if not shift.share:
        return f"no traffic was shifted: all of it still goes to {shift.replacement.other}"
    return ""


def _weights(shift: TrafficShift, balancer: Balancer) -> dict[str, int]:
    servers = balancer.servers
    originals = {name: servers[name] for name in shift.originals if name in servers}
    replacements = {name: servers[name] for name in shift.replacements if name in servers}
    return dict(shifting.weights(originals, replacements, 0))


def _run(name: str, events: tuple[LifecycleEvent, ...], color: Color) -> TargetRun:
    return TargetRun(name, events=tuple(EventRun(event) for event in events), color=color)


def _passed(told: Told, name: str, event: LifecycleEvent) -> None:
    if any(run.event is event and run.status is TargetStatus.PENDING for run in told.run(name).events):
        told.put_event(name, EventRun(event, TargetStatus.SUCCEEDED))
