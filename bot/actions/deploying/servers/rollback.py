"""What was there before, deployed again: a deployment of its own, of the last known good revision (RLB-1 to RLB-6).

Only targets that the failed deployment has touched are deployed to; all others still have that revision.
"""

import asyncio
from dataclasses import replace

from bot.actions.deploying import going_back
from bot.actions.deploying.identity import deployment_id, group_of
from bot.actions.deploying.servers.bundle import BundleInvalid, read
from bot.actions.deploying.servers.gate import Gate
from bot.actions.deploying.servers.lifecycle import Bundled, Orders, interrupted, pending
from bot.actions.deploying.servers.orders import environment, spec_of
from bot.actions.deploying.servers.prepare import Bundles
from bot.actions.deploying.servers.rollout import Rollout, ended, fleet_for
from bot.actions.deploying.told import Told, ended_line
from bot.actions.deploying.turns import Stop
from bot.model.deployment import Deployment, TargetStatus
from bot.model.pipeline import Deploy
from bot.ports import (
    ActionContext,
    ArtifactError,
    BundleFolder,
    Clock,
    CommitUnavailable,
    HostRefused,
    Store,
    Target,
    TargetLost,
    Targets,
)

_TOUCHED = (TargetStatus.SUCCEEDED, TargetStatus.FAILED, TargetStatus.UNKNOWN)


class Rollback:
    def __init__(self, targets: Targets, bundles: Bundles, store: Store, clock: Clock) -> None:
        self._targets = targets
        self._bundles = bundles
        self._store = store
        self._clock = clock

    async def perform(
        self,
        context: ActionContext,
        failed: Deployment,
        targets: tuple[Target, ...],
        gate: Gate | None,
        told: Told,
    ) -> Deployment | str:
        """The deployment that rolled back, or why there is none. `told` is the failed one's, and learns of it. It is never rolled back itself (RLB-6)."""
        earlier = await self._store.deployment(deployment_id(context.job, rollback=True))
        if earlier is not None and earlier.status.ended:
            return earlier
        good = await self._store.last_deployment(failed.group, succeeded=True)
        if good is None:
            return going_back.none(told, "nothing to roll back to: no deployment of this group has succeeded yet")
        if all(run.status not in _TOUCHED for run in failed.targets):
            return going_back.none(told, f"no target was touched: all still have {good.id}")
        bundled = self._bundled(context, good, targets)
        try:
            appspec, _ = read(good.bundle.appspec, "appspec.yml")
            if good.releases is None:  # every target needs it
                await bundled()
        except (BundleInvalid, TargetLost) as error:
            return going_back.none(told, f"not rolled back: {error}")
        deployment = earlier or self._begin(context, failed, good, traffic=gate is not None)
        deployment = replace(deployment, targets=tuple(interrupted(run) for run in deployment.targets))
        await going_back.tell_of(told, deployment)
        spec = spec_of(appspec, good.existing, good.releases, good.release)
        orders = Orders(bundled, spec, {}, gate=gate, earlier=good.id if good.releases else "")
        return await self._deploy(context, deployment, targets, told, orders)

    def _begin(self, context: ActionContext, failed: Deployment, good: Deployment, *, traffic: bool) -> Deployment:
        return replace(
            going_back.begun(context, failed, good, self._clock.now()),
            targets=tuple(pending(run.name, traffic=traffic) for run in failed.targets if run.status in _TOUCHED),
            existing=good.existing,
            releases=good.releases,
            release=good.release,
        )

    async def _deploy(
        self,
        context: ActionContext,
        deployment: Deployment,
        targets: tuple[Target, ...],
        told: Told,
        orders: Orders,
    ) -> Deployment:
        work = context.action.work
        assert isinstance(work, Deploy)  # noqa: S101  the runner chose this type by the work's kind
        told.line(f"Deployment {deployment.id} rolls back {deployment.rollback_of}.")
        own = told.another(deployment)
        orders = replace(
            orders,
            env=environment(deployment, group_of(context), {}),
            ignore_stop_failures=work.options.ignore_stop_failures,
        )
        configuration = work.options.configuration
        async with own:
            fleet = fleet_for(deployment, targets, configuration)
            ending = await Rollout(self._targets, Stop()).run(fleet, orders, configuration, own)
            own.set(ended(own.deployment, ending, self._clock.now()))
            await own.keep()
        told.line(ended_line(own.deployment))
        return own.deployment

    def _bundled(self, context: ActionContext, good: Deployment, targets: tuple[Target, ...]) -> Bundled:
        """The old bundle, brought here once, when it is first asked for."""
        lock, brought = asyncio.Lock(), list[BundleFolder]()

        async def bundled() -> BundleFolder:
            async with lock:
                if not brought:
                    try:
                        brought.append(await self._bundles.ready_again(context, good.bundle, targets))
                    except (ArtifactError, BundleInvalid, CommitUnavailable, HostRefused) as error:
                        raise TargetLost(f"the revision of {good.id} can't be had: {error}") from None
                return brought[0]

        return bundled
