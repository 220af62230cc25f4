"""Which set of targets is replaced, in which steps the traffic goes over, and what each target then weighs (sections 10 and 13); and which
wait of it people can end.
"""

from collections.abc import Collection, Mapping
from math import gcd

from bot.model.deployment import Deployment, DeploymentStatus
from bot.model.deployment_wait import DeploymentWait, WaitType
from bot.model.traffic import BlueGreen, Color, Routing

ALL = 100


def steps(routing: Routing) -> tuple[int, ...]:
    """Shares of the replacements in percent, the last one all."""
    if routing.percent >= ALL:
        return (ALL,)
    if not routing.linear:
        return (routing.percent, ALL)
    return (*range(routing.percent, ALL, routing.percent), ALL)


def replacement(blue: Collection[str], green: Collection[str], weights: Mapping[str, int]) -> tuple[Color, bool]:
    """The set that has less of the traffic, and whether neither has any: then blue begins. Of two that have as much green is replaced."""
    has = {Color.BLUE: _total(blue, weights), Color.GREEN: _total(green, weights)}
    if not any(has.values()):
        return Color.BLUE, True
    return (Color.BLUE if has[Color.GREEN] > has[Color.BLUE] else Color.GREEN), False


def weights(originals: Mapping[str, int], replacements: Mapping[str, int], share: int) -> Mapping[str, int]:
    """Of every target, so that all replacements together get `share` percent. What is given is what each weighs within its own set."""
    share = share if originals else ALL
    ours, theirs = share * sum(originals.values()), (ALL - share) * sum(replacements.values())
    if share in (0, ALL):
        ours, theirs = int(share == ALL), int(share == 0)
    wanted = {name: weight * theirs for name, weight in originals.items()}
    wanted |= {name: weight * ours for name, weight in replacements.items()}
    common = gcd(*wanted.values()) if 0 < share < ALL else 1
    return {name: weight // common for name, weight in wanted.items()}


def awaited(deployment: Deployment, plan: BlueGreen, now: float) -> DeploymentWait | None:
    """The wait that it is in, if it is one that people can end (BGR-4)."""
    until = deployment.traffic.until if deployment.traffic is not None else None
    if until is None or until <= now:
        return None
    if deployment.status is DeploymentStatus.READY:
        return DeploymentWait(WaitType.READY, until, plan.stop_unready)
    return DeploymentWait(WaitType.TERMINATION, until) if deployment.status is DeploymentStatus.BAKING else None


def _total(names: Collection[str], weights: Mapping[str, int]) -> int:
    return sum(weights.get(name, 0) for name in names)
