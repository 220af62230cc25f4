"""GitHub's payloads to our events. Pure: bytes in, an event out, and whatever cannot be read is Ignored with the reason.

The kind comes from the delivery's header, never from a guess at the body.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Sequence

from bot.model.check import CheckButton
from bot.model.host_event import (
    CheckAnswered,
    CheckRerequested,
    CommentCreated,
    CommentRef,
    HostEvent,
    Ignored,
    MergeGroupChanged,
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
from bot.model.repository import RefKind, Repository
from bot.model.triggers import PullRequestKind
from providers.base import reading
from providers.base.reading import Reader, commit_of, is_own_comment, ref_of, words_of
from providers.github import payloads

PULL_REQUEST_KINDS = {
    "opened": PullRequestKind.OPENED,
    "reopened": PullRequestKind.OPENED,
    "synchronize": PullRequestKind.UPDATED,
    "closed": PullRequestKind.CLOSED,
}

PULL_REQUEST_EDITS = {
    "ready_for_review": PullRequestEdit.READY,
    "converted_to_draft": PullRequestEdit.DRAFTED,
    "labeled": PullRequestEdit.LABELLED,
    "unlabeled": PullRequestEdit.UNLABELLED,
}

PULL_REQUEST_IGNORED = {
    "edited": "a pull request's text was edited, and its commits and its target are the same",
}

REPOSITORY_CHANGES = {
    "renamed": RepositoryChange.RENAMED,
    "transferred": RepositoryChange.RENAMED,
    "deleted": RepositoryChange.DELETED,
    "archived": RepositoryChange.ARCHIVED,
    "unarchived": RepositoryChange.UNARCHIVED,
}

INSTALLATION_CHANGES = {
    "created": RepositoryChange.CONNECTED,
    "unsuspend": RepositoryChange.CONNECTED,
    "added": RepositoryChange.CONNECTED,
    "deleted": RepositoryChange.DISCONNECTED,
    "suspend": RepositoryChange.DISCONNECTED,
    "removed": RepositoryChange.DISCONNECTED,
}

NOT_FOR_US = {
    "pull_request_review": "reviews are GitHub's own: an approval is a comment command",
    "pull_request_review_comment": "a comment on a line of a diff: commands are read in the conversation only",
    "create": "a created branch or tag is told by its push",
    "delete": "a deleted branch or tag is told by its push",
    "status": "a commit status was set",
}

QUEUE = "gh-readonly-queue/"
"""What the merge queue's own branches begin with.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

FILES_OF_A_COMMIT = 3000
"""GitHub reports no more changed files of one commit in a push."""


def read_event(kind: str, body: bytes, url: str) -> HostEvent:
    """Read the payload of an event of that kind from the GitHub at `url`."""
    return reading.read_event(_READERS, NOT_FOR_US, kind, body, url)


def read_events(kind: str, body: bytes, url: str) -> Sequence[HostEvent]:
    """The one event, as a host's reading is asked for."""
    return (read_event(kind, body, url),)


def pull_request(payload: payloads.PullRequest) -> PullRequest:
    """A pull request as both the webhook and the API tell it."""
    head, base = payload.head, payload.base
    return PullRequest(
        number=payload.number,
        head=head.sha,
        source_branch=head.ref,
        target_branch=base.ref,
        base=base.sha,
        title=payload.title,
        author=_person(payload.user) if payload.user else None,
        open=payload.state == "open",
        merged=payload.merged,
        draft=payload.draft,
        same_repository=head.repo is not None and base.repo is not None and head.repo.id == base.repo.id,
        labels=tuple(label.name for label in payload.labels),
    )


def _push(payload: payloads.Push) -> HostEvent:
    ref = ref_of(payload.ref)
    if ref is None:
        return Ignored("a push to a ref that is neither a branch nor a tag")
    if ref.kind is RefKind.BRANCH and ref.name.startswith(QUEUE):
        return Ignored("a branch of the merge queue, which asks by an event of its own")
    before, after, head = commit_of(payload.before), commit_of(payload.after), payload.head_commit
    if after is not None and ref.kind is RefKind.TAG and head is not None:
        after = head.id  # `after` is the tag object where the tag is annotated; the head commit is what it names.
    return Pushed(
        repository=_repository(payload.repository),
        ref=ref,
        before=before,
        after=after,
        by=_person(payload.sender) if payload.sender else Person(payload.pusher.name),
        default_branch=payload.repository.default_branch,
        forced=payload.forced,
        message=head.message if head and after else "",
        authored_at=_authored_at(head) if head and after else "",
        changed_paths=_changed_paths(payload) if before and after else None,
    )


