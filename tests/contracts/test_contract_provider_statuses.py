"""The contract of `ports.Provider`, what it shows and where: statuses, the host's pages, and where Git fetches from."""

import pytest

from bot.model.host_event import (
    Thread,
    ThreadKind,
)
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostRefused
from tests.contracts.asking import on
from tests.contracts.host_under_test import HostUnderTest


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        (StatusState.QUEUED, "pending"),
        (StatusState.RUNNING, "pending"),
        (StatusState.WAITING, "pending"),
        (StatusState.SUCCEEDED, "success"),
        (StatusState.FAILED, "failure"),
        (StatusState.STOPPED, "failure"),
        (StatusState.INVALID, "failure"),
    ],
)
async def test_every_state_is_shown(host: HostUnderTest, state: StatusState, seen: str) -> None:
    repository = await host.repository()
    commit = await host.provider.head(repository, "main")
    assert commit is not None
    await host.provider.set_status(CommitStatus(repository, commit, "penstock/web", state, "1 of 3", "http://x.test/1"))
    (shown,) = (await host.statuses(repository, commit)).items()
    assert (shown[0], shown[1].state, shown[1].description) == ("penstock/web", seen, "1 of 3")
    assert shown[1].url == "http://x.test/1"


async def test_the_newest_status_of_a_context_shows_and_a_long_description_is_shortened(host: HostUnderTest) -> None:
    repository = await host.repository()
    commit = await host.provider.head(repository, "main")
    assert commit is not None
    for description in ("first", "second", "Waiting for \u23f3 " + "many people " * 100):
        status = CommitStatus(repository, commit, "penstock/web", StatusState.WAITING, description, "http://x.test/1")
        await host.provider.set_status(status)
        await host.provider.set_status(status)
    shown = await host.statuses(repository, commit)
    assert list(shown) == ["penstock/web"]
    assert shown["penstock/web"].description.startswith("Waiting for \u23f3 many people")
    assert len(shown["penstock/web"].description) <= host.provider.limits.description


async def test_a_status_on_a_commit_that_is_not_there_is_refused(host: HostUnderTest) -> None:
    repository = await host.repository()
    with pytest.raises(HostRefused):
        await host.provider.set_status(
            CommitStatus(repository, "1" * 40, "penstock/web", StatusState.RUNNING, "", "http://x.test/1")
        )


async def test_the_hosts_pages_are_linked(host: HostUnderTest) -> None:
    repository = await host.repository()
    plain = host.provider.page_url(repository)
    assert plain.startswith("http")
    assert plain.endswith(repository.name)
    assert host.provider.page_url(repository, on(7)) == plain + host.pull_page.format(7)
    assert host.provider.page_url(repository, commit="a" * 40) == plain + host.commit_page.format("a" * 40)
    thread = Thread(ThreadKind.COMMIT, "b" * 40)
    assert host.provider.page_url(repository, thread) == plain + host.commit_page.format("b" * 40)


async def test_the_git_remote_shows_no_password(host: HostUnderTest) -> None:
    repository = await host.repository()
    remote = await host.provider.remote(repository)
    assert remote.url.endswith(f"{repository.full_name}.git")
    if remote.password:
        assert remote.password not in remote.url + repr(remote)
