"""The contract of `ports.Provider`, pull requests and branches: what is told of them, and what can be asked."""

import pytest

from bot.model.host_event import (
    PullRequestChanged,
)
from bot.model.triggers import PullRequestKind
from tests.contracts.asking import a_writer, events, has_feature, same_person
from tests.contracts.host_under_test import HostUnderTest


async def test_a_pull_requests_life_is_told(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    first = await host.push(repository, "fix", writer, {"a": "1"})
    await host.deliveries()

    opened = await host.pull_request(repository, "fix", writer, "Fix the typo")
    (event,) = await events(host)
    assert isinstance(event, PullRequestChanged)
    assert (event.repository, event.kind, event.default_branch) == (repository, PullRequestKind.OPENED, "main")
    assert same_person(event.by, writer)
    seen = event.pull_request
    assert (seen.number, seen.head, seen.source_branch, seen.target_branch) == (opened.number, first, "fix", "main")
    assert (seen.title, seen.open, seen.merged, seen.same_repository) == ("Fix the typo", True, False, True)
    assert same_person(seen.author, writer)

    second = await host.push(repository, "fix", writer, {"a": "2"})
    updated = [event for event in await events(host) if isinstance(event, PullRequestChanged)]
    assert [(event.kind, event.pull_request.head) for event in updated] == [(PullRequestKind.UPDATED, second)]

    await host.close_pull_request(repository, opened.number, writer)
    (event,) = await events(host)
    assert isinstance(event, PullRequestChanged)
    assert (event.kind, event.pull_request.open, event.pull_request.merged) == (PullRequestKind.CLOSED, False, False)

    if not has_feature(host, "reopening"):
        return
    await host.reopen_pull_request(repository, opened.number, writer)
    (event,) = await events(host)
    assert isinstance(event, PullRequestChanged)
    assert (event.kind, event.pull_request.open) == (PullRequestKind.OPENED, True)


async def test_a_pull_request_can_be_asked_for(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    commit = await host.push(repository, "fix", writer, {"a": "1"})
    opened = await host.pull_request(repository, "fix", writer, "Fix")
    asked = await host.provider.pull_request(repository, opened.number)
    assert asked is not None
    assert (asked.number, asked.head, asked.open, asked.title) == (opened.number, commit, True, "Fix")
    assert await host.provider.pull_request(repository, opened.number + 1) is None


async def test_the_open_pull_requests_are_listed_and_no_others(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    opened = []
    for name in ("one", "two", "three"):
        await host.push(repository, name, writer, {name: "1"})
        opened.append(await host.pull_request(repository, name, writer, f"Say {name}"))
    await host.close_pull_request(repository, opened[1].number, writer)
    listed = await host.provider.open_pull_requests(repository)
    assert [(one.number, one.source_branch, one.open) for one in listed] == [
        (opened[0].number, "one", True),
        (opened[2].number, "three", True),
    ]
    assert all(same_person(one.author, writer) and one.target_branch == "main" for one in listed)
    assert all(opened[index].head.startswith(one.head) for one, index in zip(listed, (0, 2), strict=True))


PAGE_SIZES = {
    "providers.github.pull_requests.PER_PAGE": 1,
    "providers.gitlab.client.PER_PAGE": 1,
    "providers.bitbucket.cloud.api.PULL_REQUESTS_PAGE": "1",
    "providers.bitbucket.data_center.api.PAGE_LENGTH": "1",
}


async def test_open_pull_requests_are_listed_to_the_last_page(
    host: HostUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, writer = await a_writer(host)
    for name in ("one", "two", "three"):
        await host.push(repository, name, writer, {name: "1"})
        await host.pull_request(repository, name, writer, f"Say {name}")
    for place, size in PAGE_SIZES.items():
        monkeypatch.setattr(place, size)
    assert [one.source_branch for one in await host.provider.open_pull_requests(repository)] == ["one", "two", "three"]


async def test_a_commit_knows_the_pull_request_that_brought_it(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    head = await host.push(repository, "fix", writer, {"a": "1"})
    opened = await host.pull_request(repository, "fix", writer, "Fix")
    if not has_feature(host, "merges"):
        assert await host.provider.pull_requests_of(repository, head) == []
        return
    assert [(one.number, one.merged) for one in await host.provider.pull_requests_of(repository, head)] == [
        (opened.number, False)
    ]
    await host.merge(repository, opened.number, writer)
    merged = await host.provider.head(repository, "main")
    assert merged is not None
    assert [(one.number, one.merged) for one in await host.provider.pull_requests_of(repository, merged)] == [
        (opened.number, True)
    ]
    alone = await host.push(repository, "main", writer, {"b": "1"})
    assert await host.provider.pull_requests_of(repository, alone) == []


async def test_a_branchs_head_can_be_asked_for(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    commit = await host.push(repository, "fix/one", writer, {"a": "1"})
    assert await host.provider.head(repository, "fix/one") == commit
    for name in ("missing", "", "--upload-pack=x", "../main", "fix/one^{tree}"):
        assert await host.provider.head(repository, name) is None