def _changed_paths(payload: payloads.Push) -> tuple[str, ...] | None:
    """The paths that differ between before and after, where the payload surely tells them all; else Git is asked.

    Only one commit on top of `before` has exactly the push's difference as its own: of several, one may undo another, a
    forced push takes commits away that are not listed, and at most 2048 commits are.
    https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
    """
    if payload.forced or len(payload.commits) != 1 or payload.commits[0].id != payload.after:
        return None
    (commit,) = payload.commits
    paths = {*commit.added, *commit.removed, *commit.modified}
    return tuple(sorted(paths)) if 0 < len(paths) < FILES_OF_A_COMMIT else None


def _pull_request(payload: payloads.PullRequestEvent) -> HostEvent:
    repository, changed = _repository(payload.repository), pull_request(payload.pull_request)
    teller = payload.sender or payload.pull_request.user
    by, default_branch = _person(teller) if teller else Person(""), payload.repository.default_branch
    if (edit := PULL_REQUEST_EDITS.get(payload.action)) is not None:
        return PullRequestEdited(repository, changed, edit, by, default_branch)
    if (kind := _kind(payload)) is not None:
        return PullRequestChanged(repository, changed, kind, by, default_branch)
    reason = PULL_REQUEST_IGNORED.get(payload.action)
    return Ignored(reason or f"nothing follows from a pull request being {words_of(payload.action)}")


def _kind(payload: payloads.PullRequestEvent) -> PullRequestKind | None:
    """One that gets another target branch is another change, though its commits are the same."""
    if payload.action == "edited" and payload.changes.base is not None:
        return PullRequestKind.UPDATED
    return PULL_REQUEST_KINDS.get(payload.action)


def _merge_group(payload: payloads.MergeGroupEvent) -> HostEvent:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group."""
    if payload.action not in ("checks_requested", "destroyed"):
        return Ignored(f"nothing follows from a merge group being {words_of(payload.action)}")
    group = payload.merge_group
    own, target = ref_of(group.head_ref), ref_of(group.base_ref)
    if own is None or target is None:
        return Ignored("a merge group of something else than branches")
    return MergeGroupChanged(
        repository=_repository(payload.repository),
        branch=own.name,
        head=group.head_sha,
        base=group.base_sha,
        target_branch=target.name,
        by=_person(payload.sender) if payload.sender else Person(""),
        default_branch=payload.repository.default_branch,
        wanted=payload.action == "checks_requested",
        reason=words_of(payload.reason) if payload.action == "destroyed" and payload.reason else "",
        message=group.head_commit.message if group.head_commit else "",
    )


def _repository_event(payload: payloads.RepositoryEvent) -> HostEvent:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#repository."""
    change = REPOSITORY_CHANGES.get(payload.action)
    if change is None:
        return Ignored(
            f"a repository was {words_of(payload.action)}: who may see it is asked afresh whenever it matters"
        )
    by = _person(payload.sender) if payload.sender else Person("")
    return RepositoriesChanged((_repository(payload.repository),), change, by)


def _installation(payload: payloads.InstallationEvent) -> HostEvent:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation, #installation_repositories."""
    change = INSTALLATION_CHANGES.get(payload.action)
    found = (*payload.repositories, *payload.repositories_added, *payload.repositories_removed)
    if change is None or not found:
        return Ignored(f"nothing follows from an installation's {words_of(payload.action)}")
    by = _person(payload.sender) if payload.sender else Person("")
    return RepositoriesChanged(tuple(Repository("github", str(one.id), one.full_name) for one in found), change, by)


def _issue_comment(payload: payloads.IssueComment) -> HostEvent:
    if payload.issue.pull_request is None:
        return Ignored("a comment on an issue, not on a pull request")
    thread = Thread(ThreadKind.PULL_REQUEST, str(payload.issue.number))
    return _comment(payload.action, payload.repository, thread, payload.comment)


