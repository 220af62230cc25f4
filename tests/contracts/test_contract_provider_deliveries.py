"""The contract of `ports.Provider`, its deliveries: which are taken, and what they are read as. Seen from both sides, over real webhooks."""

import pickle
from collections.abc import Mapping

import pytest

from bot.model.delivery import Delivery
from bot.model.host_event import (
    Ignored,
    Pinged,
    PullRequestChanged,
    Pushed,
)
from bot.model.repository import Ref, RefKind
from bot.model.triggers import PullRequestKind
from bot.ports import NotADelivery, SignatureMissing, SignatureWrong
from providers.features import has
from tests.contracts.asking import a_writer, events, has_feature, same_person
from tests.contracts.conftest import HOSTS
from tests.contracts.host_under_test import HostUnderTest, SentDelivery


def branch(name: str) -> Ref:
    return Ref(RefKind.BRANCH, name)


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
