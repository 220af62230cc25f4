"""`providers.base.breaker`: when a host is left alone, who tries whether it is back, and who stands behind whom."""

import asyncio

import pytest

from bot.ports import HostDown, HostRefused, HostUnavailable
from providers.base.breaker import FAILURES, LONGEST_WAIT, Breaker
from providers.base.health import Health
from providers.base.limits import RateLimited


class Host:
    """What a call meets: `error`, or an answer. `made` counts the calls that got through."""

    def __init__(self) -> None:
        self.at = 0.0
        self.made = 0
        self.error: Exception | None = HostUnavailable("It answered 502")
        self.breaker = Breaker("The host", lambda: self.at)

    async def call(self) -> None:
        async with self.breaker.passage():
            self.made += 1
            if self.error:
                raise self.error

    async def fails(self) -> float:
        """After how many seconds the call is to come back."""
        with pytest.raises(HostUnavailable) as failed:
            await self.call()
        return failed.value.retry_after

    async def go_down(self) -> float:
        for _ in range(FAILURES - 1):
            assert await self.fails() == 0.0
        return await self.fails()


@pytest.fixture
def host() -> Host:
    return Host()


async def test_after_some_failures_in_a_row_no_call_is_made(host: Host) -> None:
    assert await host.go_down() > 0.0
    with pytest.raises(HostDown, match="is tried again in"):
        await host.call()
    assert host.made == FAILURES


@pytest.mark.parametrize("answer", [None, HostRefused("It answered 404")])
async def test_an_answer_in_between_proves_that_it_is_up(host: Host, answer: Exception | None) -> None:
    for _ in range(5):
        await host.fails()
        error, host.error = host.error, answer
        if answer is None:
            await host.call()
        else:
            with pytest.raises(HostRefused):
                await host.call()
        host.error = error
    assert host.made == 10


async def test_it_is_tried_ever_more_rarely(host: Host) -> None:
    wait, waits = await host.go_down(), []
    for _ in range(12):
        host.at += wait
        wait = await host.fails()
        waits.append(wait)
    assert host.made == FAILURES + 12
    assert waits[0] < 4.0
    assert LONGEST_WAIT / 2 < waits[-1] <= LONGEST_WAIT + 1.0


async def test_one_call_tries_and_the_others_wait_for_what_it_finds(host: Host) -> None:
    host.at += await host.go_down()
    entered, release = asyncio.Event(), asyncio.Event()

    async def trial() -> None:
        async with host.breaker.passage():
            entered.set()
            await release.wait()

    first = asyncio.create_task(trial())
    await entered.wait()
    others = [asyncio.create_task(host.call()) for _ in range(3)]
    await asyncio.sleep(0)
    assert host.made == FAILURES
    host.error = None
    release.set()
    await asyncio.gather(first, *others)
    assert host.made == FAILURES + 3


async def test_a_trial_that_is_cancelled_leaves_the_next_one_to_try(host: Host) -> None:
    host.at += await host.go_down()
    entered = asyncio.Event()

    async def trial() -> None:
        async with host.breaker.passage():
            entered.set()
            await asyncio.Event().wait()

    first = asyncio.create_task(trial())
    await entered.wait()
    second = asyncio.create_task(host.call())
    await asyncio.sleep(0)
    host.error = None
    first.cancel()
    await second
    assert host.made == FAILURES + 1


async def test_what_failed_stands_behind_those_that_have_not_been_asked(host: Host) -> None:
    """Else something that fails for its own reasons would be the one that tries, time and again."""
    own = await host.go_down()
    assert await host.fails() < own


async def test_an_answer_to_what_was_asked_before_says_nothing_of_now(host: Host) -> None:
    """It was under way since before the host went down."""
    answer = asyncio.Event()

    async def slow() -> None:
        async with host.breaker.passage():
            await answer.wait()

    asked = asyncio.create_task(slow())
    await asyncio.sleep(0)
    await host.go_down()
    answer.set()
    await asked
    made = host.made
    await host.fails()
    assert host.made == made, "no call was made"


async def test_a_limit_of_the_rate_holds_at_the_first_word(host: Host) -> None:
    host.error = RateLimited("The host", 60.0)
    assert await host.fails() == 60.0
    host.at += 30.0
    with pytest.raises(RateLimited):
        await host.call()
    assert host.made == 1
    host.at, host.error = 61.0, None
    await host.call()
    await host.call()
    assert host.made == 3


async def test_health_tells_what_became_of_calls(host: Host) -> None:
    health = host.breaker.health
    assert (health.up, health.limited, dict(health.calls)) == (True, False, {})
    await host.go_down()
    await host.fails()
    assert (health.up, health.calls["failed"], health.calls["held back"]) == (False, FAILURES, 1)
    host.at += LONGEST_WAIT
    host.error = None
    await host.call()
    assert (health.up, health.calls["answered"]) == (True, 1)
    host.error = HostRefused("No")
    with pytest.raises(HostRefused):
        await host.call()
    host.error = RateLimited("The host", 30.0)
    await host.fails()
    assert (health.up, health.limited, health.calls["refused"], health.calls["limited"]) == (True, True, 1, 1)


@pytest.mark.parametrize(("told", "remaining"), [("17", 17), ("0", 0), ("", 5), ("-1", 5), ("many", 5)])
def test_what_is_left_of_the_rate_is_a_number_or_nothing_new(told: str, remaining: int) -> None:
    health = Health(remaining=5)
    health.told({"left": told}, "left")
    assert health.remaining == remaining
