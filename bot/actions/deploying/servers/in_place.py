"""A deployment in place: every target is deployed to where it serves, and where that fails, what was there before is deployed again."""

from dataclasses import dataclass, replace

from bot.actions.deploying import Attempt
from bot.actions.deploying.beginning import new_deployment
from bot.actions.deploying.going_back import asked_for
from bot.actions.deploying.identity import deployment_id, group_of
from bot.actions.deploying.outcome import outcome
from bot.actions.deploying.servers.gate import Gate, check_behind
from bot.actions.deploying.servers.lifecycle import Orders, interrupted, pending
from bot.actions.deploying.servers.orders import environment_for, sparing
from bot.actions.deploying.servers.prepare import Bundles
from bot.actions.deploying.servers.rollback import Rollback
from bot.actions.deploying.servers.rollout import Rollout, ended, fleet_for, given_up
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import AGAIN_IN, Stop, Turns, later
from bot.model.deployment import (
    Bundle,
    Deployment,
    DeploymentConfiguration,
    DeploymentOptions,
)
from bot.model.pipeline import Deploy
from bot.ports import (
    ActionContext,
    ActionOutcome,
    Clock,
    Store,
    Target,
    Targets,
    TargetsRefused,
    Traffic,
    TrafficRefused,
)


@dataclass(frozen=True, slots=True)
class Works:
    """What deployments work with. `timeout` seconds for actions that set none."""

    targets: Targets
    traffic: Traffic
    bundles: Bundles
    store: Store
    clock: Clock
    timeout: float


class InPlace:
    def __init__(self, works: Works, turns: Turns) -> None:
        self._works = works
        self._turns = turns
        self._rollback = Rollback(works.targets, works.bundles, works.store, works.clock)

    async def perform(self, attempt: Attempt, work: Deploy) -> ActionOutcome:
        context, began = attempt.context, self._works.clock.now()
        targets = self._choose(context, work)
        gate = self._gate(context, work, targets)
        orders, bundle = await self._works.bundles.ready(context, targets, attempt.line)
        orders = replace(orders, gate=gate)
        group = group_of(context).id
        async with self._turns.taken(group, context.job, attempt.line) as stop:
            if await self._turns.ahead(context, group) is not None:
                return later(context, began + AGAIN_IN, began)
            deployment = await self._begun(context, work, bundle, targets, began)
            good = await self._works.store.last_deployment(group, succeeded=True)
            spec = sparing(orders.spec, [good.release] if good else ())
            orders = replace(orders, spec=spec, env=environment_for(deployment, context))
            told = Told(deployment, self._works.store, attempt.line, attempt.changed)
            if words := _left(good, work.options):
                attempt.line(words)
            return await self._deploy(context, work, targets, orders, stop, told)

    async def give_up(self, first: Deployment, left: Deployment, attempt: Attempt) -> None:
        """A life of the bot that was to stop it has ended in the middle: it is stopped, and rolled back where that is asked for (STO-1, RLB-2).
        `left` is what is still open: `first` itself, or its rollback.
        """
        told = Told(first, self._works.store, attempt.line, attempt.changed)
        if not first.status.ended:
            await self._end(told)
        await self._roll_back_left(attempt.context, told)
        known = await self._works.store.deployment(left.id)
        if known is not None and not known.status.ended:
            await self._end(told.another(known))

    async def _end(self, told: Told) -> None:
        told.set(given_up(told.deployment, self._works.clock.now()))
        await told.keep()
        told.line(ended_line(told.deployment))

    async def _roll_back_left(self, context: ActionContext, told: Told) -> None:
        over, work = told.deployment, context.action.work
        if not isinstance(work, Deploy) or not asked_for(over, work.options.rollback):
            return
        try:
            targets = self._choose(context, work)
            gate = self._gate(context, work, targets)
        except (TargetsRefused, TrafficRefused) as refused:
            told.line(f"Not rolled back: {refused}")
        else:
            await self._rollback.perform(context, over, targets, gate, told)

    def _choose(self, context: ActionContext, work: Deploy) -> tuple[Target, ...]:
        options, tags = work.options, work.options.tags
        if not options.targets and not tags:
            tags = {"environment": (context.stage.environment or context.stage.name,)}
        return self._works.targets.choose(context.execution.lane.repository, options.targets, tags)

    def _gate(self, context: ActionContext, work: Deploy, targets: tuple[Target, ...]) -> Gate | None:
        if not work.options.balancer:
            return None
        balancer = self._works.traffic.balancer(context.execution.lane.repository, work.options.balancer)
        check_behind(balancer, tuple(target.name for target in targets))
        return Gate(self._works.traffic, balancer)

    async def _begun(
        self, context: ActionContext, work: Deploy, bundle: Bundle, targets: tuple[Target, ...], began: float
    ) -> Deployment:
        """The deployment of this attempt: an earlier life's, or a new one that begins with what is known of its group's health."""
        known = await self._works.store.deployment(deployment_id(context.job))
        if known is not None:
            return replace(known, targets=tuple(interrupted(run) for run in known.targets))
        new = with_options(
            await new_deployment(self._works.store, context, group_of(context).id, bundle, began), work.options
        )
        traffic = bool(work.options.balancer)
        return replace(new, targets=tuple(pending(target.name, traffic=traffic) for target in targets))

    async def _deploy(
        self,
        context: ActionContext,
        work: Deploy,
        targets: tuple[Target, ...],
        orders: Orders,
        stop: Stop,
        told: Told,
    ) -> ActionOutcome:
        """The rollout, unless an earlier life has seen it to its end; and then the rollback."""
        deployment, configuration = told.deployment, work.options.configuration
        if not deployment.status.ended:
            count = f"{len(targets)} target{'s' if len(targets) > 1 else ''}"
            told.line(f"Deployment {deployment.id} to {count}, {_named(configuration)}.")
            limit = context.action.timeout or self._works.timeout
            with stop.after(limit):
                fleet = fleet_for(deployment, targets, configuration)
                async with told:
                    ending = await Rollout(self._works.targets, stop).run(fleet, orders, configuration, told)
                    told.set(ended(told.deployment, ending, self._works.clock.now()))
                    await told.keep()
            told.line(ended_line(told.deployment))
        over = told.deployment
        back: Deployment | str | None = None
        if asked_for(over, work.options.rollback):
            back = await self._rollback.perform(context, over, targets, orders.gate, told)
        return outcome(told.deployment, back)


def with_options(deployment: Deployment, options: DeploymentOptions) -> Deployment:
    """A new one, with those of its action that count for its later lives, and for whoever goes back to it."""
    release = deployment.id if options.releases else ""
    return replace(deployment, existing=options.existing, releases=options.releases, release=release)


def _left(good: Deployment | None, options: DeploymentOptions) -> str:
    """Of releases that the file speaks of no more: somebody may still serve from there, and what is shared is nobody's to remove."""
    path = good.releases.path if good is not None and good.releases is not None else ""
    if not path or (options.releases is not None and options.releases.path == path):
        return ""
    return f"The releases in {path} stay, and its link `current` leads where it led: remove them where nothing needs them any more."


def _named(configuration: DeploymentConfiguration) -> str:
    minimum = configuration.minimum
    return configuration.name or f"{minimum.value}{'%' if minimum.percent else ''} of them stay healthy"
