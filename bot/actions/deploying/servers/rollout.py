"""From target to target, as many at once as the configuration lets go (sections 10 and 11), until all is done, or no more may be risked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.actions.deploying.servers.lifecycle import Orders, deploy_to, interrupted
from bot.actions.deploying.told import Told
from bot.actions.deploying.turns import Stop
from bot.core.deployments.health import Fleet, Host, Revision, Step, failed, fleet_of, next_targets, succeeded, zone_of
from bot.model.deployment import (
    Deployment,
    DeploymentConfiguration,
    DeploymentError,
    DeploymentStatus,
    TargetHealth,
    TargetRun,
    TargetStatus,
)
from bot.ports import Target, Targets

MOST_AT_ONCE = 50
"""Targets that are connected to at once, whatever the configuration lets go."""


def fleet_for(deployment: Deployment, targets: Sequence[Target], configuration: DeploymentConfiguration) -> Fleet:
    """The group as it is known (HLT-1). Targets of an earlier life's deployment are as they were left: one in the middle has failed."""
    hosts = {target.name: _host(target, deployment) for target in targets}
    return fleet_of(hosts, configuration)


def _host(target: Target, deployment: Deployment) -> Host:
    known = deployment.health.get(target.name, TargetHealth(healthy=False))
    revision = Revision.OLD if known.deployment else Revision.UNKNOWN
    run = next((run for run in deployment.targets if run.name == target.name), None)
    if run is None:
        return Host(known.healthy, revision, target.zone, Step.LEFT)
    step = {
        TargetStatus.PENDING: Step.PENDING,
        TargetStatus.SUCCEEDED: Step.SUCCEEDED,
    }.get(run.status, Step.FAILED)
    healthy = step is Step.SUCCEEDED or (step is Step.PENDING and known.healthy)
    return Host(healthy, revision, target.zone, step)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a rollout came to its end."""

    status: DeploymentStatus = DeploymentStatus.SUCCEEDED
    error: DeploymentError | None = None
    message: str = ""


def ended(deployment: Deployment, ending: Ending, now: float) -> Deployment:
    """What has not begun is skipped."""
    targets = tuple(
        replace(run, status=TargetStatus.SKIPPED) if run.status is TargetStatus.PENDING else run
        for run in deployment.targets
    )
    return replace(
        deployment,
        status=ending.status,
        error=ending.error,
        message=ending.message,
        ended_at=now,
        targets=targets,
        health=health_after(deployment, targets),
    )


def given_up(deployment: Deployment, now: float) -> Deployment:
    """One that nobody goes on with: what it was in the middle of has failed, since nobody knows how far that came."""
    as_left = replace(deployment, targets=tuple(interrupted(run) for run in deployment.targets))
    return ended(as_left, Ending(DeploymentStatus.STOPPED, DeploymentError.MANUAL_STOP, "it was stopped"), now)


def stopped(stop: Stop) -> Ending:
    late = stop.error is DeploymentError.TIMEOUT
    how = "its time was up" if late else "it was stopped"
    status = DeploymentStatus.FAILED if late else DeploymentStatus.STOPPED
    return Ending(status, stop.error, f"{how}; targets that had begun may be left part-way")


class Rollout:
    """One deployment, from its first target to its last."""

    def __init__(self, targets: Targets, stop: Stop) -> None:
        self._targets = targets
        self._stop = stop

    async def run(self, fleet: Fleet, orders: Orders, configuration: DeploymentConfiguration, told: Told) -> Ending:
        slots = asyncio.Semaphore(MOST_AT_ONCE)
        running: dict[asyncio.Task[bool], str] = {}
        stopping = asyncio.create_task(self._stop.event.wait())

        async def one(name: str) -> bool:
            async with slots:
                return await deploy_to(name, self._targets, orders, told)

        try:
            while not stopping.done():
                zone = zone_of(fleet)
                for name in next_targets(fleet):
                    fleet = fleet.began(name)
                    running[asyncio.create_task(one(name))] = name
                if not running:
                    break
                done, _ = await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    fleet = fleet.ended(running.pop(task), well=task.result())
                if zone is not None and zone_of(fleet) not in (zone, None):
                    await self._watch(zone, fleet, configuration, told)
        finally:
            stopping.cancel()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if self._stop.event.is_set():
            return stopped(self._stop)
        if failed(fleet) or not succeeded(fleet):
            return Ending(DeploymentStatus.FAILED, DeploymentError.HEALTH_CONSTRAINTS, _why(fleet))
        return Ending()

    async def _watch(self, zone: str, fleet: Fleet, configuration: DeploymentConfiguration, told: Told) -> None:
        """A zone that is done is watched before the next begins."""
        zones = configuration.zones
        assert zones is not None  # noqa: S101  without them there is no zone to be done
        first = zone == min(host.zone for host in fleet.hosts.values())
        seconds = zones.first_monitor if first and zones.first_monitor is not None else zones.monitor
        if seconds and not failed(fleet):
            told.line(f"Zone {zone} is done; the next one begins in {seconds:g} s.")
            try:
                async with asyncio.timeout(seconds):
                    await self._stop.event.wait()
            except TimeoutError:
                return


def _why(fleet: Fleet) -> str:
    """HLT-4 to HLT-6 in words."""
    lost, pending = fleet.count(Step.FAILED), fleet.count(Step.PENDING)
    if lost == len(fleet.hosts):
        return "no target succeeded"
    least = f"at least {fleet.minimum} of {len(fleet.hosts)} have to stay healthy"
    if not lost:
        return f"too few targets are healthy to begin with: {least}"
    left = f", and {pending} {'was' if pending == 1 else 'were'} not begun with" if pending else ""
    return f"{lost} of {len(fleet.hosts)} targets failed{left}: {least}"


def health_after(deployment: Deployment, targets: Sequence[TargetRun]) -> Mapping[str, TargetHealth]:
    """HLT-12: targets that were touched have the health of their end, all others keep theirs."""
    found = dict(deployment.health)
    for run in targets:
        if run.status in (TargetStatus.SUCCEEDED, TargetStatus.READY):
            found[run.name] = TargetHealth(healthy=True, deployment=deployment.id)
        elif run.status in (TargetStatus.FAILED, TargetStatus.UNKNOWN):
            found[run.name] = TargetHealth(healthy=False)
    return found
