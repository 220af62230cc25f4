"""Which recorded payload shows what of each host: every event and every edge case that the bot is meant to know, or why there is none.

What a payload is read as stands beside it; here it is only named, so that a gap is seen.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

REPLAYS = Path(__file__).parent
HOSTS = ("github", "gitlab", "bitbucket", "bitbucket-dc", "local")


@dataclass(frozen=True)
class No:
    """There is no such event on that host."""

    why: str


Shown = str | No

SAME = No("told like any other edit")
UNTOLD = No("no event tells of it")
NO_FORKS = No("there are no forks")
STAYS = No("accounts stay")
TABLE: dict[str, tuple[Shown, Shown, Shown, Shown, Shown]] = {
    # github, gitlab, bitbucket, bitbucket-dc, local
    "a push to a branch": ("push.branch", "push.branch", "repo-push.branch", "repo-refs_changed.branch", "push.branch"),
    "a new branch": (
        "push.new_branch",
        "push.new_branch",
        "repo-push.new_branch",
        "repo-refs_changed.new_branch",
        "push.new_branch",
    ),
    "a tag": ("push.annotated_tag", "tag_push.annotated", "repo-push.tag", "repo-refs_changed.tag", "push.tag"),
    "a deleted branch": (
        "push.deleted_branch",
        "push.deleted_branch",
        "repo-push.deleted_branch",
        "repo-refs_changed.deleted_branch",
        "push.deleted_branch",
    ),
    "a deleted tag": (
        "push.deleted_tag",
        "tag_push.deleted",
        "repo-push.deleted_tag",
        No("told like a deleted branch"),
        "push.deleted_tag",
    ),
    "a forced push": (
        "push.forced",
        "push.forced",
        "repo-push.forced",
        No("nothing in it says that it was forced"),
        "push.forced",
    ),
    "many commits at once": (
        "push.several_commits",
        "push.many_commits",
        "repo-push.truncated",
        No("no commit is listed"),
        No("no commit is listed but the newest"),
    ),
    "several refs at once": (
        No("a delivery each"),
        No("a delivery each"),
        "repo-push.several_refs",
        "repo-refs_changed.several_refs",
        No("a delivery each"),
    ),
    "a push without a new commit": (
        "push.no_new_commit",
        "push.no_new_commit",
        "repo-push.of_nothing",
        "repo-refs_changed.of_nothing",
        No("none is sent"),
    ),
    "a ref that is no branch or tag": (
        "push.notes",
        "push.notes",
        "repo-push.of_a_bookmark",
        "repo-refs_changed.notes",
        No("none is taken"),
    ),
    "a push by a deleted account": (
        "push.by_a_deploy_key",
        "push.by_a_deleted_account",
        "repo-push.by_a_deleted_account",
        "repo-refs_changed.by_a_deleted_account",
        STAYS,
    ),
    "a push by a token": (
        "push.by_a_bot",
        "push.by_a_project_bot",
        "repo-push.by_an_access_token",
        "repo-refs_changed.by_a_service",
        No("tokens are of people"),
    ),
    "a push to another host": (
        "push.of_another_host",
        "push.of_another_host",
        "repo-push.of_another_host",
        "repo-refs_changed.of_another_host",
        No("it is this host"),
    ),
    "opened": (
        "pull_request.opened",
        "merge_request.open",
        "pullrequest-created.branch",
        "pr-opened.branch",
        "pull_request.opened",
    ),
    "opened from a fork": (
        "pull_request.opened_from_a_fork",
        "merge_request.open_from_a_fork",
        "pullrequest-created.from_a_fork",
        "pr-opened.from_a_fork",
        NO_FORKS,
    ),
    "from a fork that is deleted": (
        "pull_request.of_a_deleted_fork",
        "merge_request.of_a_deleted_fork",
        "pullrequest-created.from_a_deleted_fork",
        No("a fork with open pull requests stays"),
        NO_FORKS,
    ),
    "of a deleted account": (
        "pull_request.of_a_deleted_account",
        "merge_request.of_a_deleted_account",
        "pullrequest-created.of_a_deleted_account",
        No("accounts leave their names"),
        STAYS,
    ),
    "opened as a draft": (
        "pull_request.opened_as_draft",
        "merge_request.open_as_draft",
        "pullrequest-created.as_draft",
        "pr-opened.as_draft",
        No("there are no drafts"),
    ),
    "updated": (
        "pull_request.synchronize",
        "merge_request.new_commits",
        "pullrequest-updated.branch",
        "pr-from_ref_updated.branch",
        "pull_request.updated",
    ),
    "retargeted": (
        "pull_request.retargeted",
        "merge_request.retargeted",
        "pullrequest-updated.retargeted",
        "pr-modified.target",
        No("a pull request keeps its target"),
    ),
    "retitled": ("pull_request.edited", No("as labels are"), SAME, "pr-modified.title", No("titles stay")),
    "made ready": (
        "pull_request.ready_for_review",
        "merge_request.ready",
        SAME,
        "pr-modified.ready",
        No("there are no drafts"),
    ),
    "made a draft": (
        "pull_request.converted_to_draft",
        "merge_request.drafted",
        SAME,
        "pr-modified.as_draft",
        No("there are no drafts"),
    ),
    "labelled": (
        "pull_request.labeled",
        "merge_request.labels",
        No("there are no labels"),
        No("there are no labels"),
        No("there are no labels"),
    ),
    "closed": (
        "pull_request.closed",
        "merge_request.close",
        "pullrequest-rejected.branch",
        "pr-declined.branch",
        "pull_request.closed",
    ),
    "merged": (
        "pull_request.merged",
        "merge_request.merge",
        "pullrequest-fulfilled.branch",
        "pr-merged.branch",
        "pull_request.merged",
    ),
    "reopened": ("pull_request.reopened", "merge_request.reopen", UNTOLD, UNTOLD, "pull_request.reopened"),
    "approved by the host's own review": (
        "pull_request_review.submitted",
        "merge_request.approved",
        "pullrequest-approved.branch",
        "pr-reviewer-approved.branch",
        No("there are no reviews"),
    ),
    "asked by a merge queue": (
        "merge_group.checks_requested",
        "push.merge_train",
        UNTOLD,
        No("there is none"),
        No("there is none"),
    ),
    "a comment on a pull request": (
        "issue_comment.created",
        "note.on_a_merge_request",
        "pullrequest-comment_created.command",
        "pr-comment-added.command",
        "comment.on_a_pull_request",
    ),
    "a comment on a commit": (
        "commit_comment.created",
        "note.on_a_commit",
        "repo-commit_comment_created.command",
        "repo-comment-added.command",
        "comment.on_a_commit",
    ),
    "an edited comment": (
        "issue_comment.edited",
        "note.edited",
        "pullrequest-comment_updated.command",
        "pr-comment-edited.command",
        "comment.edited",
    ),
    "a comment of which it is not said whether it is new": (
        No("it is always said"),
        "note.old_server_edited",
        No("it is always said"),
        No("it is always said"),
        No("it is always said"),
    ),
    "a deleted comment": (
        "issue_comment.deleted",
        UNTOLD,
        "pullrequest-comment_deleted.command",
        "pr-comment-deleted.command",
        "comment.deleted",
    ),
    "a comment on a line": (
        "pull_request_review_comment.created",
        "note.on_a_line",
        "pullrequest-comment_created.on_a_line",
        "pr-comment-added.on_a_line",
        No("lines have no comments"),
    ),
    "a comment in a thread": (
        No("there are no threads"),
        "note.in_a_thread",
        "pullrequest-comment_created.reply",
        "pr-comment-added.reply",
        No("there are no threads"),
    ),
    "a comment that not all may read": (
        No("all who read may read it"),
        "note.internal",
        "pullrequest-comment_created.pending",
        No("all who read may read it"),
        No("all who read may read it"),
    ),
    "the host's own words": (No("they are no comments"), "note.system", UNTOLD, UNTOLD, UNTOLD),
    "a comment of the bot's": (
        "issue_comment.the_bots_own",
        "note.the_bots_own",
        "pullrequest-comment_created.by_the_bot",
        "pr-comment-added.by_the_bot",
        "comment.by_the_bot",
    ),
    "a comment of a deleted account": (
        "issue_comment.by_a_deleted_account",
        "note.by_the_ghost_user",
        "pullrequest-comment_created.of_a_deleted_account",
        "pr-comment-added.of_a_deleted_account",
        STAYS,
    ),
    "a check is asked for again": (
        "check_run.rerequested",
        No("there are no buttons"),
        No("there are no buttons"),
        No("there are no buttons"),
        No("there are no buttons"),
    ),
    "a ping": (
        "ping.repository",
        No("it sends an event of the kind that is tested"),
        No("none is sent"),
        "diagnostics-ping.connection",
        "ping.repository",
    ),
    "the bot is given a repository": (
        "installation_repositories.added",
        No("webhooks are set by hand"),
        No("webhooks are set by hand"),
        No("webhooks are set by hand"),
        No("all are its own"),
    ),
    "the bot loses a repository": (
        "installation_repositories.removed",
        No("webhooks are removed by hand"),
        No("webhooks are removed by hand"),
        No("webhooks are removed by hand"),
        No("all are its own"),
    ),
    "a renamed repository": (
        "repository.renamed",
        "push.renamed_project",
        "repo-updated.renamed",
        "repo-modified.renamed",
        No("names stay"),
    ),
    "a transferred repository": (
        "repository.transferred",
        No("told like a renamed one"),
        "repo-transfer.accepted",
        No("told like a renamed one"),
        No("owners stay"),
    ),
    "a deleted repository": (
        "repository.deleted",
        UNTOLD,
        "repo-deleted.by_its_owner",
        UNTOLD,
        No("repositories stay"),
    ),
}


@pytest.mark.parametrize("event", TABLE)
def test_every_host_shows_the_event_or_it_is_said_why_not(event: str) -> None:
    for host, shown in zip(HOSTS, TABLE[event], strict=True):
        if isinstance(shown, No):
            assert shown.why
        else:
            assert (REPLAYS / host / f"{shown}.json").is_file(), f"{host} does not show: {event}"
            read = json.loads((REPLAYS / host / f"{shown}.expected.json").read_text())
            assert read, f"{host}: {event} is read as nothing at all"


def test_nothing_is_shown_under_two_names_on_one_host() -> None:
    for place, host in enumerate(HOSTS):
        named = [shown for row in TABLE.values() if isinstance(shown := row[place], str)]
        assert len(named) == len(set(named)), host
