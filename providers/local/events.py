"""What a delivery of the embedded host means, in the bot's own words. Pure: a kept delivery in, one event out, never an exception."""

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
from bot.model.people import Person
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.triggers import PullRequestKind
from providers.base import reading
from providers.base.payloads import Model
from providers.base.reading import Reader, commit_of, ref_of
from providers.local.payloads import (
    CommentBody,
    PingBody,
    PullRequestBody,
    PullRequestPart,
    PushBody,
    RepositoryBody,
    UserBody,
)
from providers.local.webhooks import EVENT_KEY, PROVIDER

KINDS = {
    "opened": PullRequestKind.OPENED,
    "reopened": PullRequestKind.OPENED,
    "updated": PullRequestKind.UPDATED,
    "closed": PullRequestKind.CLOSED,
}


def read(delivery: Delivery) -> HostEvent:
    return reading.read_event(READERS, {}, delivery.headers.get(EVENT_KEY, ""), delivery.body, "")


def _push(push: PushBody) -> HostEvent:
    ref = ref_of(push.ref)
    if ref is None:
        return Ignored(f"{push.ref} is neither a branch nor a tag.")
    after, head = commit_of(push.after), push.head_commit
    if head is None and after is not None:
        return Ignored(f"{push.ref} does not name a commit.")
    return Pushed(
        repository=repository(push.repository),
        ref=ref,
        before=commit_of(push.before),
        after=head.id if head and after else None,
        by=person(push.pusher),
        default_branch=push.repository.default_branch,
        forced=push.forced,
        message=head.message if head else "",
        authored_at=head.authored_at if head else "",
        changed_paths=None if push.changed_paths is None else tuple(push.changed_paths),
    )


def _pull_request(change: PullRequestBody) -> HostEvent:
    return PullRequestChanged(
        repository=repository(change.repository),
        pull_request=pull_request(change.pull_request),
        kind=KINDS[change.kind],
        by=person(change.sender),
        default_branch=change.repository.default_branch,
    )


def _comment(said: CommentBody) -> HostEvent:
    if said.kind != "created":
        return Ignored(f"A comment was {said.kind}: only new comments are acted on.")
    thread = Thread(ThreadKind(said.thread.kind), said.thread.name)
    if not _names_one(thread):
        return Ignored(f"There is no {thread.kind} that could be called {thread.name}.")
    return CommentCreated(
        comment=CommentRef(repository(said.repository), thread, str(said.comment.id)),
        by=person(said.comment.author),
        body=said.comment.body,
    )


def _names_one(thread: Thread) -> bool:
    name = thread.name
    return name.isdecimal() and name.isascii() if thread.kind is ThreadKind.PULL_REQUEST else len(name) in (40, 64)


def _ping(ping: PingBody) -> HostEvent:
    return Pinged(repository(ping.repository))


def _nowhere(_: Model) -> None:
    """There is but one such host, and it signs with a key that the bot makes itself: no address is to be held against its own."""


READERS: reading.Readers = {
    "push": Reader(PushBody, _push, _nowhere),
    "pull_request": Reader(PullRequestBody, _pull_request, _nowhere),
    "comment": Reader(CommentBody, _comment, _nowhere, lambda said: said.comment.created_at),
    "ping": Reader(PingBody, _ping, _nowhere),
}


def repository(body: RepositoryBody) -> Repository:
    return Repository(PROVIDER, str(body.id), body.full_name)


def person(body: UserBody) -> Person:
    return Person(body.login, str(body.id), body.bot)


def pull_request(part: PullRequestPart) -> PullRequest:
    return PullRequest(
        number=part.number,
        head=part.head,
        source_branch=part.source_branch,
        target_branch=part.target_branch,
        base=part.base,
        title=part.title,
        author=person(part.author),
        open=part.open,
        merged=part.merged,
    )
