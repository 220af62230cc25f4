"""What the contract of every host does not say, because it is Bitbucket's own: statuses, names that change, what deliveries leave out, signing in."""

import pytest

from bot.model.host_event import Ignored, Pinged, Pushed
from bot.model.people import Person
from bot.model.repository import Ref, RefKind, Repository
from bot.model.status import StatusState
from bot.ports import HostRefused
from providers.bitbucket.builds import key_of
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from tests.providers.bitbucket.conftest import Scene
from tests.world.fake.faults import Fault


async def test_a_status_is_one_request(scene: Scene) -> None:
    await scene.provider.set_status(scene.status())
    scene.calls()
    await scene.provider.set_status(scene.status("2 of 3"))
    [call] = scene.calls()
    assert call in (f"POST /commit/{scene.sha}/statuses/build", f"POST /commits/{scene.sha}/builds")


async def test_long_contexts_that_begin_alike_are_statuses_of_their_own(scene: Scene) -> None:
    contexts = [f"penstock/a-long-name-of-a-pipeline/and-of-a-stage-{number}" for number in range(3)]
    for context in contexts:
        await scene.provider.set_status(scene.status(context=context))
        await scene.provider.set_status(scene.status("again", context=context))
    builds = scene.fake.builds(scene.web, scene.sha)
    assert list(builds) == contexts
    if not scene.fake.data_center:
        assert all(one.key.startswith("penstock/a-long-name-of-a-pip") for one in builds.values())


@pytest.mark.parametrize("length", [1, 39, 40, 41, 200])
def test_a_key_fits_and_says_where_it_comes_from(length: int) -> None:
    """https://jira.atlassian.com/browse/BCLOUD-23984: fewer than 40 characters are safe, 40 are taken."""
    context = "x" * length
    key = key_of(context, 40)
    assert len(key) <= 40
    assert key == key_of(context, 40)
    assert key.startswith(context[:29])
    assert (key == context) == (length <= 40)


async def test_a_status_names_the_branch_so_that_the_pull_request_shows_it(scene: Scene) -> None:
    await scene.provider.set_status(scene.status(branch="fix/typo"))
    [build] = scene.fake.builds(scene.web, scene.sha).values()
    assert build.ref.removeprefix("refs/heads/") == "fix/typo"


async def test_a_build_that_was_stopped_is_failed_where_the_host_is_too_old_to_know(on_data_center: Scene) -> None:
    scene = on_data_center
    refused = Fault("answer", 400, '{"errors": [{"message": "no such state"}]}', {"Content-Type": "application/json"})
    scene.fake.fail_next(refused, "POST", "/builds")
    await scene.provider.set_status(scene.status(state=StatusState.STOPPED))
    assert [one.state for one in scene.fake.builds(scene.web, scene.sha).values()] == ["FAILED"]


async def test_braces_in_an_address_are_no_template(on_cloud: Scene) -> None:
    """Cloud fills in `{repository.full_name}` and the like."""
    status = on_cloud.status()
    object.__setattr__(status, "url", "https://ci.example/{commit.hash}")
    await on_cloud.provider.set_status(status)
    [build] = on_cloud.fake.builds(on_cloud.web, on_cloud.sha).values()
    assert build.url == "https://ci.example/%7Bcommit.hash%7D"


async def test_a_repository_that_was_renamed_or_moved_is_still_the_same(on_cloud: Scene) -> None:
    scene = on_cloud
    scene.web.owner, scene.web.name = "globex", "site"
    assert await scene.provider.head(scene.repository, "main") == scene.sha
    await scene.provider.set_status(scene.status())


async def test_a_name_that_another_repository_has_by_now_is_refused(on_data_center: Scene) -> None:
    scene = on_data_center
    scene.web.name = "old-web"
    other = await scene.fake.repository("acme/web")
    await scene.fake.push(other, "main", {"README": "mine"}, "Mine", by=scene.ada)
    for asked in (
        scene.provider.head(scene.repository, "main"),
        scene.provider.set_status(scene.status()),
        scene.provider.role(scene.repository, scene.person(scene.ada)),
    ):
        with pytest.raises(HostRefused, match="another repository"):
            await asked