def _commit_comment(payload: payloads.CommitComment) -> HostEvent:
    thread = Thread(ThreadKind.COMMIT, payload.comment.commit_id)
    return _comment(payload.action, payload.repository, thread, payload.comment)


def _comment(action: str, on: payloads.Repository, thread: Thread, comment: payloads.Comment) -> HostEvent:
    if action != "created":
        return Ignored(f"a comment was {words_of(action)}: only new ones are commands")
    if comment.user is None:
        return Ignored("a comment of a deleted account")
    repository, body = _repository(on), comment.body or ""
    by = _person(comment.user)
    if is_own_comment(body):
        by = Person(by.login, by.id, bot=True)
    return CommentCreated(CommentRef(repository, thread, str(comment.id)), by, body)


def _check_run(payload: payloads.CheckRunEvent) -> HostEvent:
    execution, attempt, _ = (payload.check_run.external_id or "").partition("/")
    pressed = payload.requested_action
    if attempt and payload.action == "requested_action" and pressed is not None:
        return _answered(payload, execution, pressed.identifier)
    if payload.action != "rerequested" or not attempt:
        return Ignored(f"a check run was {words_of(payload.action)}")
    return _rerequested(payload, payload.check_run.head_sha, execution)


def _answered(payload: payloads.CheckRunEvent, execution: str, identifier: str) -> HostEvent:
    if payload.sender is None or identifier not in tuple(CheckButton):
        return Ignored("a button of a check run was pressed that is none of the bot's, or by a deleted account")
    repository, by = _repository(payload.repository), _person(payload.sender)
    return CheckAnswered(repository, payload.check_run.head_sha, by, execution, CheckButton(identifier))


def _check_suite(payload: payloads.CheckSuiteEvent) -> HostEvent:
    """GitHub makes a suite for each push, and asks for its runs: the push itself says more."""
    if payload.action != "rerequested":
        return Ignored(f"a check suite was {words_of(payload.action)}")
    return _rerequested(payload, payload.check_suite.head_sha)


def _rerequested(payload: payloads.Payload, commit: str, execution: str = "") -> HostEvent:
    if payload.sender is None:
        return Ignored("a check was asked for again by a deleted account")
    return CheckRerequested(_repository(payload.repository), commit, _person(payload.sender), execution)


def _ping(payload: payloads.Ping) -> HostEvent:
    return Pinged(_repository(payload.repository) if payload.repository else None)


def _page(payload: payloads.Payload) -> str:
    return payload.repository.html_url


def _written_at(payload: payloads.IssueComment | payloads.CommitComment) -> float | None:
    return payload.comment.created_at


_READERS: reading.Readers = {
    "push": Reader(payloads.Push, _push, _page, lambda payload: payload.repository.pushed_at),
    "pull_request": Reader(
        payloads.PullRequestEvent, _pull_request, _page, lambda payload: payload.pull_request.updated_at
    ),
    "repository": Reader(payloads.RepositoryEvent, _repository_event, _page),
    "installation": Reader(payloads.InstallationEvent, _installation, lambda payload: payload.installation.html_url),
    "installation_repositories": Reader(
        payloads.InstallationEvent, _installation, lambda payload: payload.installation.html_url
    ),
    "merge_group": Reader(payloads.MergeGroupEvent, _merge_group, _page),
    "issue_comment": Reader(payloads.IssueComment, _issue_comment, _page, _written_at),
    "commit_comment": Reader(payloads.CommitComment, _commit_comment, _page, _written_at),
    "check_run": Reader(payloads.CheckRunEvent, _check_run, _page),
    "check_suite": Reader(payloads.CheckSuiteEvent, _check_suite, _page),
    "ping": Reader(payloads.Ping, _ping, lambda payload: payload.repository.html_url if payload.repository else None),
}


def _repository(payload: payloads.Repository) -> Repository:
    return Repository("github", str(payload.id), payload.full_name)


def _person(user: payloads.User) -> Person:
    return Person(user.login, str(user.id), bot=user.type == "Bot")


def _authored_at(commit: payloads.Commit) -> str:
    """The author's date where it is told; `timestamp` is the committer's."""
    return (commit.author.date if commit.author else "") or commit.timestamp
