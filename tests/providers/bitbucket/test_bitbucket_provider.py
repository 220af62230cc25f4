"""What Bitbucket is asked, how often, and what follows from what it answers: where Cloud and Data Center go their own ways."""

import asyncio

import pytest

from bot.model.host_event import CommentRef, Ignored, Pinged, Pushed, Thread, ThreadKind
from bot.model.people import Person, Role
from bot.model.repository import Ref, RefKind, Repository
from bot.model.status import StatusState
from bot.ports import HostRefused, HostUnavailable
from providers.bitbucket import marks
from providers.bitbucket.builds import key_of
from providers.bitbucket.cloud.provider import BitbucketCloudProvider
from tests.providers.bitbucket.conftest import Scene
from tests.world.bitbucket.nouns import EVERYTHING, Comment
from tests.world.fake import faults
from tests.world.fake.faults import Fault

MARKER = "<!-- penstock:pipeline:web -->"
ACCESS_TOKEN = EVERYTHING - {"account"}
"""What an access token of a repository may at most: it cannot ask whose it is."""


async def put(scene: Scene, thread: Thread, text: str, known: str = "") -> str:
    return await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER}\n{text}", known)


def texts(scene: Scene, on: int | str = 1) -> list[str]:
    return [one.text for one in scene.fake.comments(scene.web, on)]


# --- Statuses --------------------------------------------------------------------------------------------------------


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


# --- Comments --------------------------------------------------------------------------------------------------------


def test_a_mark_is_a_link_definition_that_nothing_refers_to() -> None:
    assert marks.marked(f"{MARKER}\n**web**", MARKER) == "[//]: # (penstock:pipeline:web)\n\n**web**"
    assert marks.plain(marks.marked(f"{MARKER}\n**web**", MARKER)) == f"{MARKER}\n**web**"
    assert marks.is_own("[//]: # (penstock:answer:17)\n\nYes")
    for text in ("", MARKER, "x\n[//]: # (penstock:pipeline:web)", "[//]: # (penstock:a b)", "[//]: # (other:x)"):
        assert not marks.is_own(text)


async def test_a_reader_sees_no_mark(scene: Scene) -> None:
    await put(scene, await scene.pull_request(), "**web is running**")
    [text] = texts(scene)
    assert "<!--" not in text
    assert text.startswith("[//]: # (penstock:pipeline:web)\n\n")


async def test_a_mark_inside_a_comment_of_ours_is_not_taken_for_it(scene: Scene) -> None:
    """A log can print anything, a mark as well."""
    thread = await scene.pull_request()
    other = "<!-- penstock:pipeline:docs -->"
    hostile = f"```\n{marks.hidden(other)}\n```"
    first = await put(scene, thread, hostile)
    body = f"{other}\ndocs"
    assert await scene.provider.put_comment(scene.repository, thread, other, body) != first
    assert len(texts(scene)) == 2


async def test_a_comment_that_is_known_is_edited_with_one_request(scene: Scene) -> None:
    thread = await scene.pull_request()
    known = await put(scene, thread, "one")
    scene.calls()
    await put(scene, thread, "two", known)
    assert len(scene.calls()) == 1


async def test_an_edit_names_the_newest_version(on_data_center: Scene) -> None:
    """409 is a comment that was changed meanwhile: it is asked for again."""
    scene = on_data_center
    thread = await scene.pull_request()
    known = await put(scene, thread, "one")
    scene.web.comments[int(known)].version += 3
    scene.calls()
    await put(scene, thread, "two", known)
    assert [line.partition(" ")[0] for line in scene.calls()] == ["PUT", "GET", "PUT"]
    assert texts(scene) == [marks.marked("two", MARKER)]


async def test_a_comment_that_changes_without_end_is_left_for_later(on_data_center: Scene) -> None:
    scene = on_data_center
    thread = await scene.pull_request()
    known = await put(scene, thread, "one")
    conflict = Fault("answer", 409, '{"errors": []}', {"Content-Type": "application/json"})
    scene.fake.fail_next(conflict, "PUT", times=10)
    with pytest.raises(HostUnavailable, match="faster"):
        await put(scene, thread, "two", known)


async def test_two_reports_at_once_post_one_comment(scene: Scene) -> None:
    thread = await scene.pull_request()
    held = scene.fake.fail_next(faults.held(), "POST", "/comments")
    first = asyncio.create_task(put(scene, thread, "one"))
    await held.entered.wait()
    second = asyncio.create_task(put(scene, thread, "two"))
    held.release.set()
    assert await first == await second
    assert texts(scene) == [marks.marked("two", MARKER)]


async def test_the_comment_of_an_earlier_life_is_only_edited_where_it_is_ours(scene: Scene) -> None:
    thread = await scene.pull_request()
    theirs = await scene.fake.comment(scene.web, 1, scene.ada, marks.marked("mine", MARKER))
    made = await put(scene, thread, "ours", str(theirs.id))
    assert made != str(theirs.id)
    assert texts(scene) == [marks.marked("mine", MARKER), marks.marked("ours", MARKER)]


async def with_an_access_token(scene: Scene) -> None:
    """The provider signed in as an access token's own account, which may not be asked about."""
    await scene.provider.close()
    app = scene.fake.user("deploy-token", person=False)
    scene.web.roles[app.id] = "admin"
    scene.fake.bot = app
    scene.provider = scene.eyes.provider([], scene.fake.token(app, ACCESS_TOKEN))


