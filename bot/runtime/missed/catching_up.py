"""Looking, at the start and then again and again, for what each host has now that no delivery has told of.

A host that keeps what it could not deliver is asked to send it again first. A look costs one call of git's own, which no host counts, and one call of the API for the open pull requests. What is found goes to the inbox.
What nobody has looked at because its host did not answer is looked at again soon.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import structlog

from bot.model.delivery import Delivery
from bot.model.repository import Ref, Repository
from bot.ports import Clock, HostDown, HostedSources, HostUnavailable, Provider, ProviderError, Store, StoreUnavailable
from bot.runtime.missed import differences, found
from bot.runtime.missed.asking_again import AskingAgain
from bot.runtime.missed.differences import Difference, Known
from bot.runtime.missed.overtaken import Overtaken

log = structlog.get_logger(__name__)

SOON = 60.0
"""Seconds until a round that could not look at everything is followed by the next; and until a new repository is looked at first."""

JITTER = 0.1
"""By which part of itself the time between two rounds differs, so that many bots do not ask a host at once."""

Accept = Callable[[Delivery], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and what is to be remembered of the refs that nobody has heard of."""

    repository: Repository
    news: Sequence[Difference]
    seen: Mapping[Ref, str] | None


class CatchingUp:
    """Runs beside the loops. `every`: seconds between two rounds; 0 for none at all. `accept` is the inbox's, `url` the bot's."""

    def __init__(
        self,
        store: Store,
        sources: HostedSources,
        providers: Mapping[str, Provider],
        accept: Accept,
        overtaken: Overtaken,
        clock: Clock,
        every: float,
        url: str,
    ) -> None:
        self._store = store
        self._sources = sources
        self._providers = providers
        self._accept = accept
        self._again = AskingAgain(store, overtaken)
        self._clock = clock
        self._every = every
        self._url = url
        self._looked_at: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._every:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def once(self) -> bool:
        """Look at every repository that has been heard of and has not left, those of one host one after the other. False: not all could be looked at."""
        known = sorted(await self._store.connected_repositories(), key=lambda each: each[0].provider)
        hosts = {name: list(group) for name, group in groupby(known, key=lambda each: each[0].provider)}
        return all(await asyncio.gather(*(self._host(name, hosts.get(name, ())) for name in self._providers)))

    async def newcomers(self) -> bool:
        """Take note of what those have that were heard of only since: from then on it is known what is new there."""
        known = await self._store.connected_repositories()
        new = [each for each in known if (each[0].provider, each[0].id) not in self._looked_at]
        return await self._look_at([each for each in new if each[0].provider in self._providers])

    async def find(self, repository: Repository, default_branch: str) -> Look:
        """Look. What is known is read before the host is asked: so what is told meanwhile is newer than what is found."""
        heard, seen = await self._store.heard(repository), await self._store.seen_refs(repository)
        known = Known(repository, default_branch, heard, seen)
        provider = self._providers[repository.provider]
        # First, since of a host that is down it asks nothing.
        pull_requests = await provider.open_pull_requests(repository)
        refs = await self._sources.refs(repository)
        if not refs:
            return Look(repository, (), seen)  # it has lost all, or hides it: nothing can be said
        ended = [await provider.pull_request(repository, n) for n in differences.not_listed(known, pull_requests)]
        news = (
            *differences.moved(known, refs),
            *differences.changed(known, pull_requests),
            *(differences.closed(known, each) for each in ended if each is not None and not each.open),
        )
        return Look(repository, news, differences.to_be_seen(known, refs, pull_requests))

    async def keep(self, look: Look) -> None:
        """What is found first: were only what has been seen kept when the bot is killed, nobody would find it again."""
        now = self._clock.now()
        new = sum(await asyncio.gather(*(self._accept(found.delivery(each, now)) for each in look.news)))
        if new:
            log.info("found what no delivery told of", repository=look.repository.full_name, events=new)
        if look.seen is not None and look.seen != await self._store.seen_refs(look.repository):
            await self._store.keep_seen_refs(look.repository, look.seen)

    async def _host(self, name: str, repositories: Sequence[tuple[Repository, str]]) -> bool:
        try:
            if (redeliveries := self._providers[name].redeliveries) is not None:
                known = [repository for repository, _ in repositories]
                await self._again.once(redeliveries, known, f"{self._url}/webhooks/{name}")
        except HostUnavailable as error:
            log.warning("failed deliveries not asked for", host=name, reason=str(error))
            return False
        except ProviderError as error:
            log.info("failed deliveries not asked for", host=name, reason=str(error))
        return await self._look_at(repositories)

    async def _look_at(self, repositories: Sequence[tuple[Repository, str]]) -> bool:
        """One that can't be looked at keeps nobody from looking at the others, unless its host is down."""
        done = True
        for repository, default_branch in repositories:
            try:
                await self.keep(await self.find(repository, default_branch))
            except (HostUnavailable, StoreUnavailable) as error:
                log.warning("not looked for what was missed", repository=repository.full_name, reason=str(error))
                done = False
                if isinstance(error, HostDown):
                    break
                continue
            except ProviderError as error:
                log.info("not looked for what was missed", repository=repository.full_name, reason=str(error))
            except Exception:
                log.exception("looking for what was missed failed", repository=repository.full_name)
            self._looked_at.add((repository.provider, repository.id))
        return done

    async def _run(self) -> None:
        while True:
            done = await self._without_end(self.once)
            wait = self._every if done else min(SOON, self._every)
            wait *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  jitter is no secret
            while wait > SOON:
                await asyncio.sleep(SOON)
                wait -= SOON
                await self._without_end(self.newcomers)
            await asyncio.sleep(wait)

    async def _without_end(self, look: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await look()
        except StoreUnavailable as error:
            log.warning("not looked for what was missed", reason=str(error))
            return False
        except Exception:
            log.exception("looking for what was missed failed")
            return True