async def test_a_delivery_tells_the_newest_name(on_data_center: Scene) -> None:
    scene = on_data_center
    scene.web.name = "site"
    renamed = Repository(scene.repository.provider, scene.repository.id, "ACME/site")
    pushed = Pushed(renamed, Ref(RefKind.BRANCH, "main"), None, scene.sha, Person("ada"), "")
    event = await scene.provider.complete(pushed)
    assert isinstance(event, Pushed)
    assert event.default_branch == "main"
    assert await scene.provider.head(scene.repository, "main") == scene.sha
    assert scene.provider.page_url(scene.repository).endswith("/projects/ACME/repos/site")
    remote = await scene.provider.remote(scene.repository)
    assert remote.url.endswith("/scm/ACME/site.git")


async def test_a_commit_that_a_push_told_in_whole_costs_no_question(on_cloud: Scene) -> None:
    scene = on_cloud
    pushed = Pushed(scene.repository, Ref(RefKind.BRANCH, "fix"), None, scene.sha, Person("ada"), "")
    await scene.provider.complete(pushed)
    scene.calls()
    assert (await scene.provider.complete(pushed)) == (await scene.provider.complete(pushed))
    thread = await scene.pull_request()
    scene.calls()
    asked = await scene.provider.pull_request(scene.repository, int(thread.name))
    assert asked is not None
    assert asked.base == scene.sha
    assert len(scene.calls()) == 2  # the pull request, and its head's whole id


async def test_an_annotated_tag_that_moved_on_is_left_as_it_was_told(on_data_center: Scene) -> None:
    scene = on_data_center
    gone = Pushed(scene.repository, Ref(RefKind.TAG, "v9"), None, "e" * 40, Person("ada"), "")
    event = await scene.provider.complete(gone)
    assert isinstance(event, Pushed)
    assert event.after == "e" * 40


async def test_data_centers_connection_test_is_a_ping(on_data_center: Scene) -> None:
    scene = on_data_center
    delivery = scene.provider.delivery({"X-Event-Key": "diagnostics:ping", "X-Request-Id": "1"}, b'{"test":true}', 1.0)
    assert scene.provider.read(delivery) == (Pinged(),)


async def test_a_comment_on_a_line_is_no_command(scene: Scene) -> None:
    kinds = {"bitbucket": "pullrequest:comment_created", "bitbucket-dc": "pr:comment:added"}
    scene.fake.hooks.url = scene.fake.url + "/nowhere"
    await scene.pull_request()
    await scene.fake.comment(scene.web, 1, scene.ada, "/approve", path="src/app.py")
    sent = scene.fake.hooks.sent[-1]
    assert sent.event == kinds[scene.provider.name]
    [event] = scene.provider.read(scene.provider.delivery(sent.headers, sent.body, 1.0))
    assert isinstance(event, Ignored)


async def test_git_signs_in_with_the_name_that_goes_with_the_token(scene: Scene) -> None:
    remote = await scene.provider.remote(scene.repository)
    assert remote.username == "x-token-auth"
    assert remote.password in scene.fake.hosted.tokens


async def test_an_api_token_signs_in_with_its_account(on_cloud: Scene) -> None:
    scene = on_cloud
    token = scene.fake.token(scene.fake.bot)
    provider = BitbucketCloudProvider(
        scene.fake.url, scene.fake.api_url, (), user=f"{scene.fake.bot.login}@example.test", api_token=token
    )
    try:
        assert await provider.login() == scene.fake.bot.login
        remote = await provider.remote(scene.repository)
    finally:
        await provider.close()
    assert (remote.username, remote.password) == ("x-bitbucket-api-token-auth", token)
