"""The contract of `ports.Provider`, comments: read from webhooks, posted once, answered and reacted to."""

import pytest

from bot.model.host_event import (
    CommentCreated,
    CommentRef,
    Ignored,
    Thread,
    ThreadKind,
)
from bot.model.people import Person
from bot.model.repository import Repository
from bot.ports import HostRefused
from tests.contracts.asking import a_writer, events, on, same_person
from tests.contracts.host_under_test import HostUnderTest

MARKER = "<!-- penstock:pipeline:web -->"


def command(host: HostUnderTest, name: str) -> str:
    """As people are told to type it there."""
    return f"{host.provider.limits.command_prefix}{name}"


async def test_a_new_comment_on_a_pull_request_is_told_and_its_edit_or_deletion_is_not(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    await host.push(repository, "fix", writer, {"a": "1"})
    opened = await host.pull_request(repository, "fix", writer, "Fix")
    await host.deliveries()
    comment = await host.write_comment(repository, on(opened.number), writer, f"{command(host, 'approve')}\n\u00e9")
    (event,) = await events(host)
    assert isinstance(event, CommentCreated)
    assert (event.comment, event.body) == (comment, f"{command(host, 'approve')}\n\u00e9")
    assert same_person(event.by, writer)
    assert not event.by.bot

    await host.edit_comment(comment, writer, command(host, "reject"))
    await host.delete_comment(comment)
    assert all(isinstance(event, Ignored) for event in await events(host))


async def test_a_new_comment_on_a_commit_is_told(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    commit = await host.push(repository, "main", writer, {"a": "1"})
    await host.deliveries()
    thread = Thread(ThreadKind.COMMIT, commit)
    comment = await host.write_comment(repository, thread, writer, command(host, "status"))
    (event,) = await events(host)
    assert isinstance(event, CommentCreated)
    assert event.comment == comment == CommentRef(repository, thread, comment.id)


async def threads(host: HostUnderTest, repository: Repository, writer: Person) -> list[Thread]:
    commit = await host.push(repository, "fix", writer, {"a": "1"})
    opened = await host.pull_request(repository, "fix", writer, "Fix")
    return [on(opened.number), Thread(ThreadKind.COMMIT, commit)]


async def test_the_marked_comment_is_posted_once_and_then_edited(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    for thread in await threads(host, repository, writer):
        first = await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\none")
        assert await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\ntwo") == first
        assert await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\nthree", first) == first
        assert [comment.body for comment in await host.comments(repository, thread)] == [f"{MARKER}\nthree"]


async def test_the_marked_comment_is_found_behind_many_others(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    (thread, _) = await threads(host, repository, writer)
    for number in range(120):
        await host.write_comment(repository, thread, writer, f"comment {number}")
    first = await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\none")
    assert await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\ntwo") == first
    assert len(await host.comments(repository, thread)) == 121


async def test_a_deleted_comment_is_posted_anew(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    (thread, _) = await threads(host, repository, writer)
    first = await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\none")
    await host.delete_comment(CommentRef(repository, thread, first))
    second = await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\ntwo", first)
    assert second != first
    assert [comment.body for comment in await host.comments(repository, thread)] == [f"{MARKER}\ntwo"]


async def test_somebody_elses_comment_with_the_marker_is_left_alone(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    (thread, _) = await threads(host, repository, writer)
    theirs = await host.write_comment(repository, thread, writer, f"{MARKER}\nmine!")
    ours = await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\nours", theirs.id)
    assert ours != theirs.id
    bodies = [comment.body for comment in await host.comments(repository, thread)]
    assert bodies == [f"{MARKER}\nmine!", f"{MARKER}\nours"]


async def test_an_answer_is_found_again_by_a_bot_that_was_started_anew(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    marker = "<!-- penstock:answer:1 -->"
    for thread in await threads(host, repository, writer):
        asked = await host.write_comment(repository, thread, writer, "/status")
        for provider in (host.provider, host.provider_with([host.secret])):
            await provider.put_comment(repository, thread, marker, f"{marker}\nso it is", in_reply_to=asked.id)
        assert [comment.body for comment in await host.comments(repository, thread)] == [
            "/status",
            f"{marker}\nso it is",
        ]


async def test_two_markers_are_two_comments(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    (thread, _) = await threads(host, repository, writer)
    other = "<!-- penstock:pipeline:web-2 -->"
    first = await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\nweb")
    assert await host.provider.put_comment(repository, thread, other, f"{other}\nweb-2") != first


async def test_the_bots_own_comment_is_recognisable_as_such(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    (thread, _) = await threads(host, repository, writer)
    await host.deliveries()
    await host.provider.put_comment(repository, thread, MARKER, f"{MARKER}\n/approve")
    told = [event for event in await events(host) if isinstance(event, CommentCreated)]
    assert all(event.by.bot for event in told)


async def test_a_reaction_shows_once(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    for thread in await threads(host, repository, writer):
        comment = await host.write_comment(repository, thread, writer, command(host, "approve"))
        for reaction in ("+1", "+1", "eyes", "confused"):
            await host.provider.react(comment, reaction)
        (seen,) = await host.comments(repository, thread)
        assert seen.reactions == ("+1", "confused", "eyes")


async def test_a_reaction_to_a_deleted_comment_is_refused(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    (thread, _) = await threads(host, repository, writer)
    comment = await host.write_comment(repository, thread, writer, command(host, "approve"))
    await host.delete_comment(comment)
    with pytest.raises(HostRefused):
        await host.provider.react(comment, "+1")


async def test_a_comment_on_a_pull_request_that_is_not_there_is_refused(host: HostUnderTest) -> None:
    repository = await host.repository()
    with pytest.raises(HostRefused):
        await host.provider.put_comment(repository, on(99), MARKER, f"{MARKER}\none")
