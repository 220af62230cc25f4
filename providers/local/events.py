"""What a delivery of the embedded host means, in the bot's own words. Pure: a kept delivery in, one event out, never an exception."""

from collections.abc import Callable, Mapping

from pydantic import ValidationError

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
from bot.model.repository import Ref, RefKind, Repository
from bot.model.triggers import PullRequestKind
from providers.base.reading import sound
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
    name = delivery.headers.get(EVENT_KEY, "")
    reader = READERS.get(name)
    if reader is None:
        return Ignored(f"The event {name!r} is none that starts or answers anything.")
    try:
        return sound(reader(delivery.body))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Ignored(f"The body of the {name} event can't be read: {where}: {first['msg']}"[:500])


def _push(body: bytes) -> HostEvent:
    push = PushBody.model_validate_json(body)
    ref = _ref(push.ref)
    if ref is None:
        return Ignored(f"{push.ref} is neither a branch nor a tag.")
    deleted = set(push.after) == {"0"}
    if push.head_commit is None and not deleted:
        return Ignored(f"{push.ref} does not name a commit.")
    head = push.head_commit
    return Pushed(
        repository=repository(push.repository),
        ref=ref,
        before=None if set(push.before) == {"0"} else push.before,
        after=None if deleted or head is None else head.id,
        by=person(push.pusher),
        default_branch=push.repository.default_branch,
        forced=push.forced,
        message=head.message if head else "",
        authored_at=head.authored_at if head else "",
        changed_paths=None if push.changed_paths is None else tuple(push.changed_paths),
    )


def _pull_request(body: bytes) -> HostEvent:
    change = PullRequestBody.model_validate_json(body)
    return PullRequestChanged(
        repository=repository(change.repository),
        pull_request=pull_request(change.pull_request),
        kind=KINDS[change.kind],
        by=person(change.sender),
        default_branch=change.repository.default_branch,
    )


def _comment(body: bytes) -> HostEvent:
    said = CommentBody.model_validate_json(body)
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


def _ping(body: bytes) -> HostEvent:
    return Pinged(repository(PingBody.model_validate_json(body).repository))


READERS: Mapping[str, Callable[[bytes], HostEvent]] = {
    "push": _push,
    "pull_request": _pull_request,
    "comment": _comment,
    "ping": _ping,
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


def _ref(name: str) -> Ref | None:
    for prefix, kind in (("refs/heads/", RefKind.BRANCH), ("refs/tags/", RefKind.TAG)):
        if name.startswith(prefix) and len(name) > len(prefix):
            return Ref(kind, name.removeprefix(prefix))
    return None
