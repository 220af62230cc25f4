"""The fake GitLab's endpoints by which merge requests are opened, edited and closed.

https://docs.gitlab.com/api/merge_requests/#create-mr, https://docs.gitlab.com/api/merge_requests/#update-mr
"""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.gitlab.answers import Refused, forbidden
from tests.world.gitlab.api import Api, Call
from tests.world.gitlab.nouns import DEVELOPER, Account, MergeRequest, Project

LONGEST_TITLE = 255
Open = Callable[..., Awaitable[MergeRequest]]
Edit = Callable[[Project, MergeRequest, Account, str], Awaitable[None]]
Close = Callable[[Project, MergeRequest, Account], Awaitable[None]]


def routes(api: Api, opened: Open, edit: Edit, close: Close) -> list[web.RouteDef]:
    path = "/projects/{project}/merge_requests"
    return [
        api.route("POST", path, partial(_create, api, opened)),
        api.route("PUT", path + "/{iid}", partial(_update, api, edit, close)),
    ]


async def _create(api: Api, opened: Open, call: Call) -> Answer:
    project, source, target, title = call.project, call.text("source_branch"), call.text("target_branch"), _title(call)
    if api.hosted.level(call.account, project) < DEVELOPER:
        raise forbidden()
    refs = await project.git.refs()
    if f"refs/heads/{source}" not in refs or f"refs/heads/{target}" not in refs or source == target:
        raise Refused(422, {"message": ["You can't use same project/branch for source and target"]})
    same = [one for one in project.merge_requests.values() if one.source_branch == source and one.state == "opened"]
    if same:
        said = f"Another open merge request already exists for this source branch: !{same[0].iid}"
        raise Refused(409, {"message": [said]})
    assert target == project.default_branch
    made = await opened(project, source, call.account, title)
    made.description = call.body.get("description")
    return Answer(api.shapes.merge_request(project, made), 201)


async def _update(api: Api, edit: Edit, close: Close, call: Call) -> Answer:
    request = call.project.merge_requests.get(call.number("iid"))
    if request is None:
        raise Refused(404, {"message": "404 Not found"})
    request.description = call.body.get("description", request.description)
    if "title" in call.body:
        await edit(call.project, request, call.account, _title(call))
    if call.body.get("state_event") == "close":
        if api.hosted.level(call.account, call.project) < DEVELOPER and call.account != request.author:
            raise forbidden()
        if request.state == "opened":
            await close(call.project, request, call.account)
    return Answer(api.shapes.merge_request(call.project, request))


def _title(call: Call) -> str:
    title = call.text("title")
    if len(title) > LONGEST_TITLE:
        raise Refused(400, {"message": {"title": [f"is too long (maximum is {LONGEST_TITLE} characters)"]}})
    return title
