"""The fake GitLab's endpoints of deployments, with their lifecycle. An environment comes into being with its first one.

https://docs.gitlab.com/api/deployments/
"""

import re

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.gitlab.answers import Refused, forbidden, not_found
from tests.world.gitlab.api import Api, Call
from tests.world.gitlab.nouns import DEVELOPER, Deployment

TAKEN = ("running", "success", "failed", "canceled")

NAME = re.compile(r"[A-Za-z0-9_/$.{} -]{1,255}")
"""https://docs.gitlab.com/ci/environments/#create-a-static-environment"""


def routes(api: Api) -> list[web.RouteDef]:
    of = Deployments(api)
    return [
        api.route("GET", "/projects/{project}/deployments", of.listed, "read_api"),
        api.route("POST", "/projects/{project}/deployments", of.create),
        api.route("PUT", "/projects/{project}/deployments/{number}", of.update),
    ]


class Deployments:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def listed(self, call: Call) -> Listing:
        query = call.request.query
        found = [
            one
            for one in call.project.deployments.values()
            if query.get("environment", one.environment) == one.environment
            and query.get("status", one.status) == one.status
        ]
        if query.get("sort", "asc") == "desc":
            found.reverse()
        return Listing([_shape(one) for one in found])

    async def create(self, call: Call) -> Answer:
        self._may_deploy(call)
        body, git = call.body, call.project.git
        missing = [name for name in ("environment", "sha", "ref", "tag", "status") if name not in body]
        if missing:
            raise Refused(400, {"error": ", ".join(f"{name} is missing" for name in missing)})
        _check(body["status"])
        if not NAME.fullmatch(body["environment"]):
            raise Refused(
                400,
                {
                    "message": {
                        "name": ["can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces"]
                    }
                },
            )
        kind = "tags" if body["tag"] else "heads"
        if await git.commit_of(body["sha"]) is None:
            raise Refused(400, {"message": {"sha": ["The commit does not exist"]}})
        if await git.commit_of(f"refs/{kind}/{body['ref']}") is None:
            raise Refused(400, {"message": {"ref": ["The branch or tag does not exist"]}})
        made = Deployment(
            next(self._api.hosted.ids), body["environment"], body["sha"], body["ref"], body["tag"], body["status"]
        )
        call.project.deployments[made.id] = made
        return Answer(_shape(made), 201)

    async def update(self, call: Call) -> Answer:
        """Any state leads to an end, but for that end itself; none leads back."""
        self._may_deploy(call)
        found = call.project.deployments.get(call.number("number"))
        if found is None:
            raise not_found("Deployment")
        status = call.text("status")
        _check(status)
        if status in (found.status, "running"):
            raise Refused(400, {"message": {"status": [f'cannot transition to "{status}"']}})
        found.status = status
        return Answer(_shape(found))

    def _may_deploy(self, call: Call) -> None:
        if self._api.hosted.level(call.account, call.project) < DEVELOPER:
            raise forbidden()


def _check(status: str) -> None:
    if status not in TAKEN:
        raise Refused(400, {"error": "status does not have a valid value"})


def _shape(one: Deployment) -> dict[str, object]:
    return {
        "id": one.id,
        "iid": one.id,
        "ref": one.ref,
        "sha": one.sha,
        "status": one.status,
        "environment": {"id": 1, "name": one.environment},
        "deployable": None,
    }
