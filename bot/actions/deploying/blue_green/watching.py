"""The time after a step, and that in which the originals are kept: checks are asked in it now and then, and at its end."""

from dataclasses import replace
from typing import Any

from bot.actions.deploying.blue_green.checks import CheckFailed, Checks
from bot.actions.deploying.told import Told
from bot.actions.deploying.turns import Stop
from bot.model.deployment import DeploymentError
from bot.model.traffic import BlueGreen, TrafficShift
from bot.ports import ActionContext, Clock


class Failed(Exception):
    """The deployment goes no further."""

    def __init__(self, error: DeploymentError, message: str) -> None:
        super().__init__(message)
        self.error = error


class Watching:
    """How far it is stands in the deployment, so that a later life goes on with it."""

    def __init__(
        self, context: ActionContext, plan: BlueGreen, clock: Clock, told: Told, stop: Stop, checks: Checks
    ) -> None:
        self._context = context
        self._plan = plan
        self._clock = clock
        self._told = told
        self._stop = stop
        self._checks = checks

    async def go_on(self) -> float | None:
        """When to go on with it; None: its time is over, and all is well. Raises Failed, Stopped."""
        shift = self._shift
        if shift.until is None:
            return None
        if self._clock.now() < shift.until:
            return min(await self._meanwhile(shift), shift.until) if self._checks.any(self._context) else shift.until
        if shift.look_since is not None:
            await self._checks.give_up(self._context, _name(shift))
            self._move(look=shift.look + 1, look_since=None)
        later = await self._look(shift.until, f"{shift.done}")
        if later is None:
            self._move(until=None, look_at=None)
        return later

    async def _meanwhile(self, shift: TrafficShift) -> float:
        """When to ask again. A look that is not decided yet goes on then; at the end another takes its place."""
        now = self._clock.now()
        if shift.look_at is None or now < shift.look_at:
            at = shift.look_at if shift.look_at is not None else now + self._plan.check_every
            self._move(look_at=at)
            return at
        since = shift.look_since if shift.look_since is not None else now
        later = await self._look(since, _name(shift))
        if later is not None:
            self._move(look_at=later, look_since=since)
            return later
        at = self._clock.now() + self._plan.check_every
        self._move(look=shift.look + 1, look_at=at, look_since=None)
        return at

    async def _look(self, since: float, name: str) -> float | None:
        try:
            return await self._checks.look(self._context, since, name, self._stop)
        except CheckFailed as failed:
            words = f"{failed} at {self._shift.share} % of the traffic"
            raise Failed(DeploymentError.ALARM_ACTIVE, words) from None

    @property
    def _shift(self) -> TrafficShift:
        shift = self._told.deployment.traffic
        assert shift is not None  # noqa: S101  it was begun with one
        return shift

    def _move(self, **changes: Any) -> None:
        self._told.set(replace(self._told.deployment, traffic=replace(self._shift, **changes)))


def _name(shift: TrafficShift) -> str:
    """Of a look in the middle."""
    return f"{shift.done}-{shift.look}"
