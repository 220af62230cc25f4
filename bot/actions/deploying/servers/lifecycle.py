"""One target, taken through the events of a deployment (sections 5, 6 and 8)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.actions.deploying.servers.gate import Gate
from bot.actions.deploying.told import Told
from bot.core.deployments.lifecycle import PREVIOUS_REVISION, in_place
from bot.model.appspec import LifecycleEvent
from bot.model.deployment import EventRun, TargetRun, TargetStatus
from bot.ports import BundleFolder, TargetLost, Targets, TargetSession

_GATED = (LifecycleEvent.BLOCK_TRAFFIC, LifecycleEvent.ALLOW_TRAFFIC)

Bundled = Callable[[], Awaitable[BundleFolder]]
"""Raises TargetLost where it can't be had any more."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What every target is told. `bundle` is asked for where a target needs it. `earlier` is the deployment whose release may still be there: then
    nothing is needed. With a `gate` each is taken out of the traffic first, and let in again at last.
    """

    bundle: Bundled
    spec: Mapping[str, Any]
    env: Mapping[str, str]
    ignore_stop_failures: bool = False
    gate: Gate | None = None
    earlier: str = ""


def at_hand(bundle: BundleFolder) -> Bundled:
    async def give() -> BundleFolder:
        return bundle

    return give


def pending(name: str, *, traffic: bool = False) -> TargetRun:
    return TargetRun(name, events=tuple(EventRun(event) for event in in_place(traffic=traffic)))


async def deploy_to(name: str, targets: Targets, orders: Orders, told: Told) -> bool:
    """Whether all went well (FLR-1 to FLR-3, HLT-8). Cancelled, what still runs there is killed, and the target's state is unknown.

    Raises StoreUnavailable before anything is done there: what may have begun is known to a later life, which does not do it again.
    """
    told.put(replace(told.run(name), status=TargetStatus.IN_PROGRESS))
    await told.keep()
    session: TargetSession | None = None
    lost = ""
    try:
        deployment = told.deployment
        session = await targets.reach(name, deployment.group, deployment.id, told.liner(name))
        await _events(name, session, orders, told)
    except TargetLost as error:
        lost = str(error)
        told.line(f"{name} | {lost}")
    except asyncio.CancelledError:
        told.put(left(told.run(name), TargetStatus.UNKNOWN, "it was stopped in the middle"))
        raise
    finally:
        if session is not None:
            await session.close()
    run = told.run(name)
    failed = lost or any(
        event.status is TargetStatus.FAILED and not _passed_over(event.event, orders) for event in run.events
    )
    told.put(left(run, TargetStatus.FAILED if failed else TargetStatus.SUCCEEDED, lost))
    return not failed


async def _events(name: str, session: TargetSession, orders: Orders, told: Told) -> None:
    for event in in_place(traffic=orders.gate is not None):
        told.put_event(name, EventRun(event, TargetStatus.IN_PROGRESS))
        if event is LifecycleEvent.DOWNLOAD_BUNDLE:
            run = await _download(session, orders)
        elif event is LifecycleEvent.INSTALL:
            run = await session.install()
        elif orders.gate is not None and event in _GATED:
            run = await orders.gate.pass_through(name, event)
        else:
            run = await session.hooks(event, orders.env)
        told.put_event(name, run)
        if run.status is TargetStatus.FAILED and not _passed_over(event, orders):
            return


async def _download(session: TargetSession, orders: Orders) -> EventRun:
    if orders.earlier:
        run = await session.reuse(orders.earlier, orders.spec)
        if run.status is not TargetStatus.SKIPPED:
            return run
    return await session.download(await orders.bundle(), orders.spec)


def _passed_over(event: LifecycleEvent, orders: Orders) -> bool:
    """REV-4."""
    return orders.ignore_stop_failures and event in PREVIOUS_REVISION


def interrupted(run: TargetRun) -> TargetRun:
    """What a life of the bot that has ended leaves: whether that target's scripts came to their end, nobody knows."""
    if run.status is not TargetStatus.IN_PROGRESS:
        return run
    return left(run, TargetStatus.FAILED, "the bot stopped in the middle of it")


def left(run: TargetRun, status: TargetStatus, message: str) -> TargetRun:
    """What has not begun is skipped (FLR-1), unless all went well: then it is still to come."""
    rest = {TargetStatus.PENDING: TargetStatus.SKIPPED, TargetStatus.IN_PROGRESS: TargetStatus.UNKNOWN}
    if status is TargetStatus.FAILED:
        rest[TargetStatus.IN_PROGRESS] = TargetStatus.FAILED
    elif status is TargetStatus.SUCCEEDED:
        rest = {}
    events = tuple(replace(event, status=rest.get(event.status, event.status)) for event in run.events)
    return replace(run, status=status, events=events, message=message)
