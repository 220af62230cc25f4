"""How many targets at once, and when a deployment has failed (sections 10 and 11): a fleet in, the next targets or a verdict out.

A target that is being deployed to counts as not healthy until it has succeeded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from bot.model.deployment import DeploymentConfiguration, Minimum


class Revision(IntEnum):
    """HLT-1, in the order in which targets come (HLT-2)."""

    UNKNOWN = 0
    OLD = 1
    CURRENT = 2


class Step(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LEFT = "left"
    """Not this deployment's to touch; it counts as it is."""


@dataclass(frozen=True, slots=True)
class Host:
    healthy: bool
    revision: Revision = Revision.UNKNOWN
    zone: str = ""
    step: Step = Step.PENDING

    @property
    def serves(self) -> bool:
        return self.healthy and self.step is not Step.RUNNING


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every target of the group by name. `minimum` have to stay healthy, `zonal` of each zone where zones come one after another."""

    hosts: Mapping[str, Host]
    minimum: int
    zonal: Minimum | None = None

    def began(self, name: str) -> "Fleet":
        return self._with(name, replace(self.hosts[name], step=Step.RUNNING))

    def ended(self, name: str, *, well: bool) -> "Fleet":
        step = Step.SUCCEEDED if well else Step.FAILED
        revision = Revision.CURRENT if well else self.hosts[name].revision
        return self._with(name, replace(self.hosts[name], healthy=well, step=step, revision=revision))

    def _with(self, name: str, host: Host) -> "Fleet":
        return replace(self, hosts={**self.hosts, name: host})

    def count(self, step: Step) -> int:
        return sum(host.step is step for host in self.hosts.values())

    @property
    def healthy(self) -> int:
        return sum(host.serves for host in self.hosts.values())


def minimum_of(minimum: Minimum, targets: int, name: str = "") -> int:
    """HLT-3. OneAtATime leaves all but one healthy, which 99 percent, rounded up, would never let anybody do (HLT-10, A2)."""
    if name == "OneAtATime":
        return targets - 1
    return -(-targets * minimum.value // 100) if minimum.percent else minimum.value


def fleet_of(hosts: Mapping[str, Host], configuration: DeploymentConfiguration) -> Fleet:
    zonal = configuration.zones.minimum if configuration.zones is not None else None
    return Fleet(hosts, minimum_of(configuration.minimum, len(hosts), configuration.name), zonal)


def zone_of(fleet: Fleet) -> str | None:
    """The zone that is being worked on, the first by name with anything to do; None when all is done, or zones do not matter."""
    if fleet.zonal is None:
        return None
    return min((h.zone for h in fleet.hosts.values() if h.step in (Step.PENDING, Step.RUNNING)), default=None)


def next_targets(fleet: Fleet) -> tuple[str, ...]:
    """Which to begin with now; none while others have to end first, or when it is over."""
    if failed(fleet):
        return ()
    zone = zone_of(fleet)
    here = {name: host for name, host in fleet.hosts.items() if zone is None or host.zone == zone}
    pending = sorted(
        (n for n in here if here[n].step is Step.PENDING), key=lambda n: (here[n].healthy, here[n].revision, n)
    )
    unhealthy = [name for name in pending if not here[name].healthy]
    running = [host for host in here.values() if host.step is Step.RUNNING]
    if unhealthy:
        return tuple(unhealthy[: max(0, _at_once(fleet, here) - len(running))])  # HLT-4, HLT-11, A3
    if any(not host.healthy for host in running):
        return ()  # what comes of them says how many of the healthy ones may go
    return tuple(pending[: max(0, _spare(fleet, here))])


def _at_once(fleet: Fleet, here: Mapping[str, Host]) -> int:
    at_once = max(1, len(fleet.hosts) - fleet.minimum)
    if fleet.zonal is not None:
        at_once = min(at_once, max(1, len(here) - minimum_of(fleet.zonal, len(here))))
    return at_once


def _spare(fleet: Fleet, here: Mapping[str, Host]) -> int:
    """How many healthy ones may be taken out of service."""
    spare = fleet.healthy - fleet.minimum
    if fleet.zonal is not None:
        spare = min(spare, sum(host.serves for host in here.values()) - minimum_of(fleet.zonal, len(here)))
    return spare


def failed(fleet: Fleet) -> bool:
    """HLT-4, HLT-5, HLT-7: there is more to do, and no more may be risked."""
    pending, running, lost = (fleet.count(step) for step in (Step.PENDING, Step.RUNNING, Step.FAILED))
    if not pending:
        return False
    if lost and len(fleet.hosts) - lost <= fleet.minimum:
        return True
    if running:
        return False
    zone = zone_of(fleet)
    here = {name: host for name, host in fleet.hosts.items() if zone is None or host.zone == zone}
    unhealthy = any(host.step is Step.PENDING and not host.healthy for host in here.values())
    return not unhealthy and _spare(fleet, here) <= 0


def succeeded(fleet: Fleet) -> bool:
    """HLT-6, of a fleet where nothing is to be done any more."""
    return fleet.healthy >= fleet.minimum and fleet.count(Step.SUCCEEDED) > 0
