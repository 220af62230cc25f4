"""The contract of `ports.Provider`, people and repositories: what somebody may do, and what is found under a name."""

import pytest

from bot.model.people import Role
from bot.model.repository import Repository
from bot.ports import FoundRepository, HostRefused
from tests.contracts.asking import a_writer
from tests.contracts.host_under_test import HostUnderTest


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name.lower())
async def test_the_host_says_what_a_person_may_do(host: HostUnderTest, role: Role) -> None:
    repository = await host.repository()
    assert await host.provider.role(repository, await host.person(repository, role)) is role


async def test_anybody_may_read_a_public_repository(host: HostUnderTest) -> None:
    repository = await host.repository(private=False)
    assert await host.provider.role(repository, await host.person(repository, Role.NONE)) is Role.READ


async def test_a_role_in_a_repository_that_is_not_there_is_no_guess(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    gone = Repository(repository.provider, "999999999", repository.full_name + "-gone")
    with pytest.raises(HostRefused):
        await host.provider.role(gone, writer)


@pytest.mark.parametrize("private", [True, False])
async def test_a_repository_is_found_by_its_name(host: HostUnderTest, private: bool) -> None:
    repository = await host.repository(private=private)
    found = await host.provider.find(repository.full_name)
    assert found == FoundRepository(repository, public=not private)


@pytest.mark.parametrize("name", ["{}-gone", "", "web", "../..", "{}/../..", "{}?x=1", "file:///etc", "1"])
async def test_what_is_no_repository_is_not_found(host: HostUnderTest, name: str) -> None:
    repository = await host.repository()
    assert await host.provider.find(name.format(repository.full_name)) is None


async def test_membership_of_a_team(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    other = await host.person(repository, Role.READ)
    team = await host.team(repository, [writer])
    assert await host.provider.in_team(repository, writer, team)
    assert not await host.provider.in_team(repository, other, team)
    assert not await host.provider.in_team(repository, writer, team + "-missing")
