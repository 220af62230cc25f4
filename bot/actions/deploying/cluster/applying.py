"""A plan said to the cluster: first tried as a whole without any effect, so that everything it refuses is told at once, then in its order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from bot.actions.deploying.cluster.fields import NoSuchField, without
from bot.actions.deploying.cluster.manifests import ManifestsInvalid
from bot.actions.deploying.cluster.plan import Plan, Planned
from bot.model.cluster_deployment import Body
from bot.ports import Cause, ClusterSession, ObjectRefused

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


class Conflicts(StrEnum):
    """What becomes of fields that another manager owns and that differ: the ways that Kubernetes names
    (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).
    """

    REFUSED = "refused"
    TAKEN = "taken"
    """Forced: they get the manifest's value, and are the bot's from then on."""
    LEFT = "left"
    """The bot gives up its claim: they keep their value and their owner."""


@dataclass(frozen=True, slots=True)
class Applying:
    """`left` is told each object of which some fields stay another's."""

    session: ClusterSession
    conflicts: Conflicts
    applied: Callable[[Planned], Awaitable[None]]
    left: Callable[[Planned, Sequence[Cause]], None]

    async def apply(self, plan: Plan) -> None:
        """What comes first is there before the next begins. Raises ManifestsInvalid where the cluster has changed its mind meanwhile."""

        async def one(planned: Planned) -> None:
            try:
                await self._applied(planned)
            except ObjectRefused as refused:
                raise ManifestsInvalid([refusal(planned, refused, plan.home)]) from None
            await self.applied(planned)

        for _, same in groupby(plan.objects, key=lambda each: each.rank):
            await _side_by_side(list(same), one)

    async def _applied(self, planned: Planned) -> None:
        """A kind that has only just been defined is not known at once to every server of the cluster."""
        tries, body = 0, planned.body
        while True:
            try:
                await self.session.apply(planned.ref, body, force=self.conflicts is Conflicts.TAKEN)
            except ObjectRefused as refused:
                if self.conflicts is Conflicts.LEFT and refused.conflicts:
                    body = _giving_up(body, refused)
                    self.left(planned, refused.conflicts)
                    continue
                if not planned.follows or refused.status != _UNKNOWN or tries == _TRIES:
                    raise
            else:
                return
            tries += 1
            await asyncio.sleep(PAUSE)


def _giving_up(body: Body, refused: ObjectRefused) -> Body:
    """Without the fields that another owns; each time there are fewer. Raises what was refused where one can't be left out."""
    for field in dict.fromkeys(cause.field for cause in refused.conflicts):
        try:
            body = without(body, field)
        except NoSuchField:
            raise refused from None
    return body


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
