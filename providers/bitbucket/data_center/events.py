"""Bitbucket Data Center's payloads to our events. Pure: bytes in, events out, and whatever cannot be read is Ignored with the reason.

The kind comes from the delivery's header, never from a guess at the body.
https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.model.host_event import (
    CommentCreated,
    CommentRef,
    HostEvent,
    Ignored,
    Pinged,
    PullRequestChanged,
    PullRequestEdit,
    PullRequestEdited,
    Pushed,
    RepositoriesChanged,
    RepositoryChange,
    Thread,
    ThreadKind,
)
from bot.model.people import Person
from bot.model.pull_request import PullRequest
from bot.model.repository import Repository
from bot.model.triggers import PullRequestKind
from providers.base import reading
from providers.base.reading import Reader, commit_of, ref_of
from providers.bitbucket import marks
from providers.bitbucket.data_center import payloads

NAME = "bitbucket-dc"

NOT_FOR_US = {
    "pr:reviewer:approved": "reviews are Bitbucket's own: an approval is a comment command",
    "pr:reviewer:unapproved": "reviews are Bitbucket's own: an approval is a comment command",
    "pr:reviewer:needs_work": "reviews are Bitbucket's own: a refusal is a comment command",
    "pr:reviewer:changes_requested": "reviews are Bitbucket's own: a refusal is a comment command",
    "pr:reviewer:updated": "a pull request's reviewers were changed",
    "pr:to_ref_updated": "the target branch moved, and the pull request's commits are the same",
    "pr:comment:edited": "a comment was edited: only new ones are commands",
    "pr:comment:deleted": "a comment was deleted: only new ones are commands",
    "repo:comment:edited": "a comment was edited: only new ones are commands",
    "repo:comment:deleted": "a comment was deleted: only new ones are commands",
    "project:modified": "a project was renamed: repositories are known by their ids",
    "mirror:repo_synchronized": "a mirror caught up",
}


def read_events(kind: str, body: bytes, url: str) -> Sequence[HostEvent]:
    """Read the payload of an event of that kind from the Bitbucket at `url`."""
    return reading.read_events(READERS, NOT_FOR_US, kind, body, url)


def pull_request(payload: payloads.PullRequest) -> PullRequest:
    """A pull request as both the webhook and the API tell it."""
    source, target = payload.fromRef, payload.toRef
    author = payload.author.user
    return PullRequest(
        number=payload.id,
        head=source.latestCommit,
        source_branch=_short(source.id),
        target_branch=_short(target.id),
        base=target.latestCommit,
        title=payload.title,
        author=person(author) if author else None,
        open=payload.state == "OPEN",
        merged=payload.state == "MERGED",
        draft=payload.draft,
        same_repository=source.repository.id == target.repository.id,
    )


def person(user: payloads.User) -> Person:
    return Person(user.name, str(user.id), bot=user.type != "NORMAL")


def repository(payload: payloads.Repository) -> Repository:
    return Repository(NAME, str(payload.id), f"{payload.project.key}/{payload.slug}")


def _refs_changed(payload: payloads.RefsChanged) -> Sequence[HostEvent]:
    return tuple(_changes(payload)) or (Ignored("a push that changed no ref"),)


def _changes(payload: payloads.RefsChanged) -> Iterator[HostEvent]:
    """One event a ref. Message and author date are Git's to tell, and whether it was forced is not said."""
    for change in payload.changes:
        ref = ref_of(change.ref.id)
        if ref is None:
            yield Ignored("a push to a ref that is neither a branch nor a tag")
            continue
        yield Pushed(
            repository=repository(payload.repository),
            ref=ref,
            before=None if change.type == "ADD" else commit_of(change.fromHash),
            after=None if change.type == "DELETE" else commit_of(change.toHash),
            by=_actor(payload),
            default_branch="",
        )


def _pull_request(kind: PullRequestKind) -> "reading.Convert":
    def convert(payload: payloads.PullRequestEvent) -> HostEvent:
        changed = pull_request(payload.pullRequest)
        if kind is PullRequestKind.CLOSED:
            changed = replace(changed, open=False)  # one that was deleted is told as it was
        on = repository(payload.pullRequest.toRef.repository)
        return PullRequestChanged(on, changed, kind, _actor(payload, changed.author), default_branch="")

    return convert


