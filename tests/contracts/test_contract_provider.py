"""The contract of `ports.Provider`: what every Git host's adapter does, seen from both sides, over real Git and real webhooks."""

import pickle
from collections.abc import Mapping

import pytest

from bot.model.delivery import Delivery
from bot.model.host_event import (
    CommentCreated,
    CommentRef,
    HostEvent,
    Ignored,
    Pinged,
    PullRequestChanged,
    Pushed,
    Thread,
    ThreadKind,
)
from bot.model.people import Person, Role
from bot.model.repository import Ref, RefKind, Repository
from bot.model.status import CommitStatus, StatusState
from bot.model.triggers import PullRequestKind
from bot.ports import FoundRepository, HostRefused, NotADelivery, SignatureMissing, SignatureWrong
from providers.features import has
from tests.contracts.conftest import HOSTS
from tests.contracts.host_under_test import HostUnderTest, SentDelivery

MARKER = "<!-- penstock:pipeline:web -->"


async def events(host: HostUnderTest) -> list[HostEvent]:
    """What came in over HTTP since last asked, through the adapter as the intake uses it."""
    return [event for sent in await host.deliveries() for event in await read(host, sent)]


async def read(host: HostUnderTest, sent: SentDelivery) -> list[HostEvent]:
    host.provider.verify(sent.headers, sent.body)
    told = host.provider.read(host.provider.delivery(sent.headers, sent.body, 1.0))
    return [await host.provider.complete(event) for event in told]


def command(host: HostUnderTest, name: str) -> str:
    """As people are told to type it there."""
    return f"{host.provider.limits.command_prefix}{name}"


def has_feature(host: HostUnderTest, name: str) -> bool:
    return has(host.provider.name, name).has


def branch(name: str) -> Ref:
    return Ref(RefKind.BRANCH, name)


def on(number: int) -> Thread:
    return Thread(ThreadKind.PULL_REQUEST, str(number))


def same_person(one: Person | None, other: Person) -> bool:
    return one is not None and (one.id, one.login) == (other.id, other.login)


async def a_writer(host: HostUnderTest) -> tuple[Repository, Person]:
    repository = await host.repository()
    writer = await host.person(repository, Role.WRITE)
    await host.deliveries()
    return repository, writer


# --- Deliveries ------------------------------------------------------------------------------------------------------


async def one_delivery(host: HostUnderTest) -> SentDelivery:
    repository, writer = await a_writer(host)
    await host.push(repository, "main", writer, {"a": "1"})
    return (await host.deliveries())[0]


def without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key.lower() != name.lower()}


async def test_a_true_signature_is_taken_whatever_case_the_header_names_have(host: HostUnderTest) -> None:
    sent = await one_delivery(host)
    host.provider.verify(sent.headers, sent.body)
    host.provider.verify({name.upper(): value for name, value in sent.headers.items()}, sent.body)


async def test_a_changed_body_is_refused(host: HostUnderTest) -> None:
    sent = await one_delivery(host)
    with pytest.raises(SignatureWrong):
        host.provider.verify(sent.headers, sent.body + b" ")


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha256=\u00e9", "sha1=" + "0" * 40, "0" * 64])
async def test_a_malformed_signature_is_refused(host: HostUnderTest, signature: str) -> None:
    sent = await one_delivery(host)
    headers = without(sent.headers, host.signature_header) | {host.signature_header: signature}
    with pytest.raises((SignatureWrong, SignatureMissing)):
        host.provider.verify(headers, sent.body)


async def test_a_delivery_without_signature_is_refused(host: HostUnderTest) -> None:
    sent = await one_delivery(host)
    with pytest.raises(SignatureMissing):
        host.provider.verify(without(sent.headers, host.signature_header), sent.body)


@pytest.mark.parametrize("secrets", [(), ("",)], ids=["none", "empty"])
async def test_with_no_secret_set_every_delivery_is_refused(host: HostUnderTest, secrets: tuple[str, ...]) -> None:
    sent = await one_delivery(host)
    with pytest.raises(SignatureMissing):
        host.provider_with(secrets).verify(sent.headers, sent.body)


async def test_while_secrets_rotate_the_old_and_the_new_are_taken(host: HostUnderTest) -> None:
    sent = await one_delivery(host)
    host.provider_with(("new", host.secret)).verify(sent.headers, sent.body)
    with pytest.raises(SignatureWrong):
        host.provider_with(("new", "newer")).verify(sent.headers, sent.body)


