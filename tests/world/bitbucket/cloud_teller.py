"""The fake Bitbucket Cloud's webhooks. One push is one delivery, however many refs it moved.

https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
"""

from collections.abc import Sequence

from tests.world.bitbucket.cloud_shapes import CloudShapes, Json
from tests.world.bitbucket.hooks import Hooks
from tests.world.bitbucket.nouns import Account, Comment, Hosted, PullRequest, Repository
from tests.world.bitbucket.teller import CommentNews, PullRequestNews, RefChange

MOST_COMMITS = 5
"""Of one change; `truncated` says that there are more. (The documentation of `repo:push`.)"""

PULL_REQUEST_EVENTS = {
    "opened": "pullrequest:created",
    "updated": "pullrequest:updated",
    "edited": "pullrequest:updated",
    "retargeted": "pullrequest:updated",
    "made_ready": "pullrequest:updated",
    "declined": "pullrequest:rejected",
    "merged": "pullrequest:fulfilled",
}

COMMENT_EVENTS = {
    "created": "pullrequest:comment_created",
    "edited": "pullrequest:comment_updated",
    "deleted": "pullrequest:comment_deleted",
}


class CloudTeller:
    def __init__(self, hosted: Hosted, hooks: Hooks) -> None:
        self._hooks = hooks
        self._shapes = CloudShapes(hosted)

    async def pushed(self, repository: Repository, by: Account, changes: Sequence[RefChange]) -> None:
        told = [await self._change(repository, change) for change in changes]
        self._hooks.send("repo:push", self._common(repository, by) | {"push": {"changes": told}})

    def pull_request(
        self,
        repository: Repository,
        pull: PullRequest,
        by: Account,
        news: PullRequestNews,
        was: str = "",
    ) -> None:
        payload = self._common(repository, by) | {"pullrequest": self._shapes.pull_request(repository, pull)}
        self._hooks.send(PULL_REQUEST_EVENTS[news], payload)

    def repository(self, repository: Repository, by: Account, was: str) -> None:
        changes = {"name": {"new": repository.name, "old": was}}
        self._hooks.send("repo:updated", self._common(repository, by) | {"changes": changes})

    def comment(self, repository: Repository, comment: Comment, by: Account, news: CommentNews) -> None:
        payload = self._common(repository, by) | {"comment": self._shapes.comment(comment)}
        if isinstance(comment.on, int):
            pull = self._shapes.pull_request(repository, repository.pulls[comment.on])
            self._hooks.send(COMMENT_EVENTS[news], payload | {"pullrequest": pull})
        elif news == "created":
            self._hooks.send("repo:commit_comment_created", payload | {"commit": {"hash": comment.on}})

    def _common(self, repository: Repository, by: Account) -> Json:
        return {"actor": self._shapes.account(by), "repository": self._shapes.repository(repository)}

    async def _change(self, repository: Repository, change: RefChange) -> Json:
        git = repository.git
        listed = await git.commits(change.before, change.after, MOST_COMMITS + 1) if change.after else []
        moved = bool(change.before and change.after)
        forced = moved and not await git.reaches(str(change.after), str(change.before))
        return {
            "old": await self._state(repository, change.ref, change.before),
            "new": await self._state(repository, change.ref, change.after),
            "created": change.before is None,
            "closed": change.after is None,
            "forced": forced,
            "commits": [self._shapes.commit(one) for one in reversed(listed[-MOST_COMMITS:])],
            "truncated": len(listed) > MOST_COMMITS,
            "links": {},
        }

    async def _state(self, repository: Repository, ref: str, sha: str | None) -> Json | None:
        if sha is None:
            return None
        branch = ref.startswith("refs/heads/")
        commit = await repository.git.commit_of(sha) or sha
        return {
            "type": "branch" if branch else "tag",
            "name": ref.split("/", 2)[2],
            "target": self._shapes.commit(await repository.git.describe(commit)),
        }
