"""From the host's records to the bodies of its webhooks. Pure; the shapes are `providers/local/payloads.py`."""

from dataclasses import dataclass
from typing import Literal

from bot.model.host_event import Thread
from providers.local.host.comments import CommentRecord
from providers.local.host.git import NO_COMMIT, CommitSummary, RefUpdate
from providers.local.host.people import User
from providers.local.host.pull_requests import PullRequestRecord
from providers.local.host.repositories import Repo
from providers.local.payloads import (
    CommentBody,
    CommentPart,
    HeadCommitBody,
    PingBody,
    PullRequestBody,
    PullRequestPart,
    PushBody,
    RepositoryBody,
    ThreadPart,
    UserBody,
)

MESSAGE_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Moved:
    """A ref that moved, with what Git says of it."""

    update: RefUpdate
    commit: CommitSummary | None
    forced: bool
    changed_paths: list[str] | None


def repository_body(repo: Repo) -> RepositoryBody:
    return RepositoryBody(id=repo.id, full_name=repo.full_name, default_branch=repo.default_branch)


def user_body(user: User) -> UserBody:
    return UserBody(id=user.id, login=user.login, bot=user.bot)


def push_body(repo: Repo, by: User, moved: Moved) -> PushBody:
    return PushBody(
        repository=repository_body(repo),
        ref=moved.update.ref,
        before=moved.update.before or NO_COMMIT,
        after=moved.update.after or NO_COMMIT,
        forced=moved.forced,
        pusher=user_body(by),
        head_commit=_head_commit(moved.commit),
        changed_paths=moved.changed_paths,
    )


def _head_commit(commit: CommitSummary | None) -> HeadCommitBody | None:
    if commit is None:
        return None
    return HeadCommitBody(id=commit.id, message=commit.message[:MESSAGE_LIMIT], authored_at=commit.authored_at)


def pull_request_body(
    kind: Literal["opened", "updated", "closed", "reopened"], repo: Repo, one: PullRequestRecord, by: User
) -> PullRequestBody:
    return PullRequestBody(
        kind=kind, repository=repository_body(repo), pull_request=pull_request_part(one), sender=user_body(by)
    )


def pull_request_part(one: PullRequestRecord) -> PullRequestPart:
    return PullRequestPart(
        number=one.number,
        title=one.title,
        head=one.head,
        base=one.base,
        source_branch=one.source_branch,
        target_branch=one.target_branch,
        author=user_body(one.author),
        open=one.open,
        merged=one.state == "merged",
    )


def comment_body(
    kind: Literal["created", "edited", "deleted"], repo: Repo, comment: CommentRecord, by: User
) -> CommentBody:
    return CommentBody(
        kind=kind,
        repository=repository_body(repo),
        thread=_thread(comment.thread),
        comment=CommentPart(
            id=comment.id, author=user_body(comment.author), body=comment.body, created_at=comment.created_at
        ),
        sender=user_body(by),
    )


def ping_body(repo: Repo) -> PingBody:
    return PingBody(repository=repository_body(repo))


def _thread(thread: Thread) -> ThreadPart:
    return ThreadPart(kind=thread.kind.value, name=thread.name)
