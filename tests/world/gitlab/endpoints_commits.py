"""The fake GitLab's endpoints of commits: statuses with their lifecycle, heads of branches, merge requests, projects."""

import re
from typing import Any

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.gitlab.answers import Refused, forbidden, not_found
from tests.world.gitlab.api import Api, Call
from tests.world.gitlab.nouns import DEVELOPER, Pipeline, Project, Status

STATES = ("pending", "running", "success", "failed", "canceled", "skipped")
LONGEST = 255
"""Of `ref`, `target_url` and `description`: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status."""

ALIVE = ("created", "pending", "running")

TRANSITIONS = {
    "enqueue": (("created", "skipped"), "pending"),
    "run": (("pending",), "running"),
    "success": (ALIVE, "success"),
    "drop": (ALIVE, "failed"),
    "cancel": (ALIVE, "canceled"),
    "skip": (("created", "pending"), "skipped"),
}
"""The lifecycle of a job, and so of a status: https://docs.gitlab.com/development/cicd/#job-state-machine. What it does not
allow is refused: https://gitlab.com/gitlab-org/gitlab-foss/-/issues/25807"""

EVENTS = {"pending": "enqueue", "success": "success", "failed": "drop", "canceled": "cancel", "skipped": "skip"}


def routes(api: Api) -> list[web.RouteDef]:
    of = Commits(api)
    return [
        api.route("POST", "/projects/{project}/statuses/{sha}", of.set_status),
        api.route("GET", "/projects/{project}/repository/branches/{branch}", of.branch, "read_api"),
        api.route(
            "GET", "/projects/{project}/repository/commits/{sha}/merge_requests", of.merge_requests_of, "read_api"
        ),
        api.route("GET", "/projects/{project}/merge_requests", of.merge_requests, "read_api"),
        api.route("GET", "/projects/{project}/merge_requests/{iid}", of.merge_request, "read_api"),
        api.route("GET", "/projects/{project}", of.project, "read_api"),
    ]


