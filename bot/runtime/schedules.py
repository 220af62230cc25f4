"""Schedules: each is an effect in the outbox, due when its time comes next, so that it outlives the bot and comes once.

Which schedules there are, the default branch's newest commit says: it is looked at whenever that branch is pushed to, and
again whenever a time has come. However many times were missed, one execution makes up for them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim

from bot.core.effects import StartScheduled
from bot.definition import Definitions
from bot.model.execution import Trigger, TriggerKind
from bot.model.pipeline import Pipeline
from bot.model.repository import Repository
from bot.model.triggers import ScheduleTrigger
from bot.ports import Clock, CommitUnavailable, HostRefused, OutboxEntry, Provider, Sources, Store
from bot.runtime.intake.definitions import DefinitionReader
from bot.runtime.intake.revisions import at_head
from bot.runtime.intake.starter import Start, Starter
from bot.runtime.outbox import Outbox

log = structlog.get_logger(__name__)


class Schedules:
    """What it keeps in memory is only a copy of what the outbox has."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        definitions: DefinitionReader,
        providers: Mapping[str, Provider],
        starter: Starter,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sources = sources
        self._definitions = definitions
        self._providers = providers
        self._starter = starter
        self._outbox = outbox
        self._clock = clock
        self._waiting: dict[str, OutboxEntry] = {}

    async def start(self) -> None:
        """Learn what waits from a former life."""
        for entry in await self._store.pending_effects(math.inf):
            if isinstance(entry.effect, StartScheduled):
                self._waiting[entry.key] = entry

    def upcoming(self) -> Sequence[StartScheduled]:
        """The next time of each schedule, the soonest first."""
        waiting = [entry.effect for entry in self._waiting.values() if isinstance(entry.effect, StartScheduled)]
        return sorted(waiting, key=lambda effect: effect.at)

    async def pushed(self, repository: Repository, branch: str, commit: str, definitions: Definitions) -> None:
        """The default branch was pushed to. What is no longer its newest commit says nothing any more."""
        if not self._of(repository) and not any(each.triggers.schedule for each in definitions.pipelines):
            return
        try:
            head = await self._providers[repository.provider].head(repository, branch)
        except HostRefused as error:
            log.warning("head look-up refused", repository=repository.full_name, error=str(error))
            head = commit
        if head == commit:
            await self._keep(repository, definitions)

    async def leave(self, repository: Repository) -> None:
        """Wait for nothing there any more."""
        await self._keep(repository, Definitions())

    async def wake(self, effect: StartScheduled, key: str) -> bool:
        """The time has come: start what the newest commit still has under this schedule, and wait for the next time."""
        effect = replace(effect, repository=await self._as_now_named(effect.repository))
        repository = effect.repository
        branch = await self._store.default_branch(repository)
        try:
            head = await self._providers[repository.provider].head(repository, branch)
            definitions = await self._definitions.at(repository, head) if head else Definitions()
        except (HostRefused, CommitUnavailable) as error:
            log.warning("schedule passed over", schedule=key, error=str(error))
            await self._wait([effect])
            return False
        pipeline = next((p for p in definitions.pipelines if p.name == effect.pipeline), None)
        if head and pipeline is not None and effect.schedule in pipeline.triggers.schedule:
            await self._start(effect, pipeline, definitions, branch, head)
        self._waiting.pop(key, None)
        if effect.pipeline in _broken(definitions):
            await self._wait([effect])
        await self._keep(repository, definitions)
        return False

    async def _as_now_named(self, repository: Repository) -> Repository:
        """A schedule may wait for months, and its repository be renamed meanwhile."""
        known = (each for each, _ in await self._store.repositories())
        return next((each for each in known if _same(each, repository)), repository)

    async def give_up(self, effect: StartScheduled, key: str, _error: Exception) -> None:
        """This time could not be started, again and again: the next one may be."""
        self._waiting.pop(key, None)
        await self._wait([effect])

    async def _start(
        self, effect: StartScheduled, pipeline: Pipeline, definitions: Definitions, branch: str, head: str
    ) -> None:
        repository = effect.repository
        revision = await at_head(self._store, self._sources, repository, branch, head)
        trigger = Trigger(TriggerKind.SCHEDULE, None, str(effect.schedule))
        # The time is part of the cause: performed again after a crash, it names the same execution.
        cause = f"{effect.key}:{effect.at:.0f}"
        await self._starter.start(Start(cause, repository, pipeline, revision, trigger, definitions.pipelines))

    async def _keep(self, repository: Repository, definitions: Definitions) -> None:
        """Wait for the schedules that there are, and for no others. What a broken file had is kept until it is mended."""
        broken = _broken(definitions)
        wanted = {
            effect.key: effect
            for pipeline in definitions.pipelines
            for effect in (StartScheduled(repository, pipeline.name, each, 0.0) for each in pipeline.triggers.schedule)
        }
        for key, entry in self._of(repository).items():
            if key not in wanted and isinstance(entry.effect, StartScheduled) and entry.effect.pipeline not in broken:
                del self._waiting[key]
                await self._store.settle_effect(key, entry.stamp)
        await self._wait([effect for key, effect in wanted.items() if key not in self._waiting])

    async def _wait(self, effects: Sequence[StartScheduled]) -> None:
        times = [(effect, next_time(effect.schedule, self._clock.now())) for effect in effects]
        entries = await self._store.enqueue([replace(effect, at=at) for effect, at in times if at is not None])
        self._waiting |= {entry.key: entry for entry in entries}
        self._outbox.order(entries)

    def _of(self, repository: Repository) -> dict[str, OutboxEntry]:
        return {
            key: entry
            for key, entry in self._waiting.items()
            if isinstance(entry.effect, StartScheduled) and _same(entry.effect.repository, repository)
        }


def _broken(definitions: Definitions) -> set[str]:
    return {name for names in definitions.broken.values() for name in names}


def _same(one: Repository, other: Repository) -> bool:
    return (one.provider, one.id) == (other.provider, other.id)


def next_time(schedule: ScheduleTrigger, after: float) -> float | None:
    """Seconds since the epoch of the first time later than `after`, by the clocks of the schedule's time zone; None: never again."""
    begin = datetime.fromtimestamp(after, ZoneInfo(schedule.timezone))
    found = next(CronSim(schedule.cron, begin), None)
    return None if found is None else found.timestamp()
