"""The fake Bitbuckets' endpoints by which pull requests are opened, edited and declined.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/,
https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.world.bitbucket import cloud_endpoints, data_center_endpoints
from tests.world.bitbucket.api import Api, Call, Refused
from tests.world.bitbucket.cloud_shapes import CloudShapes
from tests.world.bitbucket.data_center_shapes import DataCenterShapes
from tests.world.bitbucket.nouns import Account, PullRequest, Repository

LONGEST_TITLE = 255
Open = Callable[..., Awaitable[PullRequest]]
Retitle = Callable[[Repository, PullRequest, Account, str], Awaitable[None]]
Decline = Callable[[Repository, PullRequest, Account], Awaitable[None]]


def routes(api: Api, opened: Open, retitle: Retitle, decline: Decline, *, data_center: bool) -> list[web.RouteDef]:
    of = DataCenter(api, opened, retitle, decline) if data_center else Cloud(api, opened, retitle, decline)
    base = data_center_endpoints.PREFIX + data_center_endpoints.REPO if data_center else cloud_endpoints.REPO
    path = f"{base}/pull-requests" if data_center else f"{base}/pullrequests"
    scope = "" if data_center else "pullrequest:write"
    return [
        api.route("POST", path, scope, of.create),
        api.route("PUT", path + "/{number}", scope, of.update),
        api.route("POST", path + "/{number}/decline", scope, of.decline),
    ]


class _Proposals:
    def __init__(self, api: Api, opened: Open, retitle: Retitle, declined: Decline) -> None:
        self._hosted = api.hosted
        self._opened = opened
        self._retitle = retitle
        self._declined = declined

    async def _open(self, call: Call, source: str, target: str) -> PullRequest:
        repository, title = call.repository, _title(call)
        refs = await repository.git.refs()
        if not self._hosted.may(repository, call.account, "write"):
            raise Refused(403, "You may not open a pull request of this branch.")
        if f"refs/heads/{source}" not in refs or f"refs/heads/{target}" not in refs:
            raise Refused(400, "There is no such branch.")
        if await repository.git.reaches(refs[f"refs/heads/{target}"], refs[f"refs/heads/{source}"]):
            raise Refused(400, "There are no changes to be pulled.")
        made = await self._opened(repository, source, call.account, title, into=target)
        made.description = call.body.get("description", "")
        return made

    async def _decline(self, call: Call) -> PullRequest:
        pull = self._known(call)
        if not self._hosted.may(call.repository, call.account, "write") and call.account != pull.author:
            raise Refused(403, "You may not decline this pull request.")
        await self._declined(call.repository, pull, call.account)
        return pull

    def _known(self, call: Call) -> PullRequest:
        pull = call.repository.pulls.get(call.number("number"))
        if pull is None:
            raise Refused(404, "Pull request not found")
        if pull.state != "OPEN":
            raise Refused(409, "Only open pull requests can be changed.")
        return pull

    async def _edit(self, call: Call) -> PullRequest:
        pull = self._known(call)
        pull.description = call.body.get("description", "")
        await self._retitle(call.repository, pull, call.account, _title(call))
        return pull


class Cloud(_Proposals):
    async def create(self, call: Call) -> web.Response:
        """A second one of the same branches takes the place of the first, as Bitbucket does it; nobody should ask for it."""
        source = call.body["source"]["branch"]["name"]
        target = call.body.get("destination", {}).get("branch", {}).get("name", call.repository.default_branch)
        ends = [(one.head_branch, one.base_branch) for one in call.repository.pulls.values() if one.state == "OPEN"]
        assert (source, target) not in ends
        made = await self._open(call, source, target)
        return web.json_response(CloudShapes(self._hosted).pull_request(call.repository, made), status=201)

    async def update(self, call: Call) -> web.Response:
        pull = await self._edit(call)
        return web.json_response(CloudShapes(self._hosted).pull_request(call.repository, pull))

    async def decline(self, call: Call) -> web.Response:
        pull = await self._decline(call)
        return web.json_response(CloudShapes(self._hosted).pull_request(call.repository, pull))


class DataCenter(_Proposals):
    async def create(self, call: Call) -> web.Response:
        """409 where one of the same branches is open."""
        ends = []
        for name in ("fromRef", "toRef"):
            ref, where = call.body[name]["id"], call.body[name]["repository"]
            assert (where["project"]["key"], where["slug"]) == (call.repository.owner, call.repository.name)
            if not ref.startswith("refs/heads/"):
                raise Refused(404, f"{ref} does not exist.")
            ends.append(ref.removeprefix("refs/heads/"))
        for one in call.repository.pulls.values():
            if one.state == "OPEN" and [one.head_branch, one.base_branch] == ends:
                raise Refused(409, "Only one pull request may be open for a given source and target branch.")
        made = await self._open(call, *ends)
        return web.json_response(DataCenterShapes(self._hosted).pull_request(call.repository, made), status=201)

    async def update(self, call: Call) -> web.Response:
        """Only the version that they know: 409 for any other."""
        self._is_newest(call, call.body.get("version"))
        pull = await self._edit(call)
        pull.version += 1
        return web.json_response(DataCenterShapes(self._hosted).pull_request(call.repository, pull))

    async def decline(self, call: Call) -> web.Response:
        """Its version in the address, and a body of JSON, without which it is taken for a forged form."""
        if call.request.content_type != "application/json":
            raise Refused(403, "XSRF check failed")
        self._is_newest(call, int(call.request.query.get("version", "-1")))
        pull = await self._decline(call)
        pull.version += 1
        return web.json_response(DataCenterShapes(self._hosted).pull_request(call.repository, pull))

    def _is_newest(self, call: Call, version: object) -> None:
        known = call.repository.pulls.get(call.number("number"))
        if known is not None and version != known.version:
            raise Refused(409, "The pull request was changed by somebody else.")


def _title(call: Call) -> str:
    title = call.body.get("title")
    if not isinstance(title, str) or not title.strip() or len(title) > LONGEST_TITLE:
        raise Refused(400, f"title: size must be between 1 and {LONGEST_TITLE}")
    return title
