"""The fake GitHub's JSON: the same shapes in answers of the API and in webhook payloads, as its documentation shows them.

https://docs.github.com/en/rest and https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from datetime import UTC, datetime
from typing import Any

from tests.world.fake.git import Commit
from tests.world.github.nouns import Account, CheckRun, Comment, Deployment, Hosted, PullRequest, Repository, Status

NO_COMMIT = "0" * 40
Json = dict[str, Any]


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shapes:
    """Knows the addresses that are part of every object."""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def page(self, repository: Repository) -> str:
        return f"{self._hosted.url}/{repository.full_name}"

    def api(self, repository: Repository) -> str:
        return f"{self._hosted.api_url}/repos/{repository.full_name}"

    def account(self, account: Account) -> Json:
        return {
            "login": account.login,
            "id": account.id,
            "node_id": f"U_{account.id}",
            "gravatar_id": "",
            "url": f"{self._hosted.api_url}/users/{account.login}",
            "html_url": f"{self._hosted.url}/{account.login}",
            "type": account.type,
            "site_admin": False,
        }

    def repository(self, repository: Repository) -> Json:
        return {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "owner": self.account(repository.owner),
            "html_url": self.page(repository),
            "description": None,
            "fork": repository.fork,
            "url": self.api(repository),
            "clone_url": f"{self.page(repository)}.git",
            "default_branch": repository.default_branch,
            "visibility": "private" if repository.private else "public",
        }

    def commit(self, repository: Repository, commit: Commit) -> Json:
        author = {"name": commit.author, "email": commit.email, "username": commit.author}
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "distinct": True,
            "message": commit.message,
            "timestamp": commit.committed_at,
            "url": f"{self.page(repository)}/commit/{commit.sha}",
            "author": author | {"date": commit.authored_at},
            "committer": author | {"date": commit.committed_at},
            "added": commit.changes["A"],
            "removed": commit.changes["D"],
            "modified": commit.changes["M"],
        }

    def pull_request(self, repository: Repository, pull: PullRequest) -> Json:
        return {
            "url": f"{self.api(repository)}/pulls/{pull.number}",
            "id": 500_000 + pull.number,
            "html_url": f"{self.page(repository)}/pull/{pull.number}",
            "number": pull.number,
            "state": pull.state,
            "locked": False,
            "title": pull.title,
            "user": self.account(pull.author),
            "body": pull.body,
            "head": self._end(pull.head, pull.head_branch, pull.head_sha),
            "base": self._end(repository, pull.base_branch, pull.base_sha),
            "draft": pull.draft,
            "merged": pull.merged,
            "labels": [{"id": 1, "name": label} for label in pull.labels],
            "mergeable": None,
            "author_association": "CONTRIBUTOR" if _has_merged(repository, pull) else "NONE",
        }

    def issue(self, repository: Repository, pull: PullRequest) -> Json:
        """Every pull request is an issue: https://docs.github.com/en/rest/issues/issues."""
        api = self.api(repository)
        return {
            "url": f"{api}/issues/{pull.number}",
            "html_url": f"{self.page(repository)}/pull/{pull.number}",
            "id": 400_000 + pull.number,
            "number": pull.number,
            "title": pull.title,
            "user": self.account(pull.author),
            "state": pull.state,
            "pull_request": {"url": f"{api}/pulls/{pull.number}"},
            "body": None,
        }

    def comment(self, repository: Repository, comment: Comment) -> Json:
        on_pull = isinstance(comment.on, int)
        room = "issues/comments" if on_pull else "comments"
        page = f"{self.page(repository)}/{'pull' if on_pull else 'commit'}/{comment.on}"
        return {
            "url": f"{self.api(repository)}/{room}/{comment.id}",
            "html_url": f"{page}#comment-{comment.id}",
            "id": comment.id,
            "user": self.account(comment.author),
            "created_at": moment(comment.at),
            "updated_at": moment(comment.edited_at),
            "body": comment.body,
            **({} if on_pull else {"commit_id": comment.on, "path": None, "line": None, "position": None}),
        }

    def status(self, repository: Repository, sha: str, status: Status) -> Json:
        return {
            "url": f"{self.api(repository)}/statuses/{sha}",
            "id": status.id,
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": moment(status.at),
            "updated_at": moment(status.at),
            "creator": self.account(status.creator),
        }

    def check_run(self, repository: Repository, run: CheckRun) -> Json:
        app = self._hosted.app
        return {
            "id": run.id,
            "head_sha": run.sha,
            "external_id": run.external_id,
            "url": f"{self.api(repository)}/check-runs/{run.id}",
            "html_url": f"{self.page(repository)}/runs/{run.id}",
            "details_url": run.details_url,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{self.api(repository)}/check-runs/{run.id}/annotations",
            },
            "name": run.name,
            "check_suite": self.check_suite(run),
            "app": {"id": app.id, "slug": app.slug} if app else None,
            "pull_requests": [],
        }

    def check_suite(self, run: CheckRun) -> Json:
        app = self._hosted.app
        return {
            "id": 700_000 + int(run.sha[:6], 16),
            "head_branch": "main",
            "head_sha": run.sha,
            "status": run.status,
            "conclusion": run.conclusion,
            "app": {"id": app.id, "slug": app.slug} if app else None,
            "pull_requests": [],
        }

    def deployment(self, repository: Repository, one: Deployment) -> Json:
        url = f"{self.api(repository)}/deployments/{one.id}"
        return {
            "url": url,
            "id": one.id,
            "sha": one.sha,
            "ref": one.sha,
            "task": one.task,
            "payload": one.payload,
            "original_environment": one.environment,
            "environment": one.environment,
            "description": None,
            "creator": self.account(one.creator),
            "statuses_url": f"{url}/statuses",
            "repository_url": self.api(repository),
            "transient_environment": one.transient,
            "production_environment": one.production,
        }

    def reaction(self, number: int, account: Account, content: str) -> Json:
        return {"id": number, "user": self.account(account), "content": content, "created_at": moment(0)}

    def _end(self, repository: Repository, branch: str, sha: str) -> Json:
        return {
            "label": f"{repository.owner.login}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.account(repository.owner),
            "repo": self.repository(repository),
        }


def _has_merged(repository: Repository, pull: PullRequest) -> bool:
    return any(other.merged and other.author == pull.author for other in repository.pulls.values())
