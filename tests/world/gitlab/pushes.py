"""What a push to the fake GitLab leads to: its webhook, and that of every merge request whose branch moved."""

from collections.abc import Mapping

from tests.world.gitlab.api import Api
from tests.world.gitlab.discussion import Discussions
from tests.world.gitlab.nouns import Account, MergeRequest, Project
from tests.world.gitlab.shapes import NO_COMMIT, Json

MOST_COMMITS = 20
"""https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events."""

MOST_REFS = 3
"""Of more branches, or of more tags, that one push changes no webhook tells at all: `push_event_hooks_limit`, same page."""


class Pushes:
    def __init__(self, api: Api, discussions: Discussions) -> None:
        self._api = api
        self._discussions = discussions

    async def noticed(self, project: Project, by: Account, before: Mapping[str, str]) -> None:
        """Compare the refs with what they were, and tell of each that changed."""
        after = await project.git.refs()
        changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
        for prefix, event in (("refs/heads/", "Push Hook"), ("refs/tags/", "Tag Push Hook")):
            names = [name for name in changed if name.startswith(prefix)]
            for name in names:
                payload = await self._payload(project, by, name, before.get(name), after.get(name))
                if len(names) <= MOST_REFS:
                    self._api.hooks.send(event, payload)
                await self._merge_requests(project, by, name, after.get(name))

    async def _merge_requests(self, project: Project, by: Account, ref: str, after: str | None) -> None:
        if not ref.startswith("refs/heads/") or after is None:
            return
        for target in self._api.hosted.projects.values():
            for request in target.merge_requests.values():
                mine = (request.source, f"refs/heads/{request.source_branch}") == (project, ref)
                if mine and request.state == "opened":
                    await self._update(target, request, by, after)

    async def _update(self, target: Project, request: MergeRequest, by: Account, after: str) -> None:
        before, request.sha = request.sha, after
        await publish(target, request)
        self._discussions.system(target, request.iid, by, "added 1 commit")
        await self.merge_request(target, request, by, "update", oldrev=before)

    async def merge_request(
        self,
        project: Project,
        request: MergeRequest,
        by: Account,
        action: str,
        changes: Json | None = None,
        oldrev: str = "",
    ) -> None:
        """https://docs.gitlab.com/user/project/integrations/webhook_events/#merge-request-events."""
        shapes = self._api.shapes
        commit = await request.source.git.describe(request.sha)
        attributes = shapes.hook_merge_request(project, request, commit) | {"action": action}
        if oldrev:
            attributes["oldrev"] = oldrev
        payload = {
            "object_kind": "merge_request",
            "event_type": "merge_request",
            "user": shapes.hook_user(by),
            "project": shapes.hook_project(project),
            "object_attributes": attributes,
            "labels": [{"id": 1, "title": label} for label in request.labels],
            "changes": changes or {},
            "repository": {"name": project.name},
        }
        self._api.hooks.send("Merge Request Hook", payload)

    async def _payload(self, project: Project, by: Account, ref: str, before: str | None, after: str | None) -> Json:
        """Nothing says whether it was forced. A tag's `after` is its own object where it is annotated."""
        git, shapes, is_tag = project.git, self._api.shapes, ref.startswith("refs/tags/")
        default = f"refs/heads/{project.default_branch}"
        base = before or (None if ref == default else await git.commit_of(default))
        listed = await git.commits(base, after, MOST_COMMITS) if after and not is_tag else []
        return {
            "object_kind": "tag_push" if is_tag else "push",
            "event_name": "tag_push" if is_tag else "push",
            "before": before or NO_COMMIT,
            "after": after or NO_COMMIT,
            "ref": ref,
            "ref_protected": False,
            "checkout_sha": await git.commit_of(after) if after and is_tag else after,
            "message": f"Release {ref.rpartition('/')[2]}" if is_tag and after else None,
            "user_id": by.id,
            "user_name": by.username.title(),
            "user_username": by.username,
            "user_email": None,
            "user_avatar": None,
            "project_id": project.id,
            "project": shapes.hook_project(project),
            "commits": [
                shapes.hook_commit(project, one)
                | {"added": one.changes["A"], "modified": one.changes["M"], "removed": one.changes["D"]}
                for one in listed
            ],
            "total_commits_count": len(listed),
            "push_options": {},
            "repository": {"name": project.name},
        }


async def publish(target: Project, request: MergeRequest) -> None:
    """A merge request's head is a ref of its target project, a fork's too.

    https://docs.gitlab.com/user/project/merge_requests/versions/#merge-request-refs
    """
    ref = f"refs/merge-requests/{request.iid}/head"
    if request.source is target:
        await target.git.point(ref, request.sha)
    else:
        path = str(request.source.git.path)
        await target.git.git("fetch", "--quiet", path, f"+refs/heads/{request.source_branch}:{ref}")
