"""The fake Bitbucket Data Center's JSON, as its API answers and its webhooks tell it.

https://developer.atlassian.com/server/bitbucket/rest/v906/, https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

from typing import Any

from tests.world.bitbucket.nouns import Account, Comment, Hosted, PullRequest, Repository

Json = dict[str, Any]


class DataCenterShapes:
    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def user(self, account: Account) -> Json:
        return {
            "id": account.id,
            "name": account.login,
            "slug": account.login.lower(),
            "emailAddress": f"{account.login}@example.test",
            "displayName": account.login.title(),
            "active": True,
            "type": "NORMAL" if account.person else "SERVICE",
        }

    def repository(self, repository: Repository) -> Json:
        page = f"{self._hosted.url}/projects/{repository.owner}/repos/{repository.name}"
        personal = repository.owner.startswith("~")
        return {
            "id": repository.id,
            "slug": repository.name,
            "name": repository.name,
            "scmId": "git",
            "state": "AVAILABLE",
            "public": not repository.private,
            "project": {"key": repository.owner, "id": 1, "type": "PERSONAL" if personal else "NORMAL"},
            "links": {"self": [{"href": f"{page}/browse"}]},
        }

    def pull_request(self, repository: Repository, pull: PullRequest) -> Json:
        return {
            "id": pull.number,
            "version": pull.version,
            "title": pull.title,
            "state": pull.state,
            "open": pull.state == "OPEN",
            "closed": pull.state != "OPEN",
            "draft": pull.draft,
            "fromRef": self._end(pull.head, pull.head_branch, pull.head_sha),
            "toRef": self._end(repository, pull.base_branch, pull.base_sha),
            "author": {"user": self.user(pull.author), "role": "AUTHOR"} if pull.author else {},
        }

    def comment(self, repository: Repository, comment: Comment, *, replies: bool = True) -> Json:
        """The replies to it are inside it."""
        inside = [
            self.comment(repository, one)
            for one in repository.comments.values()
            if one.parent is comment and not one.deleted and replies
        ]
        shown: Json = {
            "id": comment.id,
            "version": comment.version,
            "text": comment.text,
            "author": self.user(comment.author),
            "createdDate": int(comment.at * 1000),
            "comments": inside,
        }
        return shown | ({"anchor": {"path": comment.path, "line": 1}} if comment.path else {})

    def _end(self, repository: Repository, branch: str, sha: str) -> Json:
        return {
            "id": f"refs/heads/{branch}",
            "displayId": branch,
            "latestCommit": sha,
            "repository": self.repository(repository),
        }
