"""Deployments on GitLab, whose environments come into being with them.

https://docs.gitlab.com/api/deployments/
One begins when something is done there, since GitLab takes none that waits. One that has ended never runs again: what is tried anew is
another. What a later one replaces GitLab finds out itself.
"""

from typing import Any

from bot.model.host_deployment import HostDeployment
from bot.model.repository import RefKind, Repository
from bot.model.status import StatusState
from bot.ports import HostRefused
from providers.base.payloads import Id, Model
from providers.gitlab.client import GitLabClient, Query
from providers.gitlab.objects import project_path, sha_of

STATES = {
    StatusState.RUNNING: "running",
    StatusState.SUCCEEDED: "success",
    StatusState.FAILED: "failed",
    StatusState.STOPPED: "canceled",
    StatusState.INVALID: "failed",
}
"""What waits is told once it goes on."""


class _Made(Model):
    id: Id
    status: str = ""


class GitLabDeployments:
    """See `ports.Deployments`. What a deployment is known by is its number, and whether it has ended."""

    def __init__(self, client: GitLabClient) -> None:
        self._client = client

    async def put(self, deployment: HostDeployment, known: str | None) -> str:
        one, state = deployment, STATES.get(deployment.state)
        number, _, ended = (known or "").partition(" ")
        if state is None:
            return known or ""
        if ended and state == "running":
            number = ""
        made = number or (await self._find(one) if known is not None else "")
        try:
            made = await self._change(one, made, state) if made else await self._create(one, state)
        except HostRefused as refusal:
            raise HostRefused(
                f"{refusal} (deployments need the role Developer, and leave for protected ones)"
            ) from None
        return f"{made} ended" if one.state.final else made

    async def retire(self, repository: Repository, known: str) -> None: ...

    async def _find(self, one: HostDeployment) -> str:
        """One that was begun before the bot could note it: an environment has one at a time."""
        query: Query = {
            "environment": one.environment,
            "status": "running",
            "order_by": "id",
            "sort": "desc",
            "per_page": 1,
        }
        path = f"{project_path(one.repository)}/deployments"
        found = await self._client.get(path, list[_Running], query)
        return next((str(each.id) for each in found if each.sha == one.commit), "")

    async def _create(self, one: HostDeployment, state: str) -> str:
        body: dict[str, Any] = {
            "environment": one.environment,
            "sha": sha_of(one.commit),
            "ref": one.branch if one.ref.kind is RefKind.PULL_REQUEST else one.ref.name,
            "tag": one.ref.kind is RefKind.TAG,
            "status": state,
        }
        return str((await self._client.post(f"{project_path(one.repository)}/deployments", body, _Made)).id)

    async def _change(self, one: HostDeployment, number: str, state: str) -> str:
        """Being told what it is already is refused."""
        if state != "running":
            path = f"{project_path(one.repository)}/deployments/{number}"
            await self._client.put(path, {"status": state}, _Made)
        return number


class _Running(_Made):
    sha: str