async def test_a_delivery_is_named_by_the_host_and_kept_without_its_signature(host: HostUnderTest) -> None:
    sent = await one_delivery(host)
    kept = host.provider.delivery(sent.headers, sent.body, 7.0)
    assert (kept.provider, kept.body, kept.received_at) == (host.provider.name, sent.body, 7.0)
    assert kept.id
    assert all(name == name.lower() for name in kept.headers)
    assert host.signature_header.lower() not in kept.headers
    [event] = host.provider.read(kept)
    assert isinstance(event, Pushed)
    assert host.provider.read(kept) == host.provider.read(kept)
    assert pickle.loads(pickle.dumps(host.provider.reading))(kept) == host.provider.read(kept)


async def test_what_lacks_the_hosts_headers_is_no_delivery(host: HostUnderTest) -> None:
    with pytest.raises(NotADelivery):
        host.provider.delivery({"content-type": "application/json"}, b"{}", 1.0)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"repository": 1}', b"\xff", b"[" * 100_000], ids=lambda body: repr(body[:9])
)
async def test_a_body_that_cannot_be_read_is_ignored_with_a_reason(host: HostUnderTest, body: bytes) -> None:
    sent = await one_delivery(host)
    kept = host.provider.delivery(sent.headers, body, 1.0)
    [event] = host.provider.read(kept)
    assert isinstance(event, Ignored)
    assert event.reason


async def test_a_kind_of_event_that_is_not_ours_is_ignored(host: HostUnderTest) -> None:
    sent = await one_delivery(host)
    kept = host.provider.delivery(sent.headers, sent.body, 1.0)
    headers = dict.fromkeys(kept.headers, "star")
    [event] = host.provider.read(Delivery(kept.provider, kept.id, headers, kept.body, 1.0))
    assert isinstance(event, Ignored)


@pytest.mark.parametrize(
    "host", sorted(name for name in HOSTS if has(name.removesuffix("-app"), "pings").has), indirect=True
)
async def test_a_ping_is_read_as_such(host: HostUnderTest) -> None:
    repository, _ = await a_writer(host)
    await host.ping(repository)
    assert await events(host) == [Pinged(repository)]


# --- Pushes ----------------------------------------------------------------------------------------------------------


async def pushed(host: HostUnderTest) -> Pushed:
    (event,) = [event for event in await events(host) if isinstance(event, Pushed)]
    return event


async def test_a_push_to_a_branch_tells_the_commit_and_who(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    before = await host.provider.head(repository, "main")
    commit = await host.push(repository, "main", writer, {"src/a": "1"})
    event = await pushed(host)
    assert (event.repository, event.ref, event.before, event.after) == (repository, branch("main"), before, commit)
    assert same_person(event.by, writer)
    assert (event.default_branch, event.forced) == ("main", False)
    assert bool(event.message) == bool(event.authored_at)  # what is not told, Git is asked
    assert event.changed_paths in (("src/a",), None)


async def test_a_new_branch_has_no_before(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    commit = await host.push(repository, "fix/one", writer, {"a": "1"})
    event = await pushed(host)
    assert (event.ref, event.before, event.after) == (branch("fix/one"), None, commit)


async def test_a_forced_push_says_so(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    before = await host.push(repository, "fix", writer, {"a": "1"})
    await host.deliveries()
    commit = await host.force_push(repository, "fix", writer)
    event = await pushed(host)
    assert (event.before, event.after, event.forced) == (before, commit, has_feature(host, "forced"))


async def test_a_deleted_branch_has_no_after(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    before = await host.push(repository, "fix", writer, {"a": "1"})
    await host.deliveries()
    await host.delete_branch(repository, "fix", writer)
    event = await pushed(host)
    assert (event.ref, event.before, event.after) == (branch("fix"), before, None)


async def test_a_tag_is_told_by_the_commit_it_names(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    commit = await host.push_tag(repository, "v1.0", writer)
    event = await pushed(host)
    assert (event.ref, event.before, event.after) == (Ref(RefKind.TAG, "v1.0"), None, commit)


# --- Pull requests ---------------------------------------------------------------------------------------------------


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


async def test_a_merge_is_told_as_closed_and_as_a_push_to_the_target(host: HostUnderTest) -> None:
    repository, writer = await a_writer(host)
    await host.push(repository, "fix", writer, {"a": "1"})
    opened = await host.pull_request(repository, "fix", writer, "Fix")
    await host.deliveries()
    await host.merge(repository, opened.number, writer)
    told = await events(host)
    (closed,) = [event for event in told if isinstance(event, PullRequestChanged)]
    assert (closed.kind, closed.pull_request.open, closed.pull_request.merged) == (PullRequestKind.CLOSED, False, True)
    (push,) = [event for event in told if isinstance(event, Pushed)]
    assert (push.ref, push.after) == (branch("main"), await host.provider.head(repository, "main"))


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


# --- Comments --------------------------------------------------------------------------------------------------------


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


# --- Statuses --------------------------------------------------------------------------------------------------------


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


# --- People ----------------------------------------------------------------------------------------------------------


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


# --- Links and Git ---------------------------------------------------------------------------------------------------


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
