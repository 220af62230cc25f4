"""A bot that dies once and is started again on the same data, while people go on as if nothing had been."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, TypeVar

from bot.actions.run import RunAction
from bot.actions.source.access import ReadAccess
from bot.actions.source.folder import FolderSource
from bot.actions.source.git import GitKind
from bot.actions.source.newest import Newest
from bot.core.effects import RemindAt, StartScheduled, WakeAt, WatchSource
from bot.logs.files import LogFiles
from bot.model.delivery import Delivery
from bot.model.execution import Execution
from bot.model.host_event import Thread, ThreadKind
from bot.model.repository import Repository
from bot.ports import ExecutionFilter, Job, Store, StoreUnavailable
from bot.rules.run import RunRule
from bot.rules.window import WindowRule
from bot.runtime.bot import Bot
from bot.runtime.metrics import Metrics
from bot.runtime.parts import Parts
from bot.security.seal import Keyring
from bot.sources.sources import MirrorSources
from providers.local.host.host import Host
from providers.local.provider import LocalProvider
from tests.crash.mortal import Life, mortal_provider, mortal_store
from tests.crash.recorded import Sent
from tests.world.artifact_stores import regional_stores
from tests.world.executor import ScriptedExecutor
from tests.world.local_host import SECRET, WallClock

T = TypeVar("T")
PULL_REQUEST = Thread(ThreadKind.PULL_REQUEST, "1")


class Kept(Protocol):
    """Data that outlives a bot."""

    async def open(self) -> Store: ...

    async def shut(self, store: Store) -> None: ...


class Bare(MirrorSources):
    """Real mirrors; the work trees are empty, since nothing runs in them. They can be held back."""

    open: asyncio.Event
    wanted: asyncio.Event

    async def check_out(
        self, repository: Repository, commit: str, checkout: object, into: Path, people: object = ()
    ) -> None:
        self.wanted.set()
        await self.open.wait()
        await asyncio.to_thread(into.mkdir, parents=True)


@dataclass
class End:
    """Where everything stands when nothing is left to do, in words that do not depend on how often somebody died."""

    executions: list[str]
    statuses: Mapping[str, str]
    comments: list[str]
    reactions: Mapping[str, tuple[str, ...]]


@dataclass
class Story:
    """The data, the host, and what people have sent to it. `script` says how jobs end: None for those that are held."""

    kept: Kept
    host: Host
    folder: Path
    full_name: str
    sent: Mapping[str, Sent]
    first_life: Life
    script: Callable[[Job], int | None] = lambda _job: 0
    clock: WallClock = field(default_factory=WallClock)
    begun: Counter[str] = field(default_factory=Counter)
    deaths: int = 0

    async def __aenter__(self) -> Self:
        self.executor = ScriptedExecutor(self.clock, self._answer)
        self._provider = LocalProvider(self.host, self.clock, (SECRET,))
        self._logs = LogFiles(self.folder / "logs")
        self.check_out, self.checking_out = asyncio.Event(), asyncio.Event()
        self.check_out.set()
        await self._live(self.first_life)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end_life()
        await self.executor.close()

    # --- what people do ---

    async def deliver(self, label: str) -> None:
        """The host delivers, again and again until it is told that the delivery is kept."""
        delivery = self._delivery(label)
        while True:
            with suppress(StoreUnavailable):
                await self._survive(lambda: self.bot.inbox.accept(delivery))
                return

    async def settled(self) -> None:
        await self._survive(lambda: self.bot.settled())  # noqa: PLW0108  each life has a bot of its own

    async def heard(self) -> None:
        """Everything that was delivered has been handled; jobs may be running."""
        await self._survive(lambda: self.bot.inbox.settled())  # noqa: PLW0108  as above

    async def finish(self, name: str, status: int = 0) -> None:
        """End the held job of that name (`build/unit`), once it has begun; whichever attempt it is."""

        # Nothing comes in between: a job that is found running is ended in the same life.
        self.executor.end(await self._survive(lambda: self._running(name)), status)

    async def began(self, name: str) -> None:
        await self._survive(lambda: self._running(name))

    # --- what there is to see ---

    async def end(self) -> End:
        """Everything in words, after it was checked that nothing is left undone, or was done twice."""
        assert await self._store.pending_deliveries() == []
        pending = [entry.effect for entry in await self._store.pending_effects(float("inf"))]
        waiting = WakeAt | RemindAt | StartScheduled | WatchSource
        undone = [effect for effect in pending if not isinstance(effect, waiting)]
        assert not undone, f"left undone: {undone}"
        scheduled = sum(isinstance(effect, StartScheduled) for effect in pending)
        assert scheduled == (1 if self.full_name == "acme/chain" else 0)
        watched = sum(isinstance(effect, WatchSource) for effect in pending)
        assert watched == (1 if self.full_name == "acme/sourced" else 0)
        assert self.executor.running == []
        assert set(self.begun.values()) <= {1}, "a job was begun twice"
        found = (await self._store.executions(ExecutionFilter(repository=self.full_name), 100))[::-1]
        comments = await self.host.comments(self.full_name, PULL_REQUEST) if "opened" in self.sent else []
        commits = dict.fromkeys(execution.revision.commit for execution in found)
        statuses = [await self.host.statuses(self.full_name, commit) for commit in commits]
        return End(
            [_told(execution) for execution in found],
            {
                f"{number} {context}": f"{status.state}: {_normal(status.description)}"
                for number, one in enumerate(statuses)
                for context, status in one.items()
            },
            [_normal(comment.body) for comment in comments if comment.author.bot],
            {comment.body: tuple(sorted(comment.reactions)) for comment in comments if not comment.author.bot},
        )

    async def standing(self) -> str:
        """Where it stands, for whoever has to find out why it goes no further."""
        found = await self._store.executions(ExecutionFilter(repository=self.full_name), 100)
        effects = [entry.key for entry in await self._store.pending_effects(float("inf"))]
        deliveries = [delivery.key for delivery in await self._store.pending_deliveries()]
        return (
            f"{self.deaths} deaths, {[_told(execution) for execution in found]}, "
            f"running {self.executor.running}, ordered {effects}, to be handled {deliveries}"
        )

    # --- living and dying ---

    def _own(self) -> Path:
        """The folder that stands for what a source action brings."""
        folder = self.folder / "own"
        folder.mkdir(exist_ok=True)
        (folder / "change.txt").write_text("change")
        return folder

    async def _live(self, life: Life) -> None:
        self._others = asyncio.all_tasks()
        self._life = life
        self._store = await self.kept.open()
        provider = mortal_provider(self._provider, life)
        self._sources = Bare(self.folder / "mirrors", self._provider.remote)
        self._sources.open, self._sources.wanted = self.check_out, self.checking_out
        artifacts = regional_stores(self.folder)
        self._run = RunAction(
            self.executor,
            self._sources,
            Keyring(bytes(32)),
            artifacts,
            self.clock,
            self.folder / "work",
            60.0,
            lambda _: "",
            lambda _: "",
        )
        self.bot = Bot(
            Parts(
                store=mortal_store(self._store, life),
                sources=self._sources,
                providers={"local": provider},
                action_types={"run": self._run, "source": FolderSource({"own": self._own()}, artifacts, self.clock)},
                rule_types={"run": RunRule(self._run), "window": WindowRule()},
                logs=self._logs,
                clock=self.clock,
                url="http://penstock.test",
                places=asyncio.Semaphore(10),
                metrics=Metrics(),
                secrets=Keyring(bytes(32)),
                artifacts=artifacts,
                further=Newest(GitKind({"local": provider}, self._sources, ReadAccess({"local": provider}, ())), {}),
                tell_after=0.0,
                settle=0.0,
            )
        )
        self._started = asyncio.create_task(self.bot.start())

    async def _survive(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it; when the bot dies meanwhile, start another one and do it again."""
        while True:
            doing = asyncio.create_task(self._when_up(work))
            over = asyncio.create_task(self._life.over.wait())
            await asyncio.wait([doing, over], return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            if doing.done() and not self._life.over.is_set():
                return doing.result()
            doing.cancel()
            await asyncio.gather(doing, over, return_exceptions=True)
            self.deaths += 1
            await self._end_life()
            await self._live(Life(0, durable=False))

    async def _when_up(self, work: Callable[[], Awaitable[T]]) -> T:
        await self._started
        return await work()

    async def _end_life(self) -> None:
        """Nothing of it goes on: all its tasks are ended, and jobs that ran have only begun."""
        self._life.over.set()
        self.executor.die()
        born = asyncio.all_tasks() - self._others - {asyncio.current_task()}
        for task in born:
            task.cancel()
        await asyncio.gather(*born, return_exceptions=True)
        with suppress(asyncio.CancelledError):
            await self.bot.close()
        await self._run.close()
        await self._sources.close()
        await self.kept.shut(self._store)

    async def _running(self, name: str) -> str:
        while True:
            found = [job for job in self.executor.running if f"/{name}/" in job]
            if found:
                return found[0]
            self.executor._changed.clear()
            await self.executor._changed.wait()

    def _answer(self, job: Job) -> int | None:
        self.begun[job.id] += 1
        return self.script(job)

    def _delivery(self, label: str) -> Delivery:
        headers, body = self.sent[label]
        self._provider.verify(headers, body)
        return self._provider.delivery(headers, body, self.clock.now())


def _told(execution: Execution) -> str:
    stages = [
        f"{stage.name} {stage.status} ({', '.join(f'{action.name} {action.status}' for action in stage.actions)})"
        for stage in execution.stages
    ]
    started = f"{execution.trigger.kind} with {', '.join(execution.source_revisions) or 'nothing more'}"
    return f"{execution.status} ({started}): {'; '.join(stages)}"


def _normal(text: str) -> str:
    """Without what may differ: numbers that were given and lost, attempts that were cut short, ids."""
    text = re.sub(r"http://penstock\.test/executions/[0-9a-f-]+", "<page>", text)
    text = re.sub(r" \(\d+ attempts\)", "", text)
    text = re.sub(r"execution \d+", "execution <n>", text)
    return re.sub(r"<!-- penstock:answer:\d+ -->", "<!-- answer -->", text)
