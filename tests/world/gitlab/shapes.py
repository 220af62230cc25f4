"""The fake GitLab's JSON, as its documentation shows it: answers of the API, and the other shapes of webhook payloads.

https://docs.gitlab.com/api/rest/ and https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from datetime import UTC, datetime
from typing import Any

from tests.world.fake.git import Commit
from tests.world.gitlab.nouns import Account, Hosted, Membership, MergeRequest, Note, Project, Status, Token

NO_COMMIT = "0" * 40
LEVELS = {"private": 0, "internal": 10, "public": 20}
Json = dict[str, Any]


def moment(at: float) -> str:
    """As the API writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def hook_moment(at: float) -> str:
    """As webhooks write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class Shapes:
    """Knows the addresses that are part of every object."""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def page(self, project: Project) -> str:
        return f"{self._hosted.url}/{project.path}"

    # --- The API ---------------------------------------------------------------------------------------------------

    def author(self, account: Account) -> Json:
        return {
            "id": account.id,
            "username": account.username,
            "name": account.username.title(),
            "state": account.state,
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self._hosted.url}/{account.username}",
        }

    def account(self, account: Account) -> Json:
        """https://docs.gitlab.com/api/users/#get-a-single-user."""
        return self.author(account) | {"bio": "", "bot": account.bot, "created_at": moment(0), "job_title": ""}

    def member(self, one: Membership) -> Json:
        return self.author(one.account) | {
            "access_level": one.level,
            "created_at": moment(0),
            "expires_at": one.expires_at,
            "membership_state": one.state,
        }

    def project(self, project: Project) -> Json:
        """https://docs.gitlab.com/api/projects/#get-a-single-project."""
        return {
            "id": project.id,
            "path": project.name,
            "path_with_namespace": project.path,
            "default_branch": project.default_branch,
            "visibility": project.visibility,
            "repository_access_level": project.repository_access_level,
            "web_url": self.page(project),
            "http_url_to_repo": f"{self.page(project)}.git",
        }

    def status(self, status: Status) -> Json:
        """https://docs.gitlab.com/api/commits/#set-commit-pipeline-status."""
        return {
            "id": status.id,
            "sha": status.pipeline.sha,
            "ref": status.pipeline.ref,
            "status": status.state,
            "name": status.name,
            "target_url": status.target_url,
            "description": status.description,
            "created_at": moment(0),
            "started_at": None,
            "finished_at": None,
            "allow_failure": False,
            "coverage": None,
            "pipeline_id": status.pipeline.id,
            "author": self.author(status.author),
        }

    def branch(self, name: str, commit: Commit, project: Project) -> Json:
        """https://docs.gitlab.com/api/branches/#get-single-repository-branch."""
        return {
            "name": name,
            "commit": {"id": commit.sha, "short_id": commit.sha[:8], "message": commit.message},
            "default": name == project.default_branch,
            "protected": name in project.protected,
        }

    def merge_request(self, project: Project, request: MergeRequest) -> Json:
        """https://docs.gitlab.com/api/merge_requests/#get-single-mr."""
        return {
            "id": request.id,
            "iid": request.iid,
            "project_id": project.id,
            "title": request.title,
            "description": request.description,
            "state": request.state,
            "author": self.author(request.author),
            "source_branch": request.source_branch,
            "target_branch": request.target_branch,
            "source_project_id": request.source.id,
            "target_project_id": project.id,
            "draft": request.draft,
            "labels": list(request.labels),
            "first_contribution": not any(
                other.state == "merged" and other.author == request.author for other in project.merge_requests.values()
            ),
            "sha": request.sha,
            "diff_refs": {"base_sha": request.base, "head_sha": request.sha, "start_sha": request.base},
            "head_pipeline": None,
            "web_url": f"{self.page(project)}/-/merge_requests/{request.iid}",
        }

    def note(self, note: Note, project: Project) -> Json:
        """https://docs.gitlab.com/api/notes/#get-single-merge-request-note."""
        on_request = isinstance(note.on, int)
        return {
            "id": note.id,
            "type": None,
            "body": note.body,
            "author": self.author(note.author),
            "created_at": moment(note.at),
            "updated_at": moment(note.edited_at),
            "system": note.system,
            "noteable_id": note.on if on_request else None,
            "noteable_type": "MergeRequest" if on_request else "Commit",
            "commit_id": None if on_request else note.on,
            "project_id": project.id,
            "resolvable": False,
            "confidential": note.internal,
            "internal": note.internal,
            "noteable_iid": note.on if on_request else None,
        }

    def token(self, token: Token) -> Json:
        """https://docs.gitlab.com/api/personal_access_tokens/#self-inform."""
        return {
            "id": token.id,
            "name": "Penstock",
            "revoked": False,
            "scopes": sorted(token.scopes),
            "user_id": token.account.id,
            "active": True,
            "expires_at": token.expires_at,
        }

    # --- Webhooks --------------------------------------------------------------------------------------------------

    def hook_user(self, account: Account) -> Json:
        return {
            "id": account.id,
            "name": account.username.title(),
            "username": account.username,
            "avatar_url": None,
            "email": "[REDACTED]",
        }

    def hook_project(self, project: Project) -> Json:
        page = self.page(project)
        ssh = f"git@gitlab.example.test:{project.path}.git"
        return {
            "id": project.id,
            "name": project.name.title(),
            "description": None,
            "web_url": page,
            "avatar_url": None,
            "git_ssh_url": ssh,
            "git_http_url": f"{page}.git",
            "namespace": project.path.rpartition("/")[0],
            "visibility_level": LEVELS[project.visibility],
            "path_with_namespace": project.path,
            "default_branch": project.default_branch,
            "ci_config_path": None,
            "homepage": page,
            "url": ssh,
            "ssh_url": ssh,
            "http_url": f"{page}.git",
        }

    def hook_commit(self, project: Project, commit: Commit) -> Json:
        return {
            "id": commit.sha,
            "message": commit.message,
            "title": commit.message.partition("\n")[0],
            "timestamp": commit.committed_at,
            "url": f"{self.page(project)}/-/commit/{commit.sha}",
            "author": {"name": commit.author, "email": commit.email},
        }

    def hook_merge_request(self, project: Project, request: MergeRequest, commit: Commit) -> Json:
        """Its author is there by id only."""
        return {
            "id": request.id,
            "iid": request.iid,
            "title": request.title,
            "description": "",
            "author_id": request.author.id,
            "source_branch": request.source_branch,
            "target_branch": request.target_branch,
            "source_project_id": request.source.id,
            "target_project_id": project.id,
            "state": request.state,
            "draft": request.draft,
            "work_in_progress": request.draft,
            "merge_status": "unchecked",
            "detailed_merge_status": "mergeable",
            "url": f"{self.page(project)}/-/merge_requests/{request.iid}",
            "source": self.hook_project(request.source),
            "target": self.hook_project(project),
            "last_commit": self.hook_commit(request.source, commit),
            "labels": [{"id": 1, "title": label} for label in request.labels],
        }
