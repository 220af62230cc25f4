"""Actions that go on later: each is an order in the outbox, in the place of the one that was performed, so that its wait outlives the bot.

It is brought forward when what it waits for is heard of (`Continuation.wakes`). Nothing relies on that: whoever is not woken looks at the
time that it has named.
"""

import math
from dataclasses import replace

import structlog

from bot.core.effects import StartAction
from bot.ports import ActionContext, ActionOutcome, Clock, Store, StoreUnavailable
from bot.runtime.engine import Ordered

log = structlog.get_logger(__name__)

TELL_EVERY = 15.0
"""Seconds after which people are told at the soonest that an action is further: each time is kept, and calls the host."""


def is_news(context: ActionContext, outcome: ActionOutcome, now: float) -> bool:
    """Whether people are to be told what an action waits for, or how far it is: at first, and when that is another by now."""
    if context.again is None:
        return True
    run = context.execution.stage_run(context.stage.name).action(context.action.name)
    return outcome.summary not in ("", run.summary) and now - context.again.told >= TELL_EVERY


class Waits:
    """What it keeps in memory is only a copy of what the outbox has."""

    def __init__(self, store: Store, outbox: Ordered, clock: Clock) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._waiting: dict[str, StartAction] = {}
        self._heard: set[str] = set()

    async def start(self) -> None:
        """Learn what waits from a former life. Before the outbox begins."""
        now, untold = self._clock.now(), []
        for entry in await self._store.pending_effects(math.inf):
            effect = entry.effect
            if not isinstance(effect, StartAction) or effect.again is None:
                continue
            if effect.again.wakes:
                self._waiting[entry.key] = effect
            if effect.again.at > now and await self._is_untold(effect):
                untold.append(self._at_once(effect))
        if not untold:
            return
        try:
            await self._store.enqueue(untold)
        except StoreUnavailable as error:  # a full disk keeps no bot from starting: they go on when their time is up
            log.warning("waits not told", actions=len(untold), error=str(error))

    async def _is_untold(self, effect: StartAction) -> bool:
        """Whether a deployment waits of which nobody knows what for, since an older version left it that did not tell. Gone on with once it tells,
        and can be let go on; until its time is up that may be days.
        """
        found = await self._store.execution(effect.execution)
        if found is None or found[0].status.ended:
            return False
        action = found[1].stage(effect.stage).action(effect.action)
        run = found[0].stage_run(effect.stage).action(effect.action)
        return action.work.kind == "deploy" and run.attempt == effect.attempt and run.waits is None

    async def later(self, effect: StartAction) -> None:
        """Go on with an action at the time that it has named; at once where what wakes it was heard of while it was performed."""
        self._outbox.order(await self._store.enqueue([self._expected(effect)]))

    async def ordered(self, effect: StartAction) -> None:
        """As `later`, of an order that came with a decision."""
        expected = self._expected(effect)
        if expected != effect:
            self._outbox.order(await self._store.enqueue([expected]))

    def _expected(self, effect: StartAction) -> StartAction:
        """At once where what wakes it was heard of already."""
        assert effect.again is not None  # noqa: S101  what goes on later says when
        heard = effect.key in self._heard
        self.over(effect.key)
        if not effect.again.wakes:
            return effect
        self._waiting[effect.key] = effect
        return self._at_once(effect) if heard else effect

    async def tried_again(self, effect: StartAction) -> None:
        """Perform it once more, at the time that its failure names, however soon it is woken."""
        if effect.key in self._waiting:
            self._waiting[effect.key] = effect
        self._outbox.order(await self._store.enqueue([effect]))

    def over(self, key: str) -> None:
        """Nobody waits for the action of that order any more."""
        self._waiting.pop(key, None)
        self._heard.discard(key)

    async def wake(self, what: str) -> None:
        """Something has happened that actions may wait for. Heard of twice it does no harm, nor where they have ended meanwhile."""
        woken = [effect for effect in self._waiting.values() if effect.again is not None and effect.again.wakes == what]
        self._heard.update(effect.key for effect in woken)
        if woken:
            self._outbox.order(await self._store.enqueue([self._at_once(effect) for effect in woken]))

    def _at_once(self, effect: StartAction) -> StartAction:
        assert effect.again is not None  # noqa: S101  it waits
        return replace(effect, again=replace(effect.again, at=min(effect.again.at, self._clock.now())))
