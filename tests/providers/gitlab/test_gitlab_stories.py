"""What only GitLab has: threads that can be resolved, and that can keep a merge request from being merged until they are."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.stores.memory import MemoryStore
from tests.world.gitlab.nouns import REPORTER, Project
from tests.world.host_gitlab import GitLabHost
from tests.world.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(World(GitLabHost(), MemoryStore(), tmp_path))


def host_of(world: World) -> GitLabHost:
    assert isinstance(world.host, GitLabHost)
    return world.host


async def a_question(world: World) -> Project:
    """A merge request whose pipeline waits for an approval."""
    repo = await world.repo("build -> prod!")
    await repo.open_pull_request()
    return host_of(world).hosted(repo.repository)


async def test_a_thread_that_was_begun_with_a_command_is_resolved_when_the_command_was_taken(world: World) -> None:
    project, gitlab = await a_question(world), host_of(world).fake
    asked = await gitlab.comment_in_thread(project, 1, gitlab.user("ben"), "/penstock approve looks good")
    await world.settled()
    assert asked is not None
    assert asked.awards
    assert project.resolved == {asked.discussion}


async def test_a_thread_in_which_people_talk_is_theirs_to_resolve(world: World) -> None:
    project, gitlab = await a_question(world), host_of(world).fake
    begun = await gitlab.comment_in_thread(project, 1, gitlab.user("ada"), "Are we sure about this?")
    told = await gitlab.comment_in_thread(project, 1, gitlab.user("ben"), "/penstock approve", below=begun)
    await world.settled()
    assert told is not None
    assert told.awards
    assert project.resolved == set()


async def test_what_was_refused_stays_open_and_so_does_what_the_bot_may_not_resolve(world: World) -> None:
    project, gitlab = await a_question(world), host_of(world).fake
    await gitlab.comment_in_thread(project, 1, gitlab.user("cleo"), "/penstock approve")
    await world.settled()
    assert project.resolved == set()
    gitlab.grant(project, gitlab.bot, REPORTER)
    told = await gitlab.comment_in_thread(project, 1, gitlab.user("ben"), "/penstock approve")
    await world.settled()
    assert told is not None
    assert told.awards
    assert project.resolved == set()
