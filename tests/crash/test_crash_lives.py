"""The bot is killed at each of its writes in turn, before and after it is durable, and every story must come to the same end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.ports import Job
from bot.runtime import settlements
from providers.local.host.host import Host
from tests.crash.conftest import NewData, forget_the_bot
from tests.crash.lives import End, Story
from tests.crash.recorded import Recording

LIMIT = 10.0

Deeds = Callable[[Story], Awaitable[None]]


def at_once(_job: Job) -> int | None:
    return 0


def held(_job: Job) -> int | None:
    return None


def first_fails(job: Job) -> int | None:
    return 1 if job.id.endswith("/unit/1") else 0


async def approved(story: Story) -> None:
    await story.deliver("push")
    await story.deliver("opened")
    await story.settled()
    await story.deliver("approve")
    await story.settled()


async def just_opened(story: Story) -> None:
    await story.deliver("opened")
    await story.settled()


async def finished_by_hand(story: Story) -> None:
    await story.deliver("opened")
    await story.finish("build/unit")
    await story.finish("production/roll-out")
    await story.settled()


async def abandoned_and_retried(story: Story) -> None:
    await story.deliver("opened")
    await story.began("build/unit")
    await story.deliver("stop")
    await story.settled()
    await story.deliver("retry")
    await story.finish("build/unit")
    await story.finish("production/roll-out")
    await story.settled()


async def commanded(story: Story) -> None:
    await story.deliver("opened")
    await story.settled()
    for label in ("nowhere", "status", "nothing", "reject", "rerun", "twice"):
        await story.deliver(label)
        await story.settled()


async def superseded(story: Story) -> None:
    await story.deliver("1")
    await story.began("build/unit")
    await story.deliver("2")
    await story.heard()
    await story.deliver("3")
    await story.heard()
    await story.finish("build/unit")
    await story.finish("build/unit")
    await story.finish("production/roll-out")
    await story.finish("production/roll-out")
    await story.settled()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outcomes of deliveries are written at once: a moment for each of hundreds of lives adds up."""
    monkeypatch.setattr(settlements, "GATHER", 0.0)


@dataclass(frozen=True)
class Case:
    repository: str
    deeds: Deeds
    script: Callable[[Job], int | None]
    least: int
    """Writes that there are at least: a case that dies too seldom proves nothing."""


CASES = {
    "push, approval, deployment": Case("acme/three", approved, at_once, 25),
    "failure and automatic retry": Case("acme/retried", just_opened, first_fails, 15),
    "killed while jobs run, and retried": Case("acme/retried", finished_by_hand, held, 12),
    "stopped by a comment, and retried by one": Case("acme/retried", abandoned_and_retried, held, 20),
    "refusals, questions, a rerun, several commands": Case("acme/asked", commanded, at_once, 30),
    "superseded": Case("acme/lane", superseded, held, 25),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_killed_at_any_write_a_story_comes_to_the_same_end(
    case: Case, recording: Recording, host: Host, new_data: NewData, tmp_path: Path
) -> None:
    async def told(fatal: int, *, durable: bool) -> tuple[End, int]:
        await forget_the_bot(host)
        folder = tmp_path / f"{fatal}-{durable}"
        folder.mkdir()
        sent = recording.sent[case.repository]
        async with Story(new_data(folder), host, folder, case.repository, sent, fatal, durable, case.script) as story:
            try:
                async with asyncio.timeout(LIMIT):
                    await case.deeds(story)
            except TimeoutError:
                pytest.fail(f"killed at write {fatal}, it came to no end: {await story.standing()}")
            return await story.end(), story.deaths

    expected, _ = await told(0, durable=False)
    deaths, fatal, died = 0, 0, 1
    while died:
        fatal += 1
        end, died = await told(fatal, durable=fatal % 2 == 0)
        assert end == expected, f"killed at write {fatal}"
        deaths += died
    print("DEATHS", deaths)
    assert deaths >= case.least
