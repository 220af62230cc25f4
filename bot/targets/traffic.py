"""The balancers of the inventory: read, and changed on the target where each runs, one change of one balancer at a time."""

import asyncio
from collections.abc import Mapping

from bot.locks import Locks
from bot.model.repository import Repository
from bot.ports import Balancer, TargetLost, TargetsRefused, TrafficRefused
from bot.targets import balancers, nginx
from bot.targets.session import AgentSession
from bot.targets.targets import InventoryTargets

REMEDY = "the operator lists balancers in PENSTOCK_TARGETS_FILE, with the `repositories` that may use each"
_BEFORE = 60.0
"""Seconds beyond its `drain` that a change of the same balancer, by another bot or a life of this one, may take."""


class InventoryTraffic:
    def __init__(self, targets: InventoryTargets) -> None:
        self._targets = targets
        self._turns: Locks[str] = Locks()

    def balancer(self, repository: Repository, name: str) -> Balancer:
        asker = f"{repository.provider}:{repository.full_name}"
        found = self._targets.inventory().balancers.get(name)
        # The same words whether there is such a balancer or not: who may not use it need not learn of it.
        if found is None or not self._targets.may(found.repositories, asker):
            raise TargetsRefused(f"{asker} has no balancer {name}: {REMEDY}")
        return Balancer(name, {server: each.weight for server, each in found.servers.items()})

    async def weights(self, balancer: str) -> Mapping[str, int]:
        async with self._turns[balancer]:
            found = await self._found(balancer)
            session = await self._session(balancer, found)
            try:
                return await self._read(balancer, found, session)
            except TargetLost as error:
                raise self._refused(balancer, found, str(error)) from None
            finally:
                await session.close()

    async def change(self, balancer: str, weights: Mapping[str, int]) -> str:
        async with self._turns[balancer]:
            found = await self._found(balancer)
            session = await self._session(balancer, found)
            try:
                known = await self._read(balancer, found, session)
                before = known or {server: each.weight for server, each in found.servers.items()}
                wanted = {**before, **weights}
                order = {
                    "do": "write balancer",
                    "file": found.file,
                    "text": nginx.text(found, wanted),
                    "test": found.test,
                    "reload": found.reload,
                    "pid_file": found.pid_file,
                    "drain": found.drain,
                }
                answer = await session.order(order)
            except TargetLost as error:
                raise self._refused(balancer, found, str(error)) from None
            finally:
                await session.close()
        if answer["end"] != "Succeeded":
            raise self._refused(balancer, found, str(answer["message"]))
        nobody = "" if any(wanted.values()) else "no server gets any traffic now"
        return ", ".join(filter(None, [nobody, str(answer.get("message", ""))]))

    async def _found(self, balancer: str) -> balancers.Balancer:
        try:
            found = (await asyncio.to_thread(self._targets.inventory)).balancers.get(balancer)
        except TargetsRefused as error:
            raise TrafficRefused(str(error)) from None
        if found is None:
            raise TrafficRefused(f"the balancer {balancer} is in the targets file no more")
        return found

    async def _session(self, balancer: str, found: balancers.Balancer) -> AgentSession:
        """Whoever has it open is alone with that balancer, among all bots."""
        place = (found.target, f"balancer-{balancer}")
        try:
            return await self._targets.open(found.target, place, "", _say_nothing, wait=found.drain + _BEFORE)
        except TargetLost as error:
            raise self._refused(balancer, found, str(error)) from None

    async def _read(self, balancer: str, found: balancers.Balancer, session: AgentSession) -> Mapping[str, int]:
        answer = await session.order({"do": "read balancer", "file": found.file})
        if answer["end"] != "Succeeded":
            raise self._refused(balancer, found, str(answer["message"]))
        try:
            return nginx.read(found, str(answer["text"]))
        except nginx.NotOurs as error:
            raise self._refused(balancer, found, str(error)) from None

    def _refused(self, balancer: str, found: balancers.Balancer, why: str) -> TrafficRefused:
        return TrafficRefused(f"the balancer {balancer} on {found.target}: {why}")


def _say_nothing(_: str) -> None:
    """No script runs there, so that nothing is printed."""
