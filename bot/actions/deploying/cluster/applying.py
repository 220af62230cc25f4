"""A plan said to the cluster: first tried as a whole without any effect, so that everything it refuses is told at once, then in its order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import TypeVar

from bot.actions.deploying.cluster.manifests import ManifestsInvalid
from bot.actions.deploying.cluster.plan import Plan, Planned
from bot.ports import ClusterSession, ObjectRefused

T = TypeVar("T")

AT_ONCE = 8
"""Requests side by side."""
PAUSE = 0.5
"""Seconds after which what follows from a definition is tried again."""
_TRIES = 20
_UNKNOWN = 404


async def check(session: ClusterSession, plan: Plan, *, force: bool) -> None:
    """A dry run of all that does not need what is not there yet. Raises ManifestsInvalid with every refusal."""

    async def one(planned: Planned) -> str:
        if planned.follows:
            return ""
        try:
            await session.apply(planned.ref, planned.body, force=force, dry_run=True)
        except ObjectRefused as refused:
            return refusal(planned, refused, plan.home)
        return ""

    refused = [words for words in await _side_by_side(plan.objects, one) if words]
    if refused:
        raise ManifestsInvalid(refused)


async def apply(
    session: ClusterSession, plan: Plan, *, force: bool, applied: Callable[[Planned], Awaitable[None]]
) -> None:
    """What comes first is there before the next begins. Raises ManifestsInvalid where the cluster has changed its mind meanwhile."""

    async def one(planned: Planned) -> None:
        try:
            await _applied(session, planned, force=force)
        except ObjectRefused as refused:
            raise ManifestsInvalid([refusal(planned, refused, plan.home)]) from None
        await applied(planned)

    for _, same in groupby(plan.objects, key=lambda each: each.rank):
        await _side_by_side(list(same), one)


async def _applied(session: ClusterSession, planned: Planned, *, force: bool) -> None:
    """A kind that has only just been defined is not known at once to every server of the cluster."""
    tries = 0
    while True:
        try:
            await session.apply(planned.ref, planned.body, force=force)
        except ObjectRefused as refused:
            if not planned.follows or refused.status != _UNKNOWN or tries == _TRIES:
                raise
        else:
            return
        tries += 1
        await asyncio.sleep(PAUSE)


def refusal(planned: Planned, refused: ObjectRefused, home: str) -> str:
    shown = f"{planned.where}: {planned.ref.shown(home)}"
    if refused.conflicts:
        owned = "; ".join(f"{cause.field} belongs to {cause.manager}" for cause in refused.conflicts)
        return f"{shown}: {owned}. Leave it out of the manifest, or take it over with `force: true`."
    if refused.status == 403:  # noqa: PLR2004  HTTP's own
        return f"{shown}: {str(refused).rstrip('.')}. The operator gives the bot's account this right."
    return f"{shown}: {str(refused).rstrip('.')}."


async def _side_by_side(objects: Sequence[Planned], one: Callable[[Planned], Awaitable[T]]) -> list[T]:
    """All begun ones have ended once this returns, also by an error."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def in_turn(planned: Planned) -> T:
        async with slots:
            return await one(planned)

    tasks = [asyncio.ensure_future(in_turn(planned)) for planned in objects]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
