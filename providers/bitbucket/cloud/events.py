"""Bitbucket Cloud's payloads to our events. Pure: bytes in, events out, and whatever cannot be read is Ignored with the reason.

The kind comes from the delivery's header, never from a guess at the body.
https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
"""

from collections.abc import Iterator, Sequence

from bot.model.host_event import (
    CommentCreated,
    CommentRef,
    HostEvent,
    Ignored,
    PullRequestChanged,
    Pushed,
    RepositoriesChanged,
    RepositoryChange,
    Thread,
    ThreadKind,
)
from bot.model.people import Person
from bot.model.pull_request import PullRequest
from bot.model.repository import Ref, RefKind, Repository
from bot.model.triggers import PullRequestKind
from providers.base import reading
from providers.base.reading import Reader
from providers.bitbucket import marks
from providers.bitbucket.cloud import payloads

NAME = "bitbucket"

REF_KINDS = {
    "branch": RefKind.BRANCH,
    "named_branch": RefKind.BRANCH,
    "tag": RefKind.TAG,
    "annotated_tag": RefKind.TAG,
}

NOT_FOR_US = {
    "pullrequest:approved": "reviews are Bitbucket's own: an approval is a comment command",
    "pullrequest:unapproved": "reviews are Bitbucket's own: an approval is a comment command",
    "pullrequest:changes_request_created": "reviews are Bitbucket's own: a refusal is a comment command",
    "pullrequest:changes_request_removed": "reviews are Bitbucket's own: a refusal is a comment command",
    "pullrequest:comment_updated": "a comment was edited: only new ones are commands",
    "pullrequest:comment_deleted": "a comment was deleted: only new ones are commands",
    "pullrequest:comment_resolved": "a comment was resolved: only new ones are commands",
    "pullrequest:comment_reopened": "a comment was reopened: only new ones are commands",
    "repo:commit_status_created": "a build status was set",
    "repo:commit_status_updated": "a build status was set",
}

OPEN = ("OPEN", "DRAFT", "QUEUED")
"""https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/ (the states of a pull request)"""


def read_events(kind: str, body: bytes, url: str) -> Sequence[HostEvent]:
    """Read the payload of an event of that kind from the Bitbucket at `url`."""
    return reading.read_events(READERS, NOT_FOR_US, kind, body, url)


def pull_request(payload: payloads.PullRequest) -> PullRequest:
    """A pull request as both the webhook and the API tell it: with commit ids that may be only their beginnings."""
    source, destination = payload.source, payload.destination
    return PullRequest(
        number=payload.id,
        head=source.commit.hash if source.commit else "",
        source_branch=source.branch.name,
        target_branch=destination.branch.name,
        base=destination.commit.hash if destination.commit else "",
        title=payload.title,
        author=person(payload.author) if payload.author else None,
        open=payload.state in OPEN,
        merged=payload.state == "MERGED",
        draft=payload.draft,
        same_repository=_uuid(source) != "" and _uuid(source) == _uuid(destination),
    )


def person(account: payloads.Account) -> Person:
    """Named in a pipeline file by what is theirs alone: everybody may take any nickname."""
    names = tuple(name for name in (account.account_id, account.uuid) if name)
    login = account.nickname or account.display_name or account.uuid
    return Person(login, account.uuid, bot=account.type != "user", names=names)


def repository(payload: payloads.Repository) -> Repository:
    return Repository(NAME, payload.uuid, payload.full_name)


def _uuid(end: payloads.End) -> str:
    return end.repository.uuid if end.repository else ""


def _push(payload: payloads.Push) -> Sequence[HostEvent]:
    events = tuple(_changes(payload))
    return events or (Ignored("a push that changed neither a branch nor a tag"),)


