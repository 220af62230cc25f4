"""A blue/green deployment from phase to phase (`bot.model.traffic.Phase`), each kept before it is begun: whoever goes on after a kill does the last
one again, which changes nothing that was done. What fails ends it, and `back` then gives the traffic back.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.actions.deploying.blue_green.checks import Checks
from bot.actions.deploying.blue_green.hooks import Hooks, Stopped
from bot.actions.deploying.blue_green.watching import Failed, Watching
from bot.actions.deploying.servers.rollout import Ending, ended, stopped
from bot.actions.deploying.told import Told
from bot.actions.deploying.turns import Stop
from bot.core.deployments import shifting
from bot.model.appspec import LifecycleEvent
from bot.model.deployment import DeploymentError, DeploymentStatus, EventRun, TargetRun, TargetStatus
from bot.model.deployment_wait import WaitType
from bot.model.traffic import BlueGreen, Phase, TrafficShift
from bot.ports import ActionContext, Balancer, Clock, Traffic, TrafficRefused

_LOST = (TargetStatus.FAILED, TargetStatus.UNKNOWN)


class Phases:
    """`install` deploys to the replacements; it is asked for in that phase only."""

    def __init__(
        self,
        context: ActionContext,
        plan: BlueGreen,
        balancer: Balancer,
        traffic: Traffic,
        clock: Clock,
        told: Told,
        stop: Stop,
        hooks: Hooks,
        checks: Checks,
        install: Callable[[], Awaitable[Ending]],
    ) -> None:
        self._context = context
        self._plan = plan
        self._balancer = balancer
        self._traffic = traffic
        self._clock = clock
        self._told = told
        self._stop = stop
        self._hooks = hooks
        self._watching = Watching(context, plan, clock, told, stop, checks)
        self._install_on = install

    @property
    def _shift(self) -> TrafficShift:
        shift = self._told.deployment.traffic
        assert shift is not None  # noqa: S101  it was begun with one
        return shift

    async def go_on(self) -> float | None:
        """When to go on with it; None: it has ended. Kept, either way."""
        until: float | None = None
        try:
            self._look_for_losses()
            while until is None and not self._told.deployment.status.ended:
                if self._stop.event.is_set():
                    raise Stopped  # noqa: TRY301  as in the middle of a phase
                until = await self._phase()
        except Stopped:
            self._end(stopped(self._stop))
        except Failed as failed:
            self._end(Ending(DeploymentStatus.FAILED, failed.error, str(failed)))
        await self._told.keep()
        return until

    async def _phase(self) -> float | None:
        match self._shift.phase:
            case Phase.INSTALL:
                await self._install()
            case Phase.READY:
                return self._wait_for_leave()
            case Phase.SHIFT:
                return await self._shift_in_steps()
            case Phase.BLOCK:
                await self._block()
            case Phase.KEEP:
                return await self._keep_originals()
            case Phase.STOP:
                await self._stop_originals()
        return None

    def _look_for_losses(self) -> None:
        """A target whose scripts an earlier life had begun: nobody knows how they ended."""
        shift = self._shift
        if shift.phase in (Phase.INSTALL, Phase.STOP):
            return
        lost = [name for name in (*shift.replacements, *shift.originals) if self._told.run(name).status in _LOST]
        if lost:
            raise Failed(DeploymentError.HOOK_EXECUTION_FAILURE, f"the bot stopped in the middle of {', '.join(lost)}")

    async def _install(self) -> None:
        """Those that fail get no traffic, as long as enough succeed (BGR-6)."""
        await self._take_out()
        ending = await self._install_on()
        if ending.status is not DeploymentStatus.SUCCEEDED:
            self._end(ending)
            return
        good = tuple(n for n in self._shift.replacements if self._told.run(n).status is TargetStatus.SUCCEEDED)
        for name in good:
            self._told.put(replace(self._told.run(name), status=TargetStatus.READY))
        self._move(phase=Phase.READY, replacements=good)
        await self._told.keep()

    async def _take_out(self) -> None:
        """Replacements may have some of the traffic still: what was there before Penstock, or what a deployment left that was not to be rolled back."""
        shift = self._shift
        try:
            now = await self._traffic.weights(shift.balancer)
        except TrafficRefused as error:
            raise Failed(DeploymentError.ELASTIC_LOAD_BALANCING_INVALID, str(error)) from None
        if any(now.get(name) for name in shift.replacements):
            await self._weigh(0)
            self._told.line(f"{shift.replacement} is out of the traffic.")

    def _wait_for_leave(self) -> float | None:
        """BGR-3. Nothing is lost yet by a stop."""
        if self._plan.ready and not self._let_go(WaitType.READY):
            words = "The replacements are ready; the traffic waits"
            until = self._waits(self._plan.ready, DeploymentStatus.READY, words)
            if until is not None:
                return until
            if self._plan.stop_unready:
                self._end(Ending(DeploymentStatus.STOPPED, DeploymentError.TIMEOUT, "nobody has let it go on in time"))
                return None
        self._move(phase=Phase.SHIFT, until=None)
        self._status(DeploymentStatus.IN_PROGRESS)
        return None

    async def _shift_in_steps(self) -> float | None:
        names = self._shift.replacements
        await self._scripts(names, LifecycleEvent.BEFORE_ALLOW_TRAFFIC)
        while True:
            until = await self._watching.go_on()
            if until is not None:
                return until
            if self._shift.done == len(self._shift.steps):
                break
            await self._step()
        for name in names:
            self._event(name, LifecycleEvent.ALLOW_TRAFFIC, TargetStatus.SUCCEEDED)
        await self._scripts(names, LifecycleEvent.AFTER_ALLOW_TRAFFIC)
        self._move(phase=Phase.BLOCK)
        await self._told.keep()
        return None

    async def _step(self) -> None:
        """Kept before it is asked for, and again when it is in force."""
        shift = self._shift
        share = shift.steps[shift.done]
        for name in shift.replacements:
            self._event(name, LifecycleEvent.ALLOW_TRAFFIC, TargetStatus.IN_PROGRESS)
        self._move(share=share)
        await self._told.keep()
        words = await self._weigh(share)
        rest = "" if share == shifting.ALL else f"; the next step comes in {self._plan.routing.interval:g} s"
        pause = self._plan.routing.interval if rest else 0.0
        self._move(done=shift.done + 1, until=self._clock.now() + pause, look_at=None)
        await self._told.keep()
        self._told.line(f"{share} % of the traffic goes to {shift.replacement}{rest}.{f' {words}.' if words else ''}")

    async def _block(self) -> None:
        """BGR-6: one original that can't be taken out fails the deployment."""
        names = self._shift.originals
        await self._scripts(names, LifecycleEvent.BEFORE_BLOCK_TRAFFIC, TargetStatus.PENDING)
        await self._weigh(shifting.ALL)
        for name in names:
            self._event(name, LifecycleEvent.BLOCK_TRAFFIC, TargetStatus.SUCCEEDED)
        await self._scripts(names, LifecycleEvent.AFTER_BLOCK_TRAFFIC, TargetStatus.PENDING)
        self._move(phase=Phase.KEEP)
        await self._told.keep()

    async def _keep_originals(self) -> float | None:
        if self._plan.keep:
            over = self._let_go(WaitType.TERMINATION)
            if over and self._shift.until is not None:
                self._move(until=min(self._shift.until, self._clock.now()))
            self._waits(self._plan.keep, DeploymentStatus.BAKING, "The originals are kept as they were")
            until = await self._watching.go_on()
            if until is not None:
                return until
        self._move(phase=Phase.STOP, until=None)
        await self._told.keep()
        return None

    async def _stop_originals(self) -> None:
        """BGR-5. The traffic is elsewhere for good: what fails here is told, and brings nothing back."""
        failing: Sequence[str] = ()
        if self._plan.stop_originals:
            failing = await self._hooks.run(
                self._shift.originals, LifecycleEvent.APPLICATION_STOP, TargetStatus.PENDING
            )
        self._all(lambda run: replace(run, status=_DONE.get(run.status, run.status)))
        words = f"ApplicationStop failed on {', '.join(failing)}" if failing else ""
        self._told.set(ended(self._told.deployment, Ending(message=words), self._clock.now()))

    # --- What phases are made of ---

    async def _scripts(
        self, names: Sequence[str], event: LifecycleEvent, after: TargetStatus = TargetStatus.READY
    ) -> None:
        failing = await self._hooks.run(names, event, after)
        if failing:
            raise Failed(DeploymentError.HOOK_EXECUTION_FAILURE, f"{event} failed on {', '.join(failing)}")
        await self._told.keep()

    async def _weigh(self, share: int) -> str:
        """Targets that the operator has taken from behind the balancer meanwhile count no more."""
        shift, servers = self._shift, self._balancer.servers
        originals = {name: servers[name] for name in shift.originals if name in servers}
        replacements = {name: servers[name] for name in shift.replacements if name in servers}
        if not replacements:
            why = f"none of {', '.join(shift.replacements)} is behind the balancer {shift.balancer} any more"
            raise Failed(DeploymentError.ELASTIC_LOAD_BALANCING_INVALID, why)
        wanted = shifting.weights(originals, replacements, share)
        try:
            return await self._traffic.change(shift.balancer, wanted)
        except TrafficRefused as error:
            raise Failed(DeploymentError.ELASTIC_LOAD_BALANCING_INVALID, str(error)) from None

    def _waits(self, seconds: float, status: DeploymentStatus, words: str) -> float | None:
        """Until when, if that has not come. The first time the wait begins."""
        if self._shift.until is None:
            self._move(until=self._clock.now() + seconds)
            self._told.line(f"{words} for {seconds:g} s.")
        self._status(status)
        until = self._shift.until
        return until if until is not None and self._clock.now() < until else None

    def _let_go(self, wait: WaitType) -> bool:
        """BGR-4: whether somebody has ended it; who did is kept."""
        found = next((one for one in self._context.run.let_go if one.type is wait), None)
        if found is None:
            return False
        if found not in self._told.deployment.let_go:
            self._told.set(replace(self._told.deployment, let_go=(*self._told.deployment.let_go, found)))
            self._told.line(f"The wait was ended by {found.by.login}.")
        return True

    def _event(self, name: str, event: LifecycleEvent, status: TargetStatus) -> None:
        run = next(one for one in self._told.run(name).events if one.event is event)
        if run.status is not status:
            self._told.put_event(name, EventRun(event, status))

    def _move(self, **changes: Any) -> None:
        shift = replace(self._shift, **changes)
        self._told.set(replace(self._told.deployment, traffic=shift))

    def _status(self, status: DeploymentStatus) -> None:
        self._told.set(replace(self._told.deployment, status=status))

    def _all(self, change: Callable[[TargetRun], TargetRun]) -> None:
        deployment = self._told.deployment
        self._told.set(replace(deployment, targets=tuple(change(run) for run in deployment.targets)))

    def _end(self, ending: Ending) -> None:
        """What was still to come is skipped; AllowTraffic in the middle, too."""
        skipped = {TargetStatus.PENDING: TargetStatus.SKIPPED, TargetStatus.IN_PROGRESS: TargetStatus.SKIPPED}
        self._all(
            lambda run: replace(
                run, events=tuple(replace(one, status=skipped.get(one.status, one.status)) for one in run.events)
            )
        )
        self._told.set(ended(self._told.deployment, ending, self._clock.now()))


_DONE = {TargetStatus.READY: TargetStatus.SUCCEEDED, TargetStatus.PENDING: TargetStatus.SUCCEEDED}
