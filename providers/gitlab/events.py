"""GitLab's payloads to our events. Pure: bytes in, an event out, and whatever cannot be read is Ignored with the reason.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

import re
from collections.abc import Sequence

from bot.model.host_event import (
    CommentCreated,
    CommentRef,
    HostEvent,
    Ignored,
    PullRequestChanged,
    PullRequestEdit,
    PullRequestEdited,
    Pushed,
    Thread,
    ThreadKind,
)
from bot.model.people import Person
from bot.model.pull_request import PullRequest
from bot.model.repository import RefKind, Repository
from bot.model.triggers import PullRequestKind
from providers.base import reading
from providers.base.payloads import moment
from providers.base.reading import Reader, commit_of, is_own_comment, ref_of, words_of
from providers.gitlab import payloads

MERGE_REQUEST_KINDS = {
    "open": PullRequestKind.OPENED,
    "reopen": PullRequestKind.OPENED,
    "close": PullRequestKind.CLOSED,
    "merge": PullRequestKind.CLOSED,
}

APPROVED = "approvals are GitLab's own: here an approval is a comment command"
MERGE_REQUEST_IGNORED = dict.fromkeys(("approved", "unapproved", "approval", "unapproval"), APPROVED)

NOT_FOR_US = {
    "pipeline": "pipelines are GitLab's own, and the statuses set here are part of them",
    "job": "jobs are GitLab's own",
    "confidential_note": "an internal note, or one on something confidential, is never acted on",
    "emoji": "a reaction was given",
    "system": "a system hook: set the webhook on the project or its group",
    "deployment": "deployments are told by whoever deploys",
}

PROJECT_BOT = re.compile(r"(project|group)_[0-9]+_bot(_?[0-9a-z]*)?")
"""The account behind a project's or group's access token. Other bots show when their role is looked up.

https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects
"""


def read_event(kind: str, body: bytes, url: str) -> HostEvent:
    """Read the payload of an event of that kind from the GitLab at `url`."""
    return reading.read_event(_READERS, NOT_FOR_US, kind, body, url)


def read_events(kind: str, body: bytes, url: str) -> Sequence[HostEvent]:
    """The one event, as a host's reading is asked for."""
    return (read_event(kind, body, url),)


def person(identity: int | None, username: str) -> Person:
    return Person(username, "" if identity is None else str(identity), bot=PROJECT_BOT.fullmatch(username) is not None)


def _push(payload: payloads.Push) -> HostEvent:
    """A push does not say whether it was forced, of more than 20 commits it lists only some, and of those it tells when
    they were committed, not written: what changed, the message and the author's date are left to Git.
    """
    ref = ref_of(payload.ref)
    if ref is None:
        return Ignored("a push to a ref that is neither a branch nor a tag")
    repository = _repository(payload)
    if repository is None:
        return Ignored("a push that does not say to which project")
    after = commit_of(payload.after)
    if after is not None and ref.kind is RefKind.TAG:
        after = payload.checkout_sha
        if after is None:
            return Ignored("a tag that names no commit")
    return Pushed(
        repository=repository,
        ref=ref,
        before=commit_of(payload.before),
        after=after,
        by=person(payload.user_id, payload.user_username or payload.user_name),
        default_branch=payload.project.default_branch or "",
    )


def _merge_request(payload: payloads.MergeRequestEvent) -> HostEvent:
    request = payload.object_attributes
    what = _what(payload)
    if isinstance(what, Ignored):
        return what
    if request.last_commit is None:
        return Ignored("a merge request without a commit")
    repository = _repository(payload)
    if repository is None or str(request.target_project_id) != repository.id:
        return Ignored("a merge request into another project than the delivery is about")
    by = person(payload.user.id, payload.user.username) if payload.user else Person("")
    changed = PullRequest(
        number=request.iid,
        head=request.last_commit.id,
        source_branch=request.source_branch,
        target_branch=request.target_branch,
        title=request.title,
        author=_author(request.author_id, by),
        open=request.state in ("opened", "locked"),
        merged=request.state == "merged",
        draft=request.draft or request.work_in_progress,
        same_repository=request.source_project_id == request.target_project_id,
        labels=tuple(label.title for label in payload.labels),
    )
    default_branch = payload.project.default_branch or ""
    if isinstance(what, PullRequestEdit):
        return PullRequestEdited(repository, changed, what, by, default_branch)
    return PullRequestChanged(repository, changed, what, by, default_branch)


