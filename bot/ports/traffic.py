"""What the runtime asks of a balancer: how much of the traffic each of its targets gets, and that it be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model.repository import Repository


class TrafficRefused(Exception):
    """A balancer can't be reached, or does not take a change; then all is as it was before. The text says so to a user."""


@dataclass(frozen=True, slots=True)
class Balancer:
    """`servers` are the targets behind it, each with its weight when all serve."""

    name: str
    servers: Mapping[str, int]


class Traffic(Protocol):
    """The balancers of the operator's inventory. A weight is a share in the sum of all; 0 gets nothing."""

    def balancer(self, repository: Repository, name: str) -> Balancer:
        """Raises TargetsRefused where there is none, or none that this repository may use."""

    async def weights(self, balancer: str) -> Mapping[str, int]:
        """Of every target behind it, as they were last asked for; empty where nobody has ever asked. Raises TrafficRefused."""

    async def change(self, balancer: str, weights: Mapping[str, int]) -> str:
        """Targets that are not named keep what they have. In force when this returns, with what there is to say of it in words, if
        anything: requests that had begun where a weight is 0 now have ended, or were waited for as long as the operator says. Doing it
        again is harmless. Raises TrafficRefused.
        """
