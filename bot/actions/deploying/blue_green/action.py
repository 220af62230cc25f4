"""A blue/green deployment: begun, gone on with as often as it has to wait, and given back where it fails.

It takes no place while it waits. What it has reached is in the store, and nothing of it in memory; so whoever performs the action the next time goes on from
there, in this life of the bot or in another.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from bot.actions.deploying import Attempt
from bot.actions.deploying.beginning import new_deployment
from bot.actions.deploying.blue_green.back import ShiftBack
from bot.actions.deploying.blue_green.checks import Checks
from bot.actions.deploying.blue_green.hooks import Hooks
from bot.actions.deploying.blue_green.phases import Phases
from bot.actions.deploying.identity import deployment_id, group_of
from bot.actions.deploying.outcome import outcome
from bot.actions.deploying.servers.gate import check_behind
from bot.actions.deploying.servers.in_place import Works, with_options
from bot.actions.deploying.servers.lifecycle import Orders, interrupted
from bot.actions.deploying.servers.orders import environment_for
from bot.actions.deploying.servers.rollout import Ending, Rollout, fleet_for, given_up
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import AGAIN_IN, Stop, Turns, later
from bot.core.deployments import shifting
from bot.core.deployments.lifecycle import blue_green
from bot.model.appspec import LifecycleEvent
from bot.model.deployment import (
    Deployment,
    DeploymentStatus,
    EventRun,
    TargetRun,
    TargetStatus,
)
from bot.model.pipeline import Deploy
from bot.model.traffic import Chosen, Color, Phase, TrafficShift
from bot.ports import (
    ActionContext,
    ActionOutcome,
    Balancer,
    RuleType,
    Target,
    TargetsRefused,
    TrafficRefused,
)

_WITH_TRAFFIC = frozenset({LifecycleEvent.BEFORE_ALLOW_TRAFFIC, LifecycleEvent.AFTER_ALLOW_TRAFFIC})
"""The replacements' events while there is traffic to lose."""


