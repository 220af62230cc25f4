"""A run of this process that is stopped: what it began is brought to its end first, unless whoever stops it will not wait."""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from bot.clock import SystemClock
from bot.logs.files import LogFiles
from bot.model.continuation import Continuation
from bot.model.execution import ActionStatus, Execution, LaneKey
from bot.model.people import Person
from bot.model.pipeline import Action, Pipeline, Run, Stage
from bot.model.repository import Ref, RefKind, Repository
from bot.model.revision import Revision
from bot.ports import ActionContext, ActionOutcome, LogChunk
from bot.runtime.local_run import LocalRun
from bot.stores.memory import MemoryStore
from tests.world.patience import PATIENCE


class Waiting:
    """An action that waits without end, and has something to give back when it is stopped."""

    def __init__(self) -> None:
        self.begun, self.may_give_back = asyncio.Event(), asyncio.Event()
        self.given_back = False

    async def perform(self, context: ActionContext) -> ActionOutcome:
        self.begun.set()
        now = SystemClock().now()
        return ActionOutcome(ActionStatus.IN_PROGRESS, now, again=Continuation(now + 3600, now, now, 1, ""))

    async def abandon(self, job: str) -> None:
        await self.may_give_back.wait()
        self.given_back = True

    async def forget(self, job: str) -> None: ...

    async def sweep(self, keep: Collection[str]) -> None: ...


class Seen:
    def __init__(self) -> None:
        self.clears_up = asyncio.Event()

    def changed(self, execution: Execution) -> None: ...

    async def follow(self, where: str, chunks: AsyncIterator[LogChunk]) -> None:
        async for _ in chunks:
            pass

    async def ask(self, where: str, message: str, verb: str = "approve") -> tuple[bool, str] | None: ...

    def deploying(self, stage: str, words: str) -> None: ...

    def clearing_up(self) -> None:
        self.clears_up.set()


async def test_what_was_begun_is_given_back_before_a_stopped_run_ends(tmp_path: Path) -> None:
    for waits in (True, False):
        action, view = Waiting(), Seen()
        clock, person = SystemClock(), Person("ada")
        local = LocalRun(MemoryStore(), {"run": action}, {}, LogFiles(tmp_path), clock, asyncio.Semaphore(1), person)
        ref = Ref(RefKind.BRANCH, "main")
        lane = LaneKey(Repository("working-tree", "/", "web"), "web", ref)
        pipeline = Pipeline("web", (Stage("prod", (Action("go", Run(("true",))),)),), digest="d")
        running = asyncio.create_task(local.run(pipeline, lane, Revision("", ref), {}, view, approve=False))
        async with asyncio.timeout(PATIENCE):
            await action.begun.wait()
            local.stop()
            await view.clears_up.wait()
            assert not running.done()
            if waits:
                action.may_give_back.set()
            else:
                local.stop()
            ended = await running
        assert (ended.status, action.given_back) == ("Stopped", waits)
        await local.close()
