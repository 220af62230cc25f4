"""Deployments on GitHub: made once for an execution's stage, and then given one status after another.

https://docs.github.com/en/rest/deployments/deployments, https://docs.github.com/en/rest/deployments/statuses
"""

from typing import Any, TypeVar

from github import Github
from pydantic import TypeAdapter

from bot.model.host_deployment import HostDeployment
from bot.model.repository import Repository
from bot.model.status import StatusState
from bot.ports import HostRefused
from providers.base.payloads import Id, Model
from providers.base.shorten import shortened
from providers.github.client import PER_PAGE, GitHubClient
from providers.github.objects import number_of
from providers.github.sign_in import DEPLOYING, about

STATES = {
    StatusState.QUEUED: "queued",
    StatusState.RUNNING: "in_progress",
    StatusState.WAITING: "pending",
    StatusState.SUCCEEDED: "success",
    StatusState.FAILED: "failure",
    StatusState.STOPPED: "error",
    StatusState.INVALID: "error",
}

LONGEST_DESCRIPTION = 140

T = TypeVar("T")


class _Made(Model):
    """`payload` may be anything: others make deployments, too."""

    id: Id
    payload: Any = None


_ONE: TypeAdapter[_Made] = TypeAdapter(_Made)
_LISTED: TypeAdapter[list[_Made]] = TypeAdapter(list[_Made])


class GitHubDeployments:
    """See `ports.Deployments`. What a deployment is known by is its number."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    async def put(self, deployment: HostDeployment, known: str | None) -> str:
        one = deployment
        found = int(known) if known else await self._find(one) if known is not None else None
        number = found or await self._create(one)
        status = {
            "state": STATES[one.state],
            "log_url": one.url,
            "description": _description(one.description),
            "auto_inactive": True,
        }
        await self._ask(one.repository, _ONE, "POST", f"/deployments/{number}/statuses", status)
        return str(number)

    async def retire(self, repository: Repository, known: str) -> None:
        """GitHub does so by itself, but not in production environments."""
        path = f"/deployments/{number_of(known)}/statuses"
        await self._ask(repository, _ONE, "POST", path, {"state": "inactive"})

    async def _find(self, one: HostDeployment) -> int | None:
        """The one that was made before the bot could note it: by what it was given to carry."""
        query = {"sha": one.commit, "environment": one.environment, "per_page": PER_PAGE}
        listed = await self._ask(one.repository, _LISTED, "GET", "/deployments", query=query)
        return next((found.id for found in listed if found.payload == _payload(one)), None)

    async def _create(self, one: HostDeployment) -> int:
        """Of this very commit, whatever its other statuses are: GitHub would merge and wait on its own account otherwise."""
        body = {
            "ref": one.commit,
            "environment": one.environment,
            "payload": _payload(one),
            "description": _description(f"{one.stage} of execution {one.execution}"),
            "auto_merge": False,
            "required_contexts": [],
            "transient_environment": False,
        }
        return (await self._ask(one.repository, _ONE, "POST", "/deployments", body)).id

    async def _ask(
        self,
        repository: Repository,
        answer: TypeAdapter[T],
        verb: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> T:
        where = f"/repositories/{number_of(repository.id)}{path}"

        def ask(github: Github) -> T:
            found = github.requester.requestJsonAndCheck(verb, where, parameters=query, input=body)[1]
            return answer.validate_python(found)

        try:
            return await self._client.call(ask, about(repository, DEPLOYING))
        except HostRefused as refusal:
            raise HostRefused(f"{refusal} (deployments need the permission Deployments: write)") from None


def _payload(one: HostDeployment) -> dict[str, str]:
    return {"penstock": one.execution, "stage": one.stage}


def _description(text: str) -> str:
    return shortened("".join(char for char in text if char <= "\uffff"), LONGEST_DESCRIPTION)
