"""The fake GitHub's endpoints of commits: statuses, heads of branches, pull requests."""

import re
import time

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.github.answers import Refused, invalid
from tests.world.github.api import Api, Call
from tests.world.github.nouns import Status

STATES = ("error", "failure", "pending", "success")
LONGEST_DESCRIPTION = 140
MOST_STATUSES = 1000


def routes(api: Api) -> list[web.RouteDef]:
    of = Commits(api)
    return [
        *api.routes("GET", "{repo}", "metadata=read", of.get_repository),
        *api.routes("POST", "{repo}/statuses/{sha}", "statuses=write", of.create_status),
        *api.routes("GET", "{repo}/commits/{sha}/statuses", "statuses=write", of.list_statuses),
        *api.routes("GET", "{repo}/commits/{sha}/pulls", "pull_requests=read", of.list_pulls),
        *api.routes("GET", "{repo}/git/ref/{ref:.+}", "contents=read", of.get_ref),
        *api.routes("GET", "{repo}/pulls", "pull_requests=read", of.list_repository_pulls),
        *api.routes("GET", "{repo}/pulls/{number}", "pull_requests=read", of.get_pull),
    ]


class Commits:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def get_repository(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/repos/repos#get-a-repository."""
        return Answer(self._api.shapes.repository(call.repository))

    async def create_status(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/commits/statuses#create-a-commit-status."""
        if not call.repository.may_write(call.account):
            raise Refused(404, "Not Found")  # "Users with push access in a repository can create commit statuses"
        sha = call.part("sha")
        status = self._checked(call)
        if not re.fullmatch(r"[0-9a-f]{40}", sha) or await call.repository.git.commit_of(sha) is None:
            raise Refused(422, f"No commit found for SHA: {sha}")
        statuses = call.repository.statuses.setdefault(sha, [])
        # "There is a limit of 1000 statuses per sha and context within a repository."
        if sum(one.context == status.context for one in statuses) >= MOST_STATUSES:
            raise invalid("Status", "context", "This SHA and context has reached the maximum number of statuses.")
        statuses.append(status)
        return Answer(self._api.shapes.status(call.repository, sha, status), 201)

    def _checked(self, call: Call) -> Status:
        state, description = call.body.get("state"), call.body.get("description")
        target, context = call.body.get("target_url"), call.body.get("context", "default")
        if state not in STATES:
            raise invalid("Status", "state", "state is not included in the list")
        if description is not None and len(description) > LONGEST_DESCRIPTION:
            raise invalid("Status", "description", "description is too long (maximum is 140 characters)")
        # Not in the documentation; the API's own words: https://github.com/ouzi-dev/commit-status-updater/issues/527
        if any(char > "\uffff" for char in description or ""):
            raise invalid("Status", "description", "description doesn't accept 4-byte Unicode")
        if target is not None and not re.match(r"https?://", target):
            raise invalid("Status", "target_url", "target_url must use http(s) scheme")
        return Status(next(self._api.hosted.ids), state, description, target, context, call.account, time.time())

    async def list_statuses(self, call: Call) -> Listing:
        """Newest first. https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference."""
        sha = call.part("sha")
        found = reversed(call.repository.statuses.get(sha, []))
        return Listing([self._api.shapes.status(call.repository, sha, one) for one in found])

    async def list_pulls(self, call: Call) -> Listing:
        """The merged one that introduced the commit; of a commit that is not on the default branch, the open ones.

        https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit.
        """
        sha, repository = call.part("sha"), call.repository
        if await repository.git.commit_of(sha) is None:
            raise Refused(422, f"No commit found for SHA: {sha}")
        pulls = repository.pulls.values()
        found = [pull for pull in pulls if pull.merged and sha in (pull.merge_sha, pull.head_sha)]
        found = found or [pull for pull in pulls if pull.state == "open" and pull.head_sha == sha]
        return Listing([self._api.shapes.pull_request(repository, pull) for pull in found])

    async def list_repository_pulls(self, call: Call) -> Listing:
        """Without what only one alone tells (`merged`). https://docs.github.com/en/rest/pulls/pulls#list-pull-requests."""
        query, repository = call.request.query, call.repository
        state, newest_first = query.get("state", "open"), query.get("direction", "desc") == "desc"
        pulls = sorted(repository.pulls.values(), key=lambda pull: pull.number, reverse=newest_first)
        owner, _, branch = query.get("head", "").partition(":")
        if branch:
            pulls = [one for one in pulls if (one.head.owner.login.lower(), one.head_branch) == (owner.lower(), branch)]
        pulls = [one for one in pulls if query.get("base", one.base_branch) == one.base_branch]
        shown = [self._api.shapes.pull_request(repository, pull) for pull in pulls if state in ("all", pull.state)]
        return Listing([{name: value for name, value in one.items() if name != "merged"} for one in shown])

    async def get_ref(self, call: Call) -> Answer:
        """The exact ref only. https://docs.github.com/en/rest/git/refs#get-a-reference."""
        refs = await call.repository.git.refs()
        if not refs:
            raise Refused(409, "Git Repository is empty.")
        name = f"refs/{call.part('ref')}"
        if name not in refs:
            raise Refused(404, "Not Found")
        url = f"{self._api.shapes.api(call.repository)}/git/{name}"
        return Answer({"ref": name, "url": url, "object": {"type": "commit", "sha": refs[name], "url": url}})

    async def get_pull(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request."""
        pull = call.repository.pulls.get(call.number("number"))
        if pull is None:
            raise Refused(404, "Not Found")
        return Answer(self._api.shapes.pull_request(call.repository, pull))