async def test_an_access_token_finds_its_comment_again_without_knowing_who_it_is(on_cloud: Scene) -> None:
    scene = on_cloud
    await with_an_access_token(scene)
    thread = await scene.pull_request()
    await scene.fake.comment(scene.web, 1, scene.ada, marks.marked("mine", MARKER))
    first = await put(scene, thread, "one")
    assert await put(scene, thread, "two") == first
    stranger = scene.fake.user("another-app", person=False)
    foreign = await scene.fake.comment(scene.web, 1, stranger, marks.marked("theirs", MARKER))
    assert await put(scene, thread, "three", str(foreign.id)) == first
    assert texts(scene) == [marks.marked(text, MARKER) for text in ("mine", "three", "theirs")]


async def test_a_reaction_is_a_reply_where_there_are_none(on_cloud: Scene) -> None:
    scene = on_cloud
    thread = await scene.pull_request()
    asked = await scene.fake.comment(scene.web, 1, scene.ada, "/approve")
    for _ in range(2):
        await scene.provider.react(CommentRef(scene.repository, thread, str(asked.id)), "+1")
    [reply] = [one for one in scene.fake.comments(scene.web, 1) if one is not asked]
    assert (reply.text, reply.parent) == ("\N{THUMBS UP SIGN}", asked)


async def test_a_reaction_is_one_request_where_there_are_some(on_data_center: Scene) -> None:
    scene = on_data_center
    await scene.pull_request()
    for on, thread in ((1, Thread(ThreadKind.PULL_REQUEST, "1")), (scene.sha, Thread(ThreadKind.COMMIT, scene.sha))):
        asked: Comment = await scene.fake.comment(scene.web, on, scene.ada, "/approve")
        await scene.provider.react(CommentRef(scene.repository, thread, str(asked.id)), "+1")
        assert asked.reactions == [(scene.fake.bot, "thumbsup")]
    assert [line.partition(" ")[0] for line in scene.calls()][1:] == ["PUT", "PUT"]  # the first makes sure of the name


# --- People ----------------------------------------------------------------------------------------------------------


async def test_a_groups_permission_counts(scene: Scene) -> None:
    eve = scene.fake.user("eve")
    scene.fake.group("admins", [eve])
    scene.web.group_roles["admins"] = "admin"
    assert await scene.provider.role(scene.repository, scene.person(eve)) is Role.ADMIN


async def test_somebody_whose_name_holds_anothers_is_not_taken_for_them(scene: Scene) -> None:
    """Data Center's filter finds every name that contains the one that is asked for."""
    for name in ("ben", "benjamin", "aben"):
        scene.fake.user(name)
    scene.fake.grant(scene.web, scene.fake.user("benjamin"), "admin")
    assert await scene.provider.role(scene.repository, scene.person(scene.fake.user("ben"))) is Role.NONE


@pytest.mark.parametrize("name", ["ada.l@acme", 'o"neil', "ada & ben", "würde", "a/b", "{x}"])
async def test_names_with_odd_characters_are_asked_for_as_they_are(scene: Scene, name: str) -> None:
    odd = scene.fake.user(name)
    scene.fake.grant(scene.web, odd, "write")
    assert await scene.provider.role(scene.repository, scene.person(odd)) is Role.WRITE


async def test_whoever_took_a_name_over_is_not_who_had_it(on_data_center: Scene) -> None:
    scene = on_data_center
    assert await scene.provider.role(scene.repository, Person("ada", "999")) is Role.NONE


async def test_nobody_has_no_role(scene: Scene) -> None:
    with pytest.raises(HostRefused):
        await scene.provider.role(scene.repository, Person(""))


async def test_a_token_that_may_not_ask_for_everybody_asks_for_what_was_given_to_one(on_cloud: Scene) -> None:
    """Never more than they have: what a group gives is then not seen."""
    scene = on_cloud
    forbidden = Fault("answer", 403, '{"error": {"message": "no"}}', {"Content-Type": "application/json"})
    scene.fake.fail_next(forbidden, "GET", "/permissions/repositories/", times=10)
    eve = scene.fake.user("eve")
    scene.fake.group("admins", [eve])
    scene.web.group_roles["admins"] = "admin"
    assert await scene.provider.role(scene.repository, scene.person(scene.ada)) is Role.WRITE
    assert await scene.provider.role(scene.repository, scene.person(eve)) is Role.NONE


async def test_a_token_that_may_ask_nothing_refuses(on_cloud: Scene) -> None:
    scene = on_cloud
    weak = scene.eyes.provider([], scene.fake.token(scene.fake.bot, ["repository", "pullrequest"]))
    try:
        with pytest.raises(HostRefused):
            await weak.role(scene.repository, scene.person(scene.ada))
    finally:
        await weak.close()


@pytest.mark.parametrize("team", ["acme", "", "../admins", "acme/../x", "acme/"])
async def test_what_is_no_group_has_nobody(scene: Scene, team: str) -> None:
    assert not await scene.provider.in_team(scene.repository, scene.person(scene.ada), team)


# --- Renamed, moved, gone --------------------------------------------------------------------------------------------


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


# --- What deliveries leave out ---------------------------------------------------------------------------------------


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