class BlueGreenDeployments:
    """`checks` are the kinds of rules that may stand between two steps."""

    def __init__(self, works: Works, turns: Turns, checks: Mapping[str, RuleType]) -> None:
        self._works = works
        self._turns = turns
        self._checks = Checks(checks, works.clock)
        self._back = ShiftBack(works.targets, works.traffic, works.store, works.clock)

    async def perform(self, attempt: Attempt, work: Deploy) -> ActionOutcome:
        """Raises what an action tells its user, TargetsRefused and TrafficRefused among it."""
        context, line = attempt.context, attempt.line
        now, group = self._works.clock.now(), group_of(context).id
        balancer = self._works.traffic.balancer(context.execution.lane.repository, work.options.balancer)
        async with self._turns.taken(group, context.job, line) as stop:
            known = await self._works.store.deployment(deployment_id(context.job))
            if known is None and await self._turns.ahead(context, group) is not None:
                return later(context, now + AGAIN_IN, now)
            deployment, orders = await self._ready(context, work, balancer, known, line)
            told = Told(deployment, self._works.store, line, attempt.changed)
            if not deployment.status.ended:
                until = await self._go_on(context, work, balancer, told, orders, stop)
                if until is not None:
                    plan = work.options.blue_green
                    return later(context, until, now, shifting.awaited(told.deployment, plan, now) if plan else None)
                told.line(ended_line(told.deployment))
            return await self._over(context, work, balancer, told)

    async def give_up(self, first: Deployment, left: Deployment, attempt: Attempt) -> None:
        """Nobody goes on with it any more: what it has of the traffic goes back. Raises TrafficRefused where that is to be tried again.
        `left` is what is still open: `first` itself, or its way back.
        """
        context, line, work = attempt.context, attempt.line, attempt.context.action.work
        if first.traffic is None or not isinstance(work, Deploy) or not work.options.rollback:
            await self._end(left)
            return
        try:
            balancer = self._works.traffic.balancer(context.execution.lane.repository, first.traffic.balancer)
        except TargetsRefused as gone:  # the operator's decision: there is nothing left to give back on
            line(str(gone))
            await self._end(left)
            return
        told = Told(first, self._works.store, line, attempt.changed)
        if not first.status.ended:
            told.set(given_up(first, self._works.clock.now()))
        back = await self._back.perform(context, told.deployment, balancer, told)
        await told.keep()
        if isinstance(back, float):
            raise TrafficRefused(f"the balancer {balancer.name} has not taken its traffic back yet")

    async def _end(self, deployment: Deployment) -> None:
        await self._works.store.keep_deployment(given_up(deployment, self._works.clock.now()))

    async def _ready(
        self,
        context: ActionContext,
        work: Deploy,
        balancer: Balancer,
        known: Deployment | None,
        line: Callable[[str], None],
    ) -> tuple[Deployment, Orders | None]:
        """With the orders for the installation, as long as that is to be done."""
        if known is None:
            return await self._begun(context, work, balancer, line)
        known = replace(known, targets=tuple(interrupted(run) for run in known.targets))
        shift = known.traffic
        if known.status.ended or shift is None or shift.phase is not Phase.INSTALL:
            return known, None
        targets = self._choose(context, Chosen(shift.replacements))
        orders, _ = await self._works.bundles.ready(context, targets, line)
        return known, orders

    async def _begun(
        self, context: ActionContext, work: Deploy, balancer: Balancer, line: Callable[[str], None]
    ) -> tuple[Deployment, Orders]:
        plan = work.options.blue_green
        assert plan is not None  # noqa: S101  otherwise it is another deployment
        sets = {Color.BLUE: self._choose(context, plan.blue), Color.GREEN: self._choose(context, plan.green)}
        blue, green = (tuple(target.name for target in sets[color]) for color in Color)
        both = sorted(set(blue) & set(green))
        if both:
            raise TargetsRefused(f"{', '.join(both)} is both blue and green: each target can be of one set")
        check_behind(balancer, (*blue, *green))
        weights = await self._works.traffic.weights(balancer.name)
        color, alone = shifting.replacement(blue, green, weights)
        began = self._works.clock.now()
        orders, bundle = await self._works.bundles.ready(context, sets[color], line)
        new = with_options(
            await new_deployment(self._works.store, context, group_of(context).id, bundle, began), work.options
        )
        names = {Color.BLUE: blue, Color.GREEN: green}
        steps = (shifting.ALL,) if alone else shifting.steps(plan.routing)
        shift = TrafficShift(balancer.name, color, names[color.other], names[color], steps, alone=alone)
        replacements, originals = blue_green(stop=plan.stop_originals)
        silent = _WITH_TRAFFIC - {LifecycleEvent(name) for name in orders.spec["hooks"]}
        targets = [_run(name, replacements, color, silent) for name in names[color]]
        targets += [_run(name, originals, color.other) for name in names[color.other]]
        having = "none has any traffic yet" if alone else f"{color.other} has the traffic"
        line(f"Deployment {new.id} to {color} ({', '.join(names[color])}); {having}.")
        return replace(new, targets=tuple(targets), traffic=shift), orders

    def _choose(self, context: ActionContext, chosen: Chosen) -> tuple[Target, ...]:
        return self._works.targets.choose(context.execution.lane.repository, chosen.names, chosen.tags)

    async def _go_on(
        self, context: ActionContext, work: Deploy, balancer: Balancer, told: Told, orders: Orders | None, stop: Stop
    ) -> float | None:
        """When to go on with it; None: it has ended. The action's time is for the work, and not for what is waited for."""
        plan, configuration, targets = work.options.blue_green, work.options.configuration, self._works.targets
        shift, env = told.deployment.traffic, environment_for(told.deployment, context)
        assert plan is not None and shift is not None  # noqa: S101, PT018  it was begun so

        async def install() -> Ending:
            assert orders is not None  # noqa: S101  in that phase there are some
            fleet = fleet_for(told.deployment, self._choose(context, Chosen(shift.replacements)), configuration)
            return await Rollout(targets, stop).run(fleet, replace(orders, env=env), configuration, told)

        hooks = Hooks(targets, told, env, stop, ignore_stop_failures=work.options.ignore_stop_failures)
        phases = Phases(
            context,
            plan,
            balancer,
            self._works.traffic,
            self._works.clock,
            told,
            stop,
            hooks,
            self._checks,
            install,
        )
        limit = context.action.timeout or self._works.timeout
        with stop.after(limit):
            async with told:
                return await phases.go_on()

    async def _over(self, context: ActionContext, work: Deploy, balancer: Balancer, told: Told) -> ActionOutcome:
        back: Deployment | str | float | None = None
        if told.deployment.status is not DeploymentStatus.SUCCEEDED and work.options.rollback:
            back = await self._back.perform(context, told.deployment, balancer, told)
        if isinstance(back, float):
            return later(context, back, self._works.clock.now())
        return outcome(told.deployment, back)


def _run(
    name: str, events: tuple[LifecycleEvent, ...], color: Color, silent: Collection[LifecycleEvent] = ()
) -> TargetRun:
    """`silent` are those without scripts: passed over, so that a kill just then interrupts nothing."""
    pending, skipped = TargetStatus.PENDING, TargetStatus.SKIPPED
    runs = tuple(EventRun(event, skipped if event in silent else pending) for event in events)
    return TargetRun(name, events=runs, color=color)
