"""Further sources that start their pipelines when they change: told by a push, or looked at again and again (section 7.4).

Each watch is an effect in the outbox, due when the source is to be looked at next, so that it outlives the bot. Which there
are, the home branch says. A pipeline that nobody has run for 30 days is not looked after any more, until it runs again.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.core.effects import WatchSource
from bot.core.sources import revisions
from bot.locks import Locks
from bot.messages.refusals import refusal_sentence
from bot.model.execution import LaneKey, Trigger, TriggerKind
from bot.model.host_event import Pushed
from bot.model.people import Person
from bot.model.pipeline import SourceWork
from bot.model.repository import Ref, RefKind, Repository
from bot.model.source import POLL, GitSource, SourceRevision
from bot.ports import (
    Clock,
    ExecutionFilter,
    FurtherSources,
    OutboxEntry,
    SourceRefused,
    SourceUnavailable,
    Store,
)
from bot.runtime.homes import Home, Homes
from bot.runtime.intake.at_home import AtHome, Occasion
from bot.runtime.outbox import Outbox

log = structlog.get_logger(__name__)

IDLE = 30 * 86_400.0
"""Seconds without an execution after which a source is no longer polled (section 7.4)."""

HEARD = 3600.0
"""Seconds until it is asked again whether deliveries tell of a repository that needs no polling."""


class Watches:
    """What it keeps in memory is only a copy of what the outbox has."""

    def __init__(
        self,
        store: Store,
        further: FurtherSources,
        homes: Homes,
        at_home: AtHome,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._store = store
        self._further = further
        self._homes = homes
        self._at_home = at_home
        self._outbox = outbox
        self._clock = clock
        self._waiting: dict[str, tuple[WatchSource, OutboxEntry]] = {}
        self._turns: Locks[str] = Locks()

    async def start(self) -> None:
        """Learn what is watched from a former life."""
        for entry in await self._store.pending_effects(math.inf):
            if isinstance(entry.effect, WatchSource):
                self._waiting[entry.key] = (entry.effect, entry)

    def watched(self, repository: Repository | None = None, pipeline: str = "") -> list[WatchSource]:
        """Those of a repository, and of one of its pipelines, by name."""
        found = [
            watch
            for watch, _ in self._waiting.values()
            if repository is None or _same(watch.repository, repository)
            if pipeline in ("", watch.pipeline)
        ]
        return sorted(found, key=lambda watch: watch.key)

    async def settle(self, event: Pushed, here: Sequence[Home]) -> None:
        """A home branch was pushed to: watch what its pipelines name, and nothing else. A push switches polling on again."""
        wanted = {watch.key: watch for home in here for watch in _wanted(home, self._clock.now())}
        broken = {home.pipeline.name for home in self._homes.of(event.repository)} - {h.pipeline.name for h in here}
        for key, (watch, entry) in list(self._waiting.items()):
            mine = _same(watch.repository, event.repository) and watch.branch == event.ref.name
            if mine and key not in wanted and watch.pipeline not in broken:
                del self._waiting[key]
                await self._store.settle_effect(key, entry.stamp)
        for key, watch in wanted.items():
            async with self._turns[key]:
                known = self._waiting[key][0] if key in self._waiting else None
                if known is None or (known.source, known.branch) != (watch.source, watch.branch):
                    await self._wait(watch)
                elif known.off_since is not None:
                    await self._wait(replace(known, since=watch.since, off_since=None, at=watch.since, seen=""))

    async def leave(self, repository: Repository) -> None:
        """Watch nothing for the repository any more."""
        for key, (watch, entry) in list(self._waiting.items()):
            if _same(watch.repository, repository):
                del self._waiting[key]
                await self._store.settle_effect(key, entry.stamp)

    async def pushed(self, event: Pushed) -> None:
        """A branch was pushed to, which may be somebody's further source. Raises HostUnavailable."""
        if event.ref.kind is not RefKind.BRANCH or event.after is None:
            return
        for watch, _ in list(self._waiting.values()):
            if _is_source(watch, event):
                await self._heard(watch, event.after, event.by)

    async def wake(self, _effect: WatchSource, key: str) -> bool:
        """The time has come to look. Raises HostUnavailable."""
        async with self._turns[key]:
            if key not in self._waiting:
                return False
            watch = self._waiting[key][0]
            home = self._homes.find(watch.repository, watch.pipeline)
            if home is None or home.branch != watch.branch:  # it is at home elsewhere by now
                del self._waiting[key]
                return False
            watch = await self._on_or_off(watch)
            told = await self._is_told(watch)
            if told or watch.off_since is not None:  # whoever is off is asked for no more than whether it has run since
                await self._wait(replace(watch, at=self._clock.now() + (HEARD if told else _interval(watch))))
                return False
            try:
                newest = await self._newest(watch)
            except (SourceRefused, SourceUnavailable) as error:
                await self._wait(replace(watch, at=self._clock.now() + _interval(watch), problem=str(error)))
                return False
            await self._seen(replace(watch, problem=""), newest.id, newest.short)
        return False

    async def give_up(self, effect: WatchSource, key: str, error: Exception) -> None:
        """This look has failed, again and again: the next one may not."""
        async with self._turns[key]:
            problem = f"it could not be looked at: {type(error).__name__}"
            await self._wait(replace(effect, at=self._clock.now() + _interval(effect), problem=problem))

    async def _heard(self, watch: WatchSource, revision: str, by: Person | None) -> None:
        """Whoever may not read it must not learn that it changes: so it is asked for, as its action will ask."""
        async with self._turns[watch.key]:
            try:
                await self._newest(watch)
            except (SourceRefused, SourceUnavailable) as error:
                log.info("change of a source passed over", source=watch.key, reason=str(error))
                return
            if watch.key in self._waiting:
                short = SourceRevision(revision).short
                who = f", pushed by {by.login}" if by is not None else ""
                await self._seen(self._waiting[watch.key][0], revision, f"{short}{who}", heard=True)

    async def _seen(self, watch: WatchSource, revision: str, words: str, *, heard: bool = False) -> None:
        """First start, then remember: a crash between the two starts the same execution again, which is none."""
        now = self._clock.now()
        after = replace(watch, seen=revision, at=now + _interval(watch))
        is_new = revision != watch.seen and (watch.seen or heard)
        if is_new and (heard or not await self._has_run(watch, revision)):
            await self._start(watch, revision, words)
            after = replace(after, changes=watch.changes + 1)
        await self._wait(after)

    async def _has_run(self, watch: WatchSource, revision: str) -> bool:
        """Whether the newest execution has had it already: started by a push or by hand, say, between two looks."""
        lane = LaneKey(watch.repository, watch.pipeline, Ref(RefKind.BRANCH, watch.branch))
        newest = await self._store.executions(ExecutionFilter.of_lane(lane), 1)
        return any((watch.action, revision) == (name, one.id) for each in newest for name, one in revisions(each))

    async def _start(self, watch: WatchSource, revision: str, words: str) -> None:
        home = self._homes.find(watch.repository, watch.pipeline)
        if home is None:
            return
        trigger = Trigger(TriggerKind.SOURCE, None, f"{watch.action}: {watch.source} is {words}")
        cause = f"{watch.key}:{watch.since:.3f}:{watch.changes}"
        begun = await self._at_home.start(home, Occasion(cause, trigger, source_revisions={watch.action: revision}))
        if begun.refusal is not None:
            log.warning("change of a source started nothing", source=watch.key, reason=refusal_sentence(begun.refusal))

    async def _newest(self, watch: WatchSource) -> SourceRevision:
        intake = await self._store.intake(watch.repository, Ref(RefKind.BRANCH, watch.branch))
        people = (intake.by,) if intake is not None and intake.by is not None else ()
        return await self._further.newest(watch.repository, watch.source, people)

    async def _on_or_off(self, watch: WatchSource) -> WatchSource:
        """Section 7.4: off after 30 days without an execution, on again with the next one."""
        repository = watch.repository
        which = ExecutionFilter(pipeline=watch.pipeline, provider=repository.provider, repository_id=repository.id)
        newest = await self._store.executions(which, 1)
        last = max([watch.since, *(each.started_at for each in newest)])
        now = self._clock.now()
        if watch.off_since is None and now - last > IDLE:
            log.info("polling switched off", source=watch.key)
            return replace(watch, off_since=now)
        if watch.off_since is not None and last > watch.off_since:
            return replace(watch, off_since=None, seen="")  # what came meanwhile, that execution has read
        return watch

    async def _is_told(self, watch: WatchSource) -> bool:
        """Whether deliveries tell of the source, so that nobody need look: unless the file says how often to look all the same."""
        source = watch.source
        if not isinstance(source, GitSource) or source.poll is not None:
            return False
        host, name = source.host or watch.repository.provider, source.repository.casefold()
        known = [watch.repository, *(each for each, _ in await self._store.repositories())]
        return any(each.provider == host and each.full_name.casefold() == name for each in known)

    async def _wait(self, watch: WatchSource) -> None:
        [entry] = await self._store.enqueue([watch])
        self._waiting[watch.key] = (watch, entry)
        self._outbox.order([entry])


def _wanted(home: Home, now: float) -> list[WatchSource]:
    return [
        WatchSource(home.repository, home.branch, home.pipeline.name, action.name, action.work.source, now, since=now)
        for stage in home.pipeline.stages
        for action in stage.actions
        if isinstance(action.work, SourceWork) and action.work.source.detect
    ]


def _is_source(watch: WatchSource, event: Pushed) -> bool:
    """A push to the home branch itself is for the pipeline's own triggers to judge."""
    source = watch.source
    if not isinstance(source, GitSource) or source.branch != event.ref.name:
        return False
    if (source.host or watch.repository.provider) != event.repository.provider:
        return False
    own = _same(watch.repository, event.repository) and watch.branch == event.ref.name
    return source.repository.casefold() == event.repository.full_name.casefold() and not own


def _interval(watch: WatchSource) -> float:
    return watch.source.poll or POLL


def _same(one: Repository, other: Repository) -> bool:
    return (one.provider, one.id) == (other.provider, other.id)
