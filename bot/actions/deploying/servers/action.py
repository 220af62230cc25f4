"""Deployments to servers: in place, or from one set of targets to the other.

A deployment is kept from its beginning on. A later life of the bot that finds one goes on with it: targets that have ended stay so, and one that was in the
middle has failed, since nobody knows how far its scripts came.
"""

from collections.abc import Mapping

from bot.actions.deploying import Attempt, Refusal
from bot.actions.deploying.attempts import Attempts
from bot.actions.deploying.blue_green.action import BlueGreenDeployments
from bot.actions.deploying.identity import deployment_id
from bot.actions.deploying.revision import Revisions
from bot.actions.deploying.servers.in_place import InPlace, Works
from bot.actions.deploying.servers.prepare import Bundles
from bot.actions.deploying.servers.rollout import given_up
from bot.actions.deploying.turns import Turns
from bot.model.deployment import Deployment
from bot.model.error import ErrorCode
from bot.model.pipeline import Deploy
from bot.ports import ActionOutcome, Clock, RuleType, Store, Targets, TargetsRefused, Traffic, TrafficRefused


class ServerDeployments:
    """`timeout` seconds for actions that set none; `checks` are the kinds of rules that may stand between two steps. `attempts` are for what
    earlier lives have left.
    """

    refusals: Mapping[type[Exception], Refusal] = {
        TargetsRefused: Refusal(ErrorCode.CONFIGURATION, "NO_INSTANCES"),
        TrafficRefused: Refusal(ErrorCode.CONFIGURATION, "ELASTIC_LOAD_BALANCING_INVALID"),
    }

    def __init__(
        self,
        targets: Targets,
        traffic: Traffic,
        checks: Mapping[str, RuleType],
        attempts: Attempts,
        revisions: Revisions,
        store: Store,
        clock: Clock,
        timeout: float,
    ) -> None:
        self._attempts = attempts
        self._store = store
        self._clock = clock
        self._turns = Turns(store, self._give_up)
        works = Works(targets, traffic, Bundles(revisions), store, clock, timeout)
        self._in_place = InPlace(works, self._turns)
        self._blue_green = BlueGreenDeployments(works, self._turns, checks)

    async def deploy(self, attempt: Attempt) -> ActionOutcome:
        work = attempt.context.action.work
        assert isinstance(work, Deploy)  # noqa: S101  chosen by this type
        how = self._in_place if work.options.blue_green is None else self._blue_green
        return await how.perform(attempt, work)

    async def stop(self, job: str) -> None:
        await self._turns.stop(job, deployment_id(job))

    async def _give_up(self, left: Deployment) -> None:
        first = await self._store.deployment(left.rollback_of) if left.rollback_of else left
        context = await self._attempts.context(left.execution, left.stage, left.action, left.attempt)
        if first is None or context is None:
            await self._store.keep_deployment(given_up(left, self._clock.now()))
            return
        how = self._in_place if first.traffic is None else self._blue_green
        with self._attempts.left(context) as attempt:
            await how.give_up(first, left, attempt)
