"""BlockTraffic and AllowTraffic of one target: the balancer that the action names is asked for it (section 5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.appspec import LifecycleEvent
from bot.model.deployment import EventRun, TargetStatus
from bot.ports import Balancer, TargetsRefused, Traffic, TrafficRefused


@dataclass(frozen=True, slots=True)
class Gate:
    traffic: Traffic
    balancer: Balancer

    async def pass_through(self, target: str, event: LifecycleEvent) -> EventRun:
        """`event` is one of the two. A target that is allowed gets what it has when all serve."""
        weight = self.balancer.servers[target] if event is LifecycleEvent.ALLOW_TRAFFIC else 0
        try:
            words = await self.traffic.change(self.balancer.name, {target: weight})
        except TrafficRefused as error:
            return EventRun(event, TargetStatus.FAILED, message=str(error))
        return EventRun(event, TargetStatus.SUCCEEDED, message=words)


def check_behind(balancer: Balancer, targets: Sequence[str]) -> None:
    """Raises TargetsRefused for targets that it does not know: they would be deployed to in the middle of their traffic."""
    strange = [target for target in targets if target not in balancer.servers]
    if strange:
        raise TargetsRefused(f"{', '.join(strange)} is not among the `servers` of the balancer {balancer.name}")
