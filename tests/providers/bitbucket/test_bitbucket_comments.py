"""Comments on Bitbucket: the bot's marks, found again and edited, and reactions."""

import asyncio

import pytest

from bot.model.host_event import CommentRef, Thread, ThreadKind
from bot.ports import HostUnavailable
from providers.bitbucket import marks
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
