"""From target to target, as many at once as the configuration lets go (sections 10 and 11), until all is done, or no more may be risked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.actions.deploying.servers.lifecycle import Orders, deploy_to
from bot.actions.deploying.servers.told import Told
from bot.core.deployments.health import Fleet, Host, Revision, Step, failed, fleet_of, next_targets, succeeded, zone_of
from bot.model.server_deployment import (
    DeploymentConfiguration,
    DeploymentError,
    DeploymentStatus,
    ServerDeployment,
    TargetHealth,
    TargetStatus,
)
from bot.ports import Clock, Target, Targets

MOST_AT_ONCE = 50
"""Targets that are connected to at once, whatever the configuration lets go."""


def fleet_for(deployment: ServerDeployment, targets: Sequence[Target], configuration: DeploymentConfiguration) -> Fleet:
    """The group as it is known (HLT-1). Targets of an earlier life's deployment are as they were left: one in the middle has failed."""
    hosts = {target.name: _host(target, deployment) for target in targets}
    return fleet_of(hosts, configuration)


def _host(target: Target, deployment: ServerDeployment) -> Host:
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


class Stop:
    """Whether a deployment is to be stopped (STO-1), and why: by somebody, or because its time is up."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.error = DeploymentError.MANUAL_STOP

    def set(self, error: DeploymentError = DeploymentError.MANUAL_STOP) -> None:
        if not self.event.is_set():
            self.error = error
            self.event.set()


class Rollout:
    """One deployment, from its first target to its last."""

    def __init__(self, targets: Targets, clock: Clock, stop: Stop) -> None:
        self._targets = targets
        self._clock = clock
        self._stop = stop

    async def run(self, fleet: Fleet, orders: Orders, configuration: DeploymentConfiguration, told: Told) -> None:
        """To the deployment's end, which is kept."""
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
        self._end(fleet, told)
        await told.keep()

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

    def _end(self, fleet: Fleet, told: Told) -> None:
        stopped = self._stop.event.is_set()
        well = not stopped and not failed(fleet) and succeeded(fleet)
        deployment = told.deployment
        targets = tuple(
            replace(run, status=TargetStatus.SKIPPED) if run.status is TargetStatus.PENDING else run
            for run in deployment.targets
        )
        status = DeploymentStatus.SUCCEEDED if well else DeploymentStatus.FAILED
        error, message = (None, "") if well else (DeploymentError.HEALTH_CONSTRAINTS, _why(fleet))
        if stopped:
            late = self._stop.error is DeploymentError.TIMEOUT
            status, error = DeploymentStatus.FAILED if late else DeploymentStatus.STOPPED, self._stop.error
            how = "its time was up" if late else "it was stopped"
            message = f"{how}; targets that had begun may be left part-way"
        health = _health(replace(deployment, targets=targets))
        told.set(
            replace(
                deployment,
                status=status,
                error=error,
                message=message,
                ended_at=self._clock.now(),
                targets=targets,
                health=health,
            )
        )


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


def _health(deployment: ServerDeployment) -> Mapping[str, TargetHealth]:
    """HLT-12: targets that were touched have the health of their end, all others keep theirs."""
    found = dict(deployment.health)
    for run in deployment.targets:
        if run.status is TargetStatus.SUCCEEDED:
            found[run.name] = TargetHealth(healthy=True, deployment=deployment.id)
        elif run.status in (TargetStatus.FAILED, TargetStatus.UNKNOWN):
            found[run.name] = TargetHealth(healthy=False)
    return found
