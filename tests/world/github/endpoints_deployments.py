"""The fake GitHub's endpoints of deployments and their statuses.

https://docs.github.com/en/rest/deployments/deployments, https://docs.github.com/en/rest/deployments/statuses
"""

from aiohttp import web

from tests.world.fake.answers import Answer, Listing
from tests.world.github.answers import Refused
from tests.world.github.api import Api, Call
from tests.world.github.nouns import Deployment, DeploymentStatus

LONGEST_DESCRIPTION = 140


def routes(api: Api) -> list[web.RouteDef]:
    of = Deployments(api)
    return [
        *api.routes("GET", "{repo}/deployments", "deployments=read", of.listed),
        *api.routes("POST", "{repo}/deployments", "deployments=write", of.create),
        *api.routes("POST", "{repo}/deployments/{number}/statuses", "deployments=write", of.set_status),
    ]


class Deployments:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def listed(self, call: Call) -> Listing:
        """The newest first."""
        query = call.request.query
        found = [
            one
            for one in reversed(call.repository.deployments.values())
            if query.get("sha", one.sha) == one.sha
            and query.get("environment", one.environment) == one.environment
            and query.get("task", one.task) == one.task
        ]
        return Listing([self._api.shapes.deployment(call.repository, one) for one in found])

    async def create(self, call: Call) -> Answer:
        """Unless told otherwise GitHub merges the default branch first, and asks for every status to have succeeded: 409."""
        body, ref = call.body, call.text("ref")
        sha = await call.repository.git.commit_of(ref)
        if sha is None:
            raise Refused(422, f"No ref found for: {ref}")
        if body.get("auto_merge", True):
            raise Refused(409, f"Conflict merging main into {ref}.")
        if body.get("required_contexts") != []:
            raise Refused(409, "Conflict: Commit status checks failed for main.")
        if len(body.get("description") or "") > LONGEST_DESCRIPTION:
            raise Refused(422, "Validation Failed")
        made = Deployment(
            next(self._api.hosted.ids),
            sha,
            body.get("task", "deploy"),
            body.get("environment", "production"),
            body.get("payload", {}),
            call.account,
            production=body.get("production_environment", body.get("environment", "production") == "production"),
            transient=body.get("transient_environment", False),
        )
        call.repository.deployments[made.id] = made
        return Answer(self._api.shapes.deployment(call.repository, made), 201)

    async def set_status(self, call: Call) -> Answer:
        body, found = call.body, call.repository.deployments.get(call.number("number"))
        if found is None:
            raise Refused(404, "Not Found")
        if len(body.get("description") or "") > LONGEST_DESCRIPTION:
            raise Refused(422, "Validation Failed")
        status = DeploymentStatus(
            next(self._api.hosted.ids), body["state"], body.get("description", ""), body.get("log_url", "")
        )
        found.statuses.append(status)
        if status.state == "success" and body.get("auto_inactive", True):
            self._replace(call, found)
        return Answer({"id": status.id, "state": status.state, "log_url": status.log_url}, 201)

    def _replace(self, call: Call, found: Deployment) -> None:
        """ "Adds a new inactive status to all prior non-transient, non-production environment deployments" of the environment."""
        for one in call.repository.deployments.values():
            prior = one.id < found.id and one.environment == found.environment
            if prior and not one.production and not one.transient and one.state == "success":
                one.statuses.append(DeploymentStatus(next(self._api.hosted.ids), "inactive"))
