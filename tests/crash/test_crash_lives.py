"""The bot is killed at each of its writes in turn, before or after it is durable, and every story must come to the same end.

The same when the store fails for a while and nobody is killed.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.runtime import inbox, outbox, settlements
from providers.local.host.host import Host
from tests.crash.cases import CASES, Case, at_once, held
from tests.crash.conftest import Data, forget_the_bot
from tests.crash.lives import End, Story
from tests.crash.mortal import Life, Trouble
from tests.crash.recorded import Recording
from tests.world.patience import PATIENCE

FAILING_CALLS = 3


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment of waiting in each of hundreds of lives adds up."""
    monkeypatch.setattr(settlements, "GATHER", 0.0)
    monkeypatch.setattr(outbox, "FIRST_RETRY", 0.002)


class Telling:
    """Tells a case again and again, with one life after another to begin with."""

    def __init__(self, case: Case, recording: Recording, host: Host, data: Data, folder: Path) -> None:
        self._case = case
        self._recording = recording
        self._host = host
        self._data = data
        self._folder = folder
        self._times = 0

    async def told(self, life: Life, what: str) -> tuple[End, Story]:
        await forget_the_bot(self._host)
        self._times += 1
        folder = self._folder / str(self._times)
        folder.mkdir()
        case, kept = self._case, self._data.new(folder)
        sent = self._recording.sent[case.repository]
        async with Story(kept, self._host, folder, case.repository, sent, life, case.script) as story:
            try:
                async with asyncio.timeout(PATIENCE):
                    await case.deeds(story)
            except TimeoutError:
                pytest.fail(f"{what}, it came to no end: {await story.standing()}")
            return await story.end(), story

    async def disturbed(self, life: Callable[[int], Life], what: str, step: int) -> int:
        """With a life that is disturbed at every so many writes, until one is told undisturbed: how many writes that were."""
        expected, _ = await self.told(Life(0, durable=False), "undisturbed")
        write = 1
        while True:
            first = life(write)
            end, _ = await self.told(first, f"{what} at write {write}")
            assert end == expected, f"{what} at write {write}"
            if first.writes < write:
                return write
            write += step


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


@pytest.fixture
def telling(case: Case, recording: Recording, host: Host, data: Data, tmp_path: Path) -> Telling:
    return Telling(case, recording, host, data, tmp_path)


async def test_killed_at_any_write_a_story_comes_to_the_same_end(telling: Telling, case: Case, data: Data) -> None:
    writes = await telling.disturbed(lambda write: Life(write, durable=write % 2 == 0), "killed", data.step)
    assert writes >= case.least


async def test_with_a_store_that_fails_for_a_while_a_story_comes_to_the_same_end(
    telling: Telling, case: Case, data: Data
) -> None:
    """Now nothing was written, now it was written all the same."""

    def trouble(write: int) -> Trouble:
        return Trouble(write, FAILING_CALLS, durable=write % 2 == 0)

    assert await telling.disturbed(trouble, "failing", (FAILING_CALLS + 2) * data.step) >= case.least


async def test_a_store_that_fails_for_long_is_waited_for(
    telling: Telling, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So long that whatever fails for another reason would have been given up."""
    monkeypatch.setattr(outbox, "LONGEST_STORE_RETRY", 0.002)
    monkeypatch.setattr(outbox, "GIVE_UP_AFTER", 5)
    monkeypatch.setattr(inbox, "GIVE_UP_AFTER", 5)
    expected, _ = await telling.told(Life(0, durable=False), "undisturbed")
    long = Trouble(case.least // 2, 150, durable=False)
    end, _ = await telling.told(long, "failing for long")
    assert end == expected
    assert long.recovered


async def test_a_command_that_was_refused_is_not_obeyed_when_it_is_read_again(
    recording: Recording, host: Host, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits when it comes; then something does, and the bot dies before it has noted that the comment is done with."""
    monkeypatch.setattr(settlements, "GATHER", 60.0)
    life = Life(0, durable=False)
    sent = recording.sent["acme/asked"]
    await forget_the_bot(host)
    async with Story(data.new(tmp_path), host, tmp_path, "acme/asked", sent, life) as story:
        for label in ("approve", "opened"):
            await story.deliver(label)
            await asyncio.gather(*story.bot.inbox._tasks)
            await story.bot.outbox.settled()
        life.over.set()
        monkeypatch.setattr(settlements, "GATHER", 0.0)
        await story.settled()
        end = await story.end()
    assert end.executions == ["InProgress (pull_request with nothing more): production InProgress (go-live InProgress)"]
    assert end.reactions["/approve production"] == ("confused",)


async def test_what_is_abandoned_while_its_work_tree_is_made_never_begins(
    recording: Recording, host: Host, data: Data, tmp_path: Path
) -> None:
    sent = recording.sent["acme/retried"]
    life = Life(0, durable=False)
    async with Story(data.new(tmp_path), host, tmp_path, "acme/retried", sent, life, held) as story:
        story.check_out.clear()
        await story.deliver("opened")
        await story.checking_out.wait()
        await story.deliver("stop")
        async with asyncio.timeout(PATIENCE):
            await story.settled()
        story.check_out.set()
        assert story.begun == {}
        assert (
            (await story.end())
            .executions[0]
            .startswith("Stopped (pull_request with nothing more): build Stopped (unit Abandoned)")
        )


async def test_an_action_that_ended_but_could_not_be_told_is_not_run_again_in_the_next_life(
    recording: Recording, host: Host, data: Data, tmp_path: Path
) -> None:
    sent = recording.sent["acme/plain"]
    life = Trouble(1_000_000, 1_000_000, durable=False)
    async with Story(data.new(tmp_path), host, tmp_path, "acme/plain", sent, life, held) as story:
        await story.deliver("opened")
        await story.began("build/unit")
        await story.heard()
        life.begin()
        await story.finish("build/unit")
        async with asyncio.timeout(PATIENCE):
            await life.failed.wait()
        story.script = at_once
        life.over.set()
        await story.settled()
        assert (await story.end()).executions[0].startswith("Succeeded")
