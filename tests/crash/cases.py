"""What happens in the stories of this folder: what people do, and how jobs end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.ports import Job
from tests.crash.lives import Story

Script = Callable[[Job], int | None]


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
    for label in ("2", "3"):
        await story.deliver(label)
        await story.heard()
    for name in ("build/unit", "build/unit", "production/roll-out", "production/roll-out"):
        await story.finish(name)
    await story.settled()


async def chained(story: Story) -> None:
    """Only the last push is still the branch's newest commit, whose schedules count."""
    await story.deliver("1")
    await story.settled()
    await story.deliver("3")
    await story.settled()


def second_fails(job: Job) -> int | None:
    return int("roll-out" in job.id and job.env["PENSTOCK_REF_source_CommitMessage"].startswith("Change 2"))


async def rolled_back(story: Story) -> None:
    """The second push fails, and the first is brought back; a rule is evaluated before each but the rollback."""
    for label in ("1", "2"):
        await story.deliver(label)
        await story.settled()


async def sourced(story: Story) -> None:
    for label in ("main", "next"):
        await story.deliver(label)
        await story.settled()


@dataclass(frozen=True)
class Case:
    repository: str
    deeds: Callable[[Story], Awaitable[None]]
    script: Script
    least: int
    """Writes that there are at least: a case that is disturbed too seldom proves nothing."""


CASES = {
    "push, approval, deployment": Case("acme/three", approved, at_once, 25),
    "failure and automatic retry": Case("acme/retried", just_opened, first_fails, 15),
    "killed while jobs run, and retried": Case("acme/retried", finished_by_hand, held, 12),
    "stopped by a comment, and retried by one": Case("acme/retried", abandoned_and_retried, held, 20),
    "refusals, questions, a rerun, several commands": Case("acme/asked", commanded, at_once, 30),
    "one pipeline after another, and a schedule kept": Case("acme/chain", chained, at_once, 15),
    "guarded, failed, and rolled back": Case("acme/guarded", rolled_back, second_fails, 20),
    "a further source that changes": Case("acme/sourced", sourced, at_once, 20),
    "superseded": Case("acme/lane", superseded, held, 25),
}
