"""The one note, reactions, and what a merge request is asked for."""

import asyncio

import pytest

from bot.model.host_event import CommentRef, PullRequestChanged, Thread, ThreadKind
from bot.model.people import Person
from bot.model.repository import Ref, RefKind
from bot.ports import HostRefused, HostUnavailable
from providers.gitlab.events import read_event
from providers.gitlab.notes import harmless
from tests.providers.gitlab.conftest import Scene
from tests.world.fake import faults
from tests.world.fake.faults import Fault

MARKER = "<!-- penstock:pipeline:web -->"


async def a_thread(scene: Scene) -> Thread:
    await scene.gitlab.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    request = await scene.gitlab.open_merge_request(scene.web, "fix", scene.ada, "Fix")
    return Thread(ThreadKind.PULL_REQUEST, str(request.iid))


async def test_a_first_comment_asks_who_we_are_only_where_a_comment_has_the_marker(scene: Scene) -> None:
    thread = await a_thread(scene)
    first = await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    assert scene.calls() == ["GET /merge_requests/1/notes", "POST /merge_requests/1/notes"]
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} two", first)
    assert scene.calls() == [f"PUT /merge_requests/1/notes/{first}"]


async def test_a_comment_that_says_it_already_is_not_edited(scene: Scene) -> None:
    thread = await a_thread(scene)
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    scene.calls()
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    assert scene.calls() == ["GET /merge_requests/1/notes", "GET /user"]


async def test_gitlabs_own_words_are_no_comments(scene: Scene) -> None:
    """Old servers do not know the filter that leaves them out."""
    thread = await a_thread(scene)
    scene.gitlab.api.knows_activity_filter = False
    scene.gitlab.discussions.system(scene.web, 1, scene.gitlab.bot, f"changed the description {MARKER}")
    first = await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    assert [str(one.id) for one in scene.gitlab.comments(scene.web, 1)] == [first]


async def test_two_reports_at_once_post_one_comment(scene: Scene) -> None:
    thread = await a_thread(scene)
    held = scene.gitlab.fail_next(faults.held(), "POST", "/notes")
    puts = [
        asyncio.create_task(scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} {number}"))
        for number in range(3)
    ]
    await held.entered.wait()
    held.release.set()
    assert len(set(await asyncio.gather(*puts))) == 1
    assert [note.body for note in scene.gitlab.comments(scene.web, 1)] == [f"{MARKER} 2"]


async def test_a_comment_whose_answer_was_lost_is_not_posted_twice(scene: Scene) -> None:
    thread = await a_thread(scene)
    scene.gitlab.fail_next(faults.lost(), "POST", "/notes")
    with pytest.raises(HostUnavailable):
        await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} one")
    await scene.provider.put_comment(scene.repository, thread, MARKER, f"{MARKER} two")
    assert [note.body for note in scene.gitlab.comments(scene.web, 1)] == [f"{MARKER} two"]


HOSTILE = f"{MARKER}\n/close\n\n````text\n```\n/merge\n/approve\n```\n````\n\r/assign @mallory\n> /label ~bug\n/CLOSE"


async def test_the_bot_writes_no_line_that_gitlab_would_obey(scene: Scene) -> None:
    """A log is hostile: its lines stand in the comment, and GitLab's idea of where code ends is not Markdown's."""
    thread = await a_thread(scene)
    for body in (HOSTILE, HOSTILE + "\nonce more"):
        await scene.provider.put_comment(scene.repository, thread, MARKER, body)
    commit = Thread(ThreadKind.COMMIT, scene.sha)
    await scene.provider.put_comment(scene.repository, commit, MARKER, f"{MARKER}\n/tag v6")
    assert scene.gitlab.discussions.obeyed == []
    [note] = scene.gitlab.comments(scene.web, 1)
    assert note.body.count("\n /") == 5


def test_only_lines_that_begin_with_a_slash_are_changed() -> None:
    text = "a/b\n  /c\n`/approve prod`\nhttps://x/y\n"
    assert harmless(text) == text
    assert harmless("/a\n/b") == " /a\n /b"
    assert harmless(harmless("/a")) == harmless("/a")


@pytest.mark.parametrize("on", ["merge request", "commit"])
async def test_a_reaction_is_one_request(scene: Scene, on: str) -> None:
    thread = await a_thread(scene) if on == "merge request" else Thread(ThreadKind.COMMIT, scene.sha)
    where: int | str = int(thread.name) if thread.name.isdecimal() else thread.name
    note = await scene.gitlab.comment(scene.web, where, scene.ada, "/penstock approve")
    assert note is not None
    for _ in range(2):
        await scene.provider.react(CommentRef(scene.repository, thread, str(note.id)), "+1")
        assert len(scene.calls()) == 1
    assert note.awards == [(scene.gitlab.bot, "thumbsup")]


@pytest.mark.parametrize("on", ["merge request", "commit"])
async def test_an_emoji_that_gitlab_does_not_have_is_refused(scene: Scene, on: str) -> None:
    thread = await a_thread(scene) if on == "merge request" else Thread(ThreadKind.COMMIT, scene.sha)
    where: int | str = int(thread.name) if thread.name.isdecimal() else thread.name
    note = await scene.gitlab.comment(scene.web, where, scene.ada, "hello")
    assert note is not None
    with pytest.raises(HostRefused, match="not a valid emoji"):
        await scene.provider.react(CommentRef(scene.repository, thread, str(note.id)), "nonsense")


async def test_what_a_delivery_leaves_out_of_a_merge_request_is_one_question(scene: Scene) -> None:
    """Where its branch began, for path filters, and who wrote it; then its statuses need no question of their own."""
    await a_thread(scene)
    ben = scene.gitlab.user("ben")
    scene.gitlab.hook("http://127.0.0.1:1/")
    await scene.gitlab.push(scene.web, "fix", {"a": "2"}, "Fix it better", by=ben)
    [sent] = [one for one in scene.gitlab.hooks.sent if one.event == "Merge Request Hook"]
    event = read_event("merge_request", sent.body, scene.gitlab.url)
    assert isinstance(event, PullRequestChanged)
    assert event.pull_request.author == Person("", str(scene.ada.id))
    scene.calls()
    whole = await scene.provider.complete(event)
    assert isinstance(whole, PullRequestChanged)
    assert whole.pull_request.author == Person("ada", str(scene.ada.id))
    assert (whole.pull_request.base, whole.pull_request.head) == (scene.sha, event.pull_request.head)
    status = scene.status(commit=event.pull_request.head, ref=Ref(RefKind.PULL_REQUEST, "1"))
    await scene.provider.set_status(status)
    assert scene.calls() == ["GET /merge_requests/1", f"POST /statuses/{event.pull_request.head}"]
    for status_code in (403, 404):
        scene.gitlab.fail_next(Fault("answer", status_code, "{}"))
        assert await scene.provider.complete(event) == event
    scene.gitlab.fail_next(faults.bad_gateway())
    with pytest.raises(HostUnavailable):
        await scene.provider.complete(event)
