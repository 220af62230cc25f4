"""The fake Bitbucket Cloud's JSON, as its API answers and its webhooks tell it.

https://developer.atlassian.com/cloud/bitbucket/rest/, https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/#Common-entities
"""

from datetime import UTC, datetime
from typing import Any

from tests.world.bitbucket.nouns import Account, Build, Comment, Hosted, PullRequest, Repository, braced
from tests.world.fake.git import Commit

Json = dict[str, Any]

TOLD_OF_A_HASH = 12
"""Characters of a commit's id in a pull request."""


class CloudShapes:
    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def account(self, account: Account) -> Json:
        """There is no user name any more: https://developer.atlassian.com/cloud/bitbucket/bitbucket-api-changes-gdpr/"""
        return {
            "type": "user" if account.person else "app_user",
            "uuid": account.uuid,
            "account_id": account.account_id,
            "nickname": account.login,
            "display_name": account.login.title(),
            "links": {"html": {"href": f"{self._hosted.url}/{account.uuid}/"}},
        }

    def repository(self, repository: Repository) -> Json:
        """As webhooks tell it: with no main branch."""
        return {
            "type": "repository",
            "uuid": repository.uuid,
            "full_name": repository.full_name,
            "name": repository.name,
            "workspace": {"type": "workspace", "slug": repository.owner, "uuid": braced(repository.owner)},
            "is_private": repository.private,
            "scm": "git",
            "links": {
                "self": {"href": f"{self._hosted.api_url}/repositories/{repository.full_name}"},
                "html": {"href": f"{self._hosted.url}/{repository.full_name}"},
            },
        }

    def details(self, repository: Repository) -> Json:
        main = {"type": "branch", "name": repository.default_branch}
        return self.repository(repository) | {"mainbranch": main, "slug": repository.name}

    def commit(self, commit: Commit) -> Json:
        return {
            "type": "commit",
            "hash": commit.sha,
            "date": commit.committed_at,
            "message": commit.message + "\n",
            "author": {"type": "author", "raw": f"{commit.author} <{commit.email}>"},
        }

    def pull_request(self, repository: Repository, pull: PullRequest) -> Json:
        return {
            "type": "pullrequest",
            "id": pull.number,
            "title": pull.title,
            "state": pull.state,
            "draft": pull.draft,
            "author": self.account(pull.author) if pull.author else None,
            "source": self._end(pull.head, pull.head_branch, pull.head_sha),
            "destination": self._end(repository, pull.base_branch, pull.base_sha),
            "links": {"html": {"href": f"{self._hosted.url}/{repository.full_name}/pull-requests/{pull.number}"}},
        }

    def comment(self, comment: Comment) -> Json:
        on = {"pullrequest": {"id": comment.on}} if isinstance(comment.on, int) else {"commit": {"hash": comment.on}}
        return {
            "type": "pullrequest_comment" if isinstance(comment.on, int) else "commit_comment",
            "id": comment.id,
            "created_on": moment(comment.at),
            "content": {"type": "rendered", "raw": comment.text, "markup": "markdown"},
            "user": self.account(comment.author),
            "deleted": comment.deleted,
            **({"parent": {"id": comment.parent.id}} if comment.parent else {}),
            **({"inline": {"path": comment.path, "to": 1, "from": None}} if comment.path else {}),
            **on,
        }

    def build(self, build: Build) -> Json:
        return {
            "type": "build",
            "key": build.key,
            "state": build.state,
            "name": build.name,
            "description": build.description,
            "url": build.url,
            "refname": build.ref or None,
        }

    def _end(self, repository: Repository, branch: str, sha: str) -> Json:
        return {
            "branch": {"name": branch},
            "commit": {"type": "commit", "hash": sha[:TOLD_OF_A_HASH]},
            "repository": self.repository(repository),
        }


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
