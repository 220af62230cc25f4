"""When a world has settled: nothing moves in it any more but what the story itself holds back.

Reports that are held back for a while are sent as soon as all else is quiet, so that no story waits for them, and so that
how many are sent never depends on the machine.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.core.effects import Report, StartAction, StartRule, job_id
from bot.model.execution import ActionStatus
from bot.ports import OutboxEntry
from bot.runtime.bot import Bot
from bot.runtime.outbox import _Slot
from tests.world.host import WorldHost, WoundClock
from tests.world.patience import PATIENCE
from tests.world.script import Script

LONG = 3600.0


class Quiet:
    def __init__(self, bot: Bot, host: WorldHost, clock: WoundClock, script: Script | None) -> None:
        self._bot = bot
        self._begin = bot.outbox._begin
        bot.outbox._begin = self._in_time  # type: ignore[method-assign]  # see there
        self._host = host
        self._clock = clock
        self._script = script

    async def settled(self) -> None:
        """Raises TimeoutError where something fails again and again: the log says what."""
        async with asyncio.timeout(PATIENCE):
            await self._settled()

    async def progressed(self, execution: str) -> None:
        """What an action that goes on has told of its progress is sent to the host now."""
        progress, key = self._bot.progress, Report(execution).key
        progress._due(execution)
        await asyncio.gather(*progress._asking)
        self._hurry()
        while (slot := self._bot.outbox._slots.get(key)) is not None and slot.task is not None:
            await asyncio.wait([slot.task])

    async def _settled(self) -> None:
        while True:
            await self._host.settled()
            # Handled is enough; that it is written down a moment later concerns nobody in a story.
            while tasks := self._bot.inbox._tasks:
                await asyncio.wait(tasks)
            if await self._effects_done() or self._bot.inbox.depth or not self._host.idle:
                await asyncio.sleep(0)
            elif not self._hurry():
                return

    async def _effects_done(self) -> bool:
        """Wait for one effect that is being performed. False: there is none but held jobs."""
        slots = list(self._bot.outbox._slots.values())
        tasks = [slot.task for slot in slots if slot.task is not None and not self._held(slot.entry)]
        if not tasks:
            return False
        with self._bot.changes.listen() as listener:
            news: list[Coroutine[Any, Any, object]] = [listener.changed()]
            if self._script is not None:
                news.append(self._script.begun())
            heard = [asyncio.create_task(one) for one in news]
            await asyncio.wait([*tasks, *heard], return_when=asyncio.FIRST_COMPLETED)
            for one in heard:
                one.cancel()
            await asyncio.gather(*heard, return_exceptions=True)
        return True

    def _held(self, entry: OutboxEntry) -> bool:
        """Whether it is a job that runs until the story ends it, and has been told as running."""
        effect = entry.effect
        if isinstance(effect, StartRule) and self._script is not None:
            return self._script.holds(effect.job)
        if self._script is None or not isinstance(effect, StartAction):
            return False
        if not self._script.holds(job_id(effect.execution, effect.stage, effect.action, effect.attempt)):
            return False
        execution = self._bot.engine.known(effect.execution)
        if execution is None:
            return False
        run = execution.stage_run(effect.stage).action(effect.action)
        return run.status is ActionStatus.IN_PROGRESS and run.started_at is not None

    def _in_time(self, slot: _Slot) -> None:
        """What is due later by the wound clock waits for that one, however long the machine takes over what comes before."""
        fired = slot.timer is not None and not slot.timer.cancelled()
        if fired and slot.entry.due > self._clock.now():
            loop = asyncio.get_running_loop()
            slot.fires = loop.time() + LONG
            slot.timer = loop.call_at(slot.fires, self._in_time, slot)
        else:
            self._begin(slot)

    def _hurry(self) -> bool:
        """Perform now what is due and only held back. What failed is due later, by the wound clock."""
        outbox = self._bot.outbox
        due = [s for s in outbox._slots.values() if s.timer is not None and s.entry.due <= self._clock.now()]
        for slot in due:
            assert slot.timer is not None
            slot.timer.cancel()
            outbox._begin(slot)
        return bool(due)
