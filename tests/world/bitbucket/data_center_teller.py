"""The fake Bitbucket Data Center's webhooks. One push is one delivery, however many refs it moved.

https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

import time
from collections.abc import Sequence

from tests.world.bitbucket.data_center_shapes import DataCenterShapes, Json
from tests.world.bitbucket.hooks import Hooks
from tests.world.bitbucket.nouns import Account, Comment, Hosted, PullRequest, Repository
from tests.world.bitbucket.teller import CommentNews, PullRequestNews, RefChange

NO_COMMIT = "0" * 40

PULL_REQUEST_EVENTS = {
    "opened": "pr:opened",
    "updated": "pr:from_ref_updated",
    "edited": "pr:modified",
    "retargeted": "pr:modified",
    "made_ready": "pr:modified",
    "declined": "pr:declined",
    "merged": "pr:merged",
    "deleted": "pr:deleted",
}
"""A pull request that is reopened is told by nothing."""

COMMENT_EVENTS = {"created": "comment:added", "edited": "comment:edited", "deleted": "comment:deleted"}


class DataCenterTeller:
    def __init__(self, hosted: Hosted, hooks: Hooks) -> None:
        self._hosted = hosted
        self._hooks = hooks
        self._shapes = DataCenterShapes(hosted)

    async def pushed(self, repository: Repository, by: Account, changes: Sequence[RefChange]) -> None:
        """For an annotated tag the object is the tag's own."""
        told = [_change(change) for change in changes]
        self._send("repo:refs_changed", by, {"repository": self._shapes.repository(repository), "changes": told})

    def pull_request(
        self, repository: Repository, pull: PullRequest, by: Account, news: PullRequestNews, was: str = ""
    ) -> None:
        if news not in PULL_REQUEST_EVENTS:
            return
        payload: Json = {"pullRequest": self._shapes.pull_request(repository, pull)}
        if news == "updated":
            payload["previousFromHash"] = was
        if news in ("edited", "retargeted", "made_ready"):
            target = was or pull.base_branch
            draft = news == "made_ready" or pull.draft
            payload |= {"previousTitle": pull.title, "previousDescription": None, "previousDraft": draft}
            payload["previousTarget"] = {"id": f"refs/heads/{target}", "displayId": target, "type": "BRANCH"}
        self._send(PULL_REQUEST_EVENTS[news], by, payload)

    def repository(self, repository: Repository, by: Account, was: str) -> None:
        now = self._shapes.repository(repository)
        self._send("repo:modified", by, {"old": now | {"slug": was, "name": was}, "new": now})

    def comment(self, repository: Repository, comment: Comment, by: Account, news: CommentNews) -> None:
        payload: Json = {"comment": self._shapes.comment(repository, comment, replies=False)}
        if comment.parent is not None:
            payload["commentParentId"] = comment.parent.id
        if isinstance(comment.on, int):
            payload["pullRequest"] = self._shapes.pull_request(repository, repository.pulls[comment.on])
            self._send(f"pr:{COMMENT_EVENTS[news]}", by, payload)
        else:
            payload |= {"repository": self._shapes.repository(repository), "commit": comment.on}
            self._send(f"repo:{COMMENT_EVENTS[news]}", by, payload)

    async def ping(self) -> None:
        """The button "Test connection": https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html"""
        self._hooks.send("diagnostics:ping", {"test": True})
        await self._hooks.settled()

    def _send(self, event: str, by: Account, payload: Json) -> None:
        date = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(self._hosted.now()))
        self._hooks.send(event, {"eventKey": event, "date": date, "actor": self._shapes.user(by), **payload})


def _change(change: RefChange) -> Json:
    kind = "ADD" if change.before is None else "DELETE" if change.after is None else "UPDATE"
    short = change.ref.split("/", 2)[2]
    return {
        "ref": {
            "id": change.ref,
            "displayId": short,
            "type": "TAG" if change.ref.startswith("refs/tags/") else "BRANCH",
        },
        "refId": change.ref,
        "fromHash": change.before or NO_COMMIT,
        "toHash": change.after or NO_COMMIT,
        "type": kind,
    }