class Commits:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def set_status(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/commits/#set-commit-pipeline-status."""
        hosted, project = self._api.hosted, call.project
        if hosted.level(call.account, project) < DEVELOPER:
            raise forbidden()
        state = call.text("state")
        if state not in STATES:
            raise Refused(400, {"error": "state does not have a valid value"})
        sha = await project.git.commit_of(call.part("sha"))
        if sha is None:
            raise not_found("Commit")
        pipeline = await self._pipeline(call, sha)
        if not hosted.may_push(call.account, project, pipeline.ref):
            raise forbidden()  # only who may push to a protected branch may change its pipelines
        status = self._status(call, pipeline)
        self._go(status, state)
        self._keep(project, status)
        return Answer(self._api.shapes.status(status), 201)

    async def _pipeline(self, call: Call, sha: str) -> Pipeline:
        """The newest of the commit, of the `ref` where one is named, or the one that is named; else a new one, on the first branch
        that has the commit. https://docs.gitlab.com/ci/ci_cd_for_external_repos/external_commit_statuses/#pipeline-selection
        """
        project, ref, named = call.project, call.body.get("ref"), call.body.get("pipeline_id")
        found = [
            one for one in project.pipelines if one.sha == sha and ref in (None, one.ref) and named in (None, one.id)
        ]
        if found:
            return found[-1]
        ref = ref or await self._first_branch(project, sha)
        if ref is None:
            raise not_found("References for commit")
        return Pipeline(next(self._api.hosted.ids), sha, ref)

    async def _first_branch(self, project: Project, sha: str) -> str | None:
        branches = {ref: at for ref, at in (await project.git.refs()).items() if ref.startswith("refs/heads/")}
        holding = [ref for ref, at in branches.items() if await project.git.reaches(at, sha)]
        return min(holding, default="").removeprefix("refs/heads/") or None

    def _status(self, call: Call, pipeline: Pipeline) -> Status:
        """The one of that name and account that has not ended, with the new words; else a new one."""
        name = call.body.get("name") or call.body.get("context") or "default"
        known = [
            one
            for one in call.project.statuses
            if (one.pipeline, one.name, one.author) == (pipeline, name, call.account)
            and one.state in ("pending", "running")
        ]
        old = known[-1] if known else Status(next(self._api.hosted.ids), pipeline, name, call.account)
        description, target = call.body.get("description"), call.body.get("target_url")
        _check(call.body, description, target)
        return Status(old.id, pipeline, name, call.account, old.state, description, target)

    def _go(self, status: Status, state: str) -> None:
        if state == "running":
            if status.state == "created":
                self._event(status, "enqueue")
            self._event(status, "run")
        else:
            self._event(status, EVENTS[state])

    def _event(self, status: Status, event: str) -> None:
        sources, target = TRANSITIONS[event]
        if status.state not in sources:
            said = f'Cannot transition status via :{event} from :{status.state} (Reason(s): Status cannot transition via "{event}")'
            raise Refused(400, {"message": said})
        status.state = target

    def _keep(self, project: Project, status: Status) -> None:
        """Only what was taken: the words of a refused one are lost. Older ones of its name no longer count."""
        if status.pipeline not in project.pipelines:
            project.pipelines.append(status.pipeline)
        project.statuses = [one for one in project.statuses if one.id != status.id]
        for one in project.statuses:
            if (one.pipeline, one.name) == (status.pipeline, status.name):
                one.retried = True
        project.statuses.append(status)

    async def branch(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/branches/#get-single-repository-branch."""
        name, project = call.part("branch"), call.project
        if not self._api.hosted.may_read_code(call.account, project):
            raise forbidden()
        sha = (await project.git.refs()).get(f"refs/heads/{name}")
        if sha is None:
            raise not_found("Branch")
        return Answer(self._api.shapes.branch(name, await project.git.describe(sha), project))

    async def merge_request(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/merge_requests/#get-single-mr."""
        request = call.project.merge_requests.get(call.number("iid"))
        if request is None:
            raise Refused(404, {"message": "404 Not found"})
        return Answer(self._api.shapes.merge_request(call.project, request))

    async def merge_requests(self, call: Call) -> Listing:
        """Without what only one alone tells (`diff_refs`). https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests."""
        query, project = call.request.query, call.project
        state = query.get("state", "all")
        found = [one for one in project.merge_requests.values() if state in ("all", one.state)]
        for name in ("source_branch", "target_branch"):
            found = [one for one in found if query.get(name, getattr(one, name)) == getattr(one, name)]
        found.sort(key=lambda one: one.iid, reverse=query.get("sort", "desc") == "desc")
        shown = [self._api.shapes.merge_request(project, one) for one in found]
        return Listing([{name: value for name, value in one.items() if name != "diff_refs"} for one in shown])

    async def merge_requests_of(self, call: Call) -> Listing:
        """https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit."""
        project, sha = call.project, await call.project.git.commit_of(call.part("sha"))
        if sha is None:
            raise not_found("Commit")
        found = [one for one in project.merge_requests.values() if sha in (one.sha, one.merge_sha)]
        return Listing([self._api.shapes.merge_request(project, one) for one in found])

    async def project(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/projects/#get-a-single-project."""
        return Answer(self._api.shapes.project(call.project))


def _check(body: dict[str, Any], description: object, target: object) -> None:
    wrong: dict[str, list[str]] = {}
    for name, value in (("ref", body.get("ref")), ("description", description), ("target_url", target)):
        if isinstance(value, str) and len(value) > LONGEST:
            wrong[name] = [f"is too long (maximum is {LONGEST} characters)"]
    if isinstance(target, str) and not re.match(r"https?://", target):
        wrong["target_url"] = ["is blocked: Only allowed schemes are http, https"]
    if wrong:
        raise Refused(400, {"message": wrong})