def _what(payload: payloads.MergeRequestEvent) -> PullRequestKind | PullRequestEdit | Ignored:
    """`oldrev` is there "only when there are actual code changes": other updates leave the commits as they are."""
    request, changes = payload.object_attributes, payload.changes
    if request.action == "update":
        if request.oldrev is not None or changes.target_branch is not None:
            return PullRequestKind.UPDATED
        if changes.draft is not None:
            return PullRequestEdit.DRAFTED if changes.draft.current else PullRequestEdit.READY
        if changes.labels is not None:
            fewer = len(changes.labels.current) < len(changes.labels.previous)
            return PullRequestEdit.UNLABELLED if fewer else PullRequestEdit.LABELLED
        return Ignored("a merge request's text or people changed, and its commits and its target are the same")
    kind = MERGE_REQUEST_KINDS.get(request.action)
    if kind is None:
        reason = MERGE_REQUEST_IGNORED.get(request.action)
        return Ignored(reason or f"nothing follows from a merge request's {words_of(request.action)}")
    return kind


def _author(identity: int | None, by: Person) -> Person | None:
    """The delivery tells the author's id alone; the login too where it is the author who did it."""
    if identity is None:
        return None
    return by if by.id == str(identity) else Person("", str(identity))


def _note(payload: payloads.NoteEvent) -> HostEvent:
    note = payload.object_attributes
    if (reason := _why_not(payload)) is not None:
        return Ignored(reason)
    thread = _thread(payload)
    repository = _repository(payload)
    if thread is None or repository is None:
        return Ignored(
            f"a comment on {words_of((note.noteable_type or 'something').lower())}, not on a merge request or a commit"
        )
    by = person(note.author_id, payload.user.username if payload.user else "")
    if is_own_comment(note.note):
        by = Person(by.login, by.id, bot=True)
    resolvable = thread.kind is ThreadKind.PULL_REQUEST and note.type == "DiscussionNote"
    discussion = (note.discussion_id or "") if resolvable else ""
    return CommentCreated(CommentRef(repository, thread, str(note.id), discussion), by, note.note)


def _why_not(payload: payloads.NoteEvent) -> str | None:
    """Why a note is not acted on.

    Deliveries without `action` come from a GitLab older than 16.11, which tells of new notes only; one whose times differ
    is not believed to be new all the same.
    """
    note = payload.object_attributes
    teller = payload.user.id if payload.user else None
    reasons = (
        (note.system, "GitLab's own words"),
        (bool(note.internal) or payload.event_type != "note", NOT_FOR_US["confidential_note"]),
        (note.type == "DiffNote", "a comment on a line of a diff: commands are read in the conversation only"),
        (note.action not in (None, "create"), "a comment was edited: only new ones are commands"),
        (
            note.action is None and note.created_at != note.updated_at,
            "a comment that may have been edited: only new ones are commands",
        ),
        (note.author_id is None or teller not in (None, note.author_id), "a comment that does not say who wrote it"),
    )
    return next((reason for so, reason in reasons if so), None)


def _thread(payload: payloads.NoteEvent) -> Thread | None:
    note = payload.object_attributes
    if note.noteable_type == "MergeRequest" and payload.merge_request is not None:
        return Thread(ThreadKind.PULL_REQUEST, str(payload.merge_request.iid))
    if note.noteable_type == "Commit" and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", note.commit_id or ""):
        return Thread(ThreadKind.COMMIT, note.commit_id or "")
    return None


def _repository(payload: payloads.Payload) -> Repository | None:
    """By number: a project keeps it when it is renamed or transferred."""
    identity = payload.project.id or payload.project_id
    if identity is None:
        return None
    return Repository("gitlab", str(identity), payload.project.path_with_namespace)


def _page(payload: payloads.Payload) -> str:
    return payload.project.web_url


_READERS: reading.Readers = {
    "push": Reader(payloads.Push, _push, _page),
    "tag_push": Reader(payloads.Push, _push, _page),
    "merge_request": Reader(
        payloads.MergeRequestEvent, _merge_request, _page, lambda payload: payload.object_attributes.updated_at
    ),
    "note": Reader(payloads.NoteEvent, _note, _page, lambda payload: moment(payload.object_attributes.created_at)),
}