def _modified(payload: payloads.PullRequestModified) -> HostEvent:
    """A new target branch asks the triggers anew; a new title does not."""
    before, now = payload.previousTarget, payload.pullRequest
    if before is not None and before.id != now.toRef.id:
        event: HostEvent = _pull_request(PullRequestKind.UPDATED)(payload)
        return event
    if payload.previousDraft not in (None, now.draft):
        changed, edit = pull_request(now), PullRequestEdit.DRAFTED if now.draft else PullRequestEdit.READY
        return PullRequestEdited(repository(now.toRef.repository), changed, edit, _actor(payload, changed.author), "")
    return Ignored("a pull request's text was edited, and its commits and its target are the same")


def _repository_modified(payload: payloads.RepositoryModified) -> HostEvent:
    """It was renamed or moved, and keeps its id; or archived, or that was taken back."""
    change = RepositoryChange.RENAMED
    if payload.new.archived != payload.old.archived:
        change = RepositoryChange.ARCHIVED if payload.new.archived else RepositoryChange.UNARCHIVED
    return RepositoriesChanged((repository(payload.new),), change, _actor(payload))


def _pull_request_comment(payload: payloads.PullRequestComment) -> HostEvent:
    thread = Thread(ThreadKind.PULL_REQUEST, str(payload.pullRequest.id))
    return _comment(payload, payload.pullRequest.toRef.repository, thread, payload.comment)


def _commit_comment(payload: payloads.CommitComment) -> HostEvent:
    return _comment(payload, payload.repository, Thread(ThreadKind.COMMIT, payload.commit), payload.comment)


def _comment(
    payload: payloads.Payload, on: payloads.Repository, thread: Thread, comment: payloads.Comment
) -> HostEvent:
    if comment.anchor is not None:
        return Ignored("a comment on a line of a diff: commands are read in the conversation only")
    author = comment.author or payload.actor
    if author is None:
        return Ignored("a comment of a deleted account")
    by = person(author)
    if marks.is_own(comment.text):
        by = replace(by, bot=True)
    return CommentCreated(CommentRef(repository(on), thread, str(comment.id)), by, comment.text)


def _ping(_: payloads.Diagnostics) -> HostEvent:
    """The button "Test connection": it is of no repository."""
    return Pinged()


def _actor(payload: payloads.Payload, otherwise: Person | None = None) -> Person:
    return person(payload.actor) if payload.actor else otherwise or Person("")


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")


def _page(payload: payloads.RefsChanged | payloads.CommitComment) -> str | None:
    return _link(payload.repository)


def _pull_request_page(payload: payloads.PullRequestEvent) -> str | None:
    return _link(payload.pullRequest.toRef.repository)


def _link(payload: payloads.Repository) -> str | None:
    return payload.links.self[0].href if payload.links.self else None


def _at(payload: payloads.Payload) -> float | None:
    return payload.date


READERS: reading.Readers = {
    "repo:refs_changed": Reader(payloads.RefsChanged, _refs_changed, _page, _at),
    "repo:modified": Reader(payloads.RepositoryModified, _repository_modified, lambda payload: _link(payload.new), _at),
    "pr:opened": Reader(payloads.PullRequestEvent, _pull_request(PullRequestKind.OPENED), _pull_request_page, _at),
    "pr:from_ref_updated": Reader(
        payloads.PullRequestEvent, _pull_request(PullRequestKind.UPDATED), _pull_request_page, _at
    ),
    "pr:modified": Reader(payloads.PullRequestModified, _modified, _pull_request_page, _at),
    "pr:merged": Reader(payloads.PullRequestEvent, _pull_request(PullRequestKind.CLOSED), _pull_request_page, _at),
    "pr:declined": Reader(payloads.PullRequestEvent, _pull_request(PullRequestKind.CLOSED), _pull_request_page, _at),
    "pr:deleted": Reader(payloads.PullRequestEvent, _pull_request(PullRequestKind.CLOSED), _pull_request_page, _at),
    "pr:comment:added": Reader(payloads.PullRequestComment, _pull_request_comment, _pull_request_page, _at),
    "repo:comment:added": Reader(payloads.CommitComment, _commit_comment, _page, _at),
    "diagnostics:ping": Reader(payloads.Diagnostics, _ping, lambda _: None),
}