def _changes(payload: payloads.Push) -> Iterator[HostEvent]:
    """One event a ref. The listed commits are not looked at: five at most are, with no paths."""
    by = person(payload.actor) if payload.actor else Person("")
    for change in payload.push.changes:
        state = change.new or change.old
        kind = REF_KINDS.get(state.type) if state else None
        if state is None or kind is None or not state.name:
            yield Ignored("a push to a ref that is neither a branch nor a tag")
            continue
        new = change.new.target if change.new else None
        yield Pushed(
            repository=repository(payload.repository),
            ref=Ref(kind, state.name),
            before=change.old.target.hash if change.old else None,
            after=new.hash if new else None,
            by=by,
            default_branch="",
            forced=change.forced,
            message=new.message.rstrip("\n") if new else "",
            authored_at=new.date if new else "",
        )


def _pull_request(kind: PullRequestKind, *, sure: bool = True) -> "reading.Convert":
    """An update is told of whatever was edited, so that what is new is not sure."""

    def convert(payload: payloads.PullRequestEvent) -> HostEvent:
        changed = pull_request(payload.pullrequest)
        if not changed.head:
            return Ignored("a pull request whose source is no longer there")
        return PullRequestChanged(
            repository=repository(payload.repository),
            pull_request=changed,
            kind=kind,
            by=person(payload.actor) if payload.actor else changed.author or Person(""),
            default_branch="",
            surely_new=sure,
        )

    return convert


def _repository(change: RepositoryChange) -> "reading.Convert":
    """Whatever of it was changed, its name is the newest: it is known by its UUID."""

    def convert(payload: payloads.Payload) -> HostEvent:
        by = person(payload.actor) if payload.actor else Person("")
        return RepositoriesChanged((repository(payload.repository),), change, by)

    return convert


def _pull_request_comment(payload: payloads.PullRequestComment) -> HostEvent:
    thread = Thread(ThreadKind.PULL_REQUEST, str(payload.pullrequest.id))
    return _comment(payload, thread, payload.comment)


def _commit_comment(payload: payloads.CommitComment) -> HostEvent:
    return _comment(payload, Thread(ThreadKind.COMMIT, payload.commit.hash), payload.comment)


def _comment(payload: payloads.Payload, thread: Thread, comment: payloads.Comment) -> HostEvent:
    if comment.inline is not None:
        return Ignored("a comment on a line of a diff: commands are read in the conversation only")
    if comment.pending or comment.deleted:
        return Ignored("a comment that is not there for all to read")
    if comment.user is None:
        return Ignored("a comment of a deleted account")
    by, on, body = person(comment.user), repository(payload.repository), comment.content.raw
    if marks.is_own(body):
        by = Person(by.login, by.id, bot=True, names=by.names)
    return CommentCreated(CommentRef(on, thread, str(comment.id)), by, body)


def _page(payload: payloads.Payload) -> str:
    return payload.repository.links.html.href


def _changed_at(payload: payloads.PullRequestEvent) -> float | None:
    return payload.pullrequest.updated_on


def _written_at(payload: payloads.PullRequestComment | payloads.CommitComment) -> float | None:
    return payload.comment.created_on


READERS: reading.Readers = {
    "repo:push": Reader(payloads.Push, _push, _page),
    "repo:updated": Reader(payloads.Payload, _repository(RepositoryChange.RENAMED), _page),
    "repo:transfer": Reader(payloads.Payload, _repository(RepositoryChange.RENAMED), _page),
    "repo:deleted": Reader(payloads.Payload, _repository(RepositoryChange.DELETED), _page),
    "pullrequest:created": Reader(payloads.PullRequestEvent, _pull_request(PullRequestKind.OPENED), _page, _changed_at),
    "pullrequest:updated": Reader(
        payloads.PullRequestEvent, _pull_request(PullRequestKind.UPDATED, sure=False), _page, _changed_at
    ),
    "pullrequest:fulfilled": Reader(
        payloads.PullRequestEvent, _pull_request(PullRequestKind.CLOSED), _page, _changed_at
    ),
    "pullrequest:rejected": Reader(
        payloads.PullRequestEvent, _pull_request(PullRequestKind.CLOSED), _page, _changed_at
    ),
    "pullrequest:comment_created": Reader(payloads.PullRequestComment, _pull_request_comment, _page, _written_at),
    "repo:commit_comment_created": Reader(payloads.CommitComment, _commit_comment, _page, _written_at),
}
