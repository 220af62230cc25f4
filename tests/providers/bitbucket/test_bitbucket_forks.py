"""Commits of forks on Bitbucket Cloud: where they are fetched from, by whom, and what is not believed of it."""

from dataclasses import replace

import pytest

from bot.model.repository import Ref, RefKind
from bot.ports import HostRefused
from tests.providers.bitbucket.conftest import Scene
from tests.world.bitbucket.nouns import PullRequest, Repository


async def proposed(scene: Scene, *, private: bool = False) -> tuple[Repository, PullRequest]:
    dan = scene.fake.user("dan")
    fork = await scene.fake.repository("dan/web", private=private)
    await fork.git.commit("fix", {"a": "1"}, "Fix it", "dan", 0, None)
    return fork, await scene.fake.open_pull_request(scene.web, "fix", dan, "Fix it", fork=fork)


async def test_a_public_fork_is_asked_without_a_token(on_cloud: Scene) -> None:
    fork, pull = await proposed(on_cloud)
    remote = await on_cloud.provider.elsewhere(on_cloud.repository, pull.head_sha)
    assert remote is not None
    assert (remote.url, remote.username, remote.password) == (f"{on_cloud.fake.url}/{fork.full_name}.git", "", "")


async def test_the_head_of_a_forks_pull_request_is_told_whole(on_cloud: Scene) -> None:
    """Bitbucket tells the beginning of it, and the target repository does not know the rest."""
    _, pull = await proposed(on_cloud)
    found = await on_cloud.provider.pull_request(on_cloud.repository, pull.number)
    assert found is not None
    assert (found.head, found.same_repository) == (pull.head_sha, False)


@pytest.mark.parametrize("how", ["private", "declined", "unknown", "its own"])
async def test_what_is_in_no_public_fork_is_nowhere(on_cloud: Scene, how: str) -> None:
    _, pull = await proposed(on_cloud, private=how == "private")
    if how == "declined":
        await on_cloud.fake.decline(on_cloud.web, pull, on_cloud.fake.user("dan"))
    commit = {"unknown": "c" * 40, "its own": on_cloud.sha}.get(how, pull.head_sha)
    assert await on_cloud.provider.elsewhere(on_cloud.repository, commit) is None


async def test_a_status_of_a_forks_commit_shows_nowhere_and_harms_nothing(on_cloud: Scene) -> None:
    _, pull = await proposed(on_cloud)
    told = replace(on_cloud.status(), commit=pull.head_sha)
    await on_cloud.provider.set_status(replace(told, ref=Ref(RefKind.PULL_REQUEST, str(pull.number))))
    with pytest.raises(HostRefused):
        await on_cloud.provider.set_status(told)
