"""What GitHub could not deliver to an App is asked for again: with who did it, in order, once, and not for ever."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.stores.memory import MemoryStore
from providers.github.payloads import Delivered
from providers.github.provider import GitHubProvider
from providers.github.redeliveries import TRIES, worth_asking
from tests.world.fake.deliveries import SentDelivery
from tests.world.fake.faults import bad_gateway
from tests.world.host_github import GitHubAppHost, GitHubHost
from tests.world.world import World

HOURS = 3600.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(GitHubAppHost(), MemoryStore(), tmp_path) as world:
        yield world


def host_of(world: World) -> GitHubAppHost:
    assert isinstance(world.host, GitHubAppHost)
    return world.host


def asked(world: World, method: str) -> int:
    return sum(one.method == method and "/app/hook/deliveries" in one.path for one in host_of(world).fake.requests)


async def test_what_was_missed_comes_with_who_did_it_and_commands_come_too(world: World) -> None:
    repo = await world.repo("build -> prod!")
    waiting = await repo.open_pull_request(branch="waiting")
    assert await waiting.status() == "InProgress"
    host_of(world).cut_off(cut=True)
    missed, newest = await repo.push("Missed"), await repo.push("Newest", by=world.ben)
    approval = await waiting.comment("/approve", by=world.ben)
    host_of(world).cut_off(cut=False)

    await world.look()
    execution = await newest.execution()
    assert (execution.trigger.by, execution.revision.author) == (world.ben, world.ben)
    assert "found by looking" not in execution.trigger.detail
    assert await missed.executions() == [], "it was not the newest any more"
    assert await waiting.status() == "Succeeded"
    assert await waiting.reactions(approval) == ("+1",)
    assert asked(world, "POST") == 3
    await world.look()
    assert (asked(world, "GET"), asked(world, "POST")) == (2, 3)
    assert [len(await push.executions()) for push in (missed, newest)] == [0, 1]


async def test_what_github_keeps_no_longer_is_found_by_looking(world: World) -> None:
    repo = await world.repo("build")
    await repo.push()
    await world.look()
    host_of(world).cut_off(cut=True)
    missed = await repo.push("Missed")
    host_of(world).cut_off(cut=False)
    world.clock.at += 73 * HOURS

    await world.look()
    assert asked(world, "POST") == 0
    assert "found by looking" in (await missed.execution()).trigger.detail


async def test_what_fails_again_and_again_is_left_alone_and_found_by_looking(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.runtime.missed.asking_again.ARRIVAL", 0.0)
    repo = await world.repo("build")
    await repo.push()
    await world.look()
    host_of(world).cut_off(cut=True)
    missed = await repo.push("Missed")
    for _ in range(TRIES + 2):
        await world.look()
    assert asked(world, "POST") == TRIES - 1
    assert len(await missed.executions()) == 1


async def test_a_host_that_is_down_is_left_alone_and_looked_at_again_soon(world: World) -> None:
    for name in ("acme/one", "acme/two", "acme/three"):
        await (await world.repo("build", name=name)).push()
    await world.look()
    fake = host_of(world).fake
    fake.fail_next(bad_gateway(), times=1000)
    before = len(fake.requests)
    assert [await world.bot.catching_up.once() for _ in range(6)] == [False] * 6
    assert len(fake.requests) - before == 3, "as many as it takes to know that it is down"
    fake.recover()
    world.clock.at += 61
    await world.look()


async def test_a_repository_that_was_just_heard_of_is_looked_at_soon_and_once(world: World) -> None:
    """So that a branch that is pushed before the next round, and not told of, is known to be new."""
    repo = await world.repo("build", triggers={"push": {"branches": ["**"]}})
    await repo.push()
    fake, looks = host_of(world).fake, []
    for _ in range(2):
        before = len(fake.requests)
        assert await world.bot.catching_up.newcomers()
        looks.append(len(fake.requests) - before)
    assert looks[0] > looks[1] == 0
    host_of(world).cut_off(cut=True)
    missed = await repo.push("Missed", branch="new")
    world.clock.at += 73 * HOURS
    host_of(world).cut_off(cut=False)
    await world.look()
    assert await missed.status() == "Succeeded"


async def test_every_page_is_read(world: World) -> None:
    fake = host_of(world).fake
    names = [f"00000000-0000-0000-0000-{number:012}" for number in range(230)]
    for number, name in enumerate(names, 1):
        headers = {"X-GitHub-Delivery": name}
        fake.hooks.sent.append(
            SentDelivery("push", headers, b"{}", id=number, at=world.clock.at - 230 + number, ended=True)
        )
    provider = world.host.provider
    assert provider.redeliveries is not None
    assert [one.key for one in await provider.redeliveries.failed([], "")] == [f"github:{name}" for name in names]
    assert asked(world, "GET") == 3


def delivered(number: int, guid: str, status: int, event: str = "push") -> Delivered:
    return Delivered(
        id=number, guid=guid, delivered_at=f"2026-11-23T15:{number:02}:00Z", status_code=status, event=event
    )


@pytest.mark.parametrize(
    ("attempts", "worth"),
    [
        ([(2, "b", 502), (1, "a", 504)], [1, 2]),
        ([(1, "a", 202), (2, "b", 200)], []),
        ([(1, "a", 502), (3, "a", 500), (2, "b", 403)], [1, 2]),
        ([(1, "a", 502), (2, "a", 502), (3, "a", 502), (4, "b", 0)], [4]),
    ],
)
def test_which_are_worth_asking_for(attempts: list[tuple[int, str, int]], worth: list[int]) -> None:
    """The oldest first, each once, and none that has failed three times."""
    assert [one.id for one in worth_asking([delivered(*attempt) for attempt in attempts])] == worth


def test_events_that_nobody_reads_are_not_asked_for() -> None:
    assert worth_asking([delivered(1, "a", 502, "star"), delivered(2, "b", 502, "ping")]) == []


@pytest.mark.parametrize("admin", [True, False])
async def test_with_a_token_a_repositorys_own_webhook_is_asked_if_it_may_be_seen(tmp_path: Path, admin: bool) -> None:
    """Only the one that leads to this bot, and where the token may not see it, once."""
    host = GitHubHost()
    async with World(host, MemoryStore(), tmp_path) as world:
        repo = await world.repo("build")
        hosted, url = host.hosted(repo.repository), f"{world.url}/webhooks/github"
        host.fake.hook("")
        host.fake.grant(hosted, host.fake.bot, "admin")
        provider, secret = host.provider, host.fake.hooks.secret
        assert isinstance(provider, GitHubProvider)
        for address in (url, "http://127.0.0.1:9/webhooks/github"):
            await provider.hooks.put(repo.repository, address, secret)
        await repo.push()
        await world.look()
        host.fake.grant(hosted, host.fake.bot, "admin" if admin else "write")
        host.cut_off(cut=True)
        missed, newest = await repo.push("Missed"), await repo.push("Newest", by=world.ben)
        host.cut_off(cut=False)

        await world.look()
        execution = await newest.execution()
        assert (execution.trigger.by == world.ben) is admin
        assert ("found by looking" in execution.trigger.detail) is not admin
        await world.look()
        assert [len(await push.executions()) for push in (missed, newest)] == [0, 1]
        again = [one for one in host.fake.requests if one.path.endswith("/attempts")]
        listed = [one for one in host.fake.requests if one.path.endswith("/hooks") and one.method == "GET"]
        assert (len(again), listed[-1].status) == ((2, 200) if admin else (0, 404))
        assert len(listed) == (3 if admin else 2)
