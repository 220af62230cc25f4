"""The fake GitHub's endpoints by which pull requests are opened, edited and closed.

https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request, https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.github.answers import Refused, invalid
from tests.world.github.api import Api, Call
from tests.world.github.nouns import PullRequest

Open = Callable[..., Awaitable[PullRequest]]
Edited = Callable[..., Awaitable[None]]
Closed = Callable[..., Awaitable[None]]


def routes(api: Api, opened: Open, edited: Edited, closed: Closed) -> list[web.RouteDef]:
    return [
        *api.routes("POST", "{repo}/pulls", "pull_requests=write", partial(_create, api, opened)),
        *api.routes("PATCH", "{repo}/pulls/{number}", "pull_requests=write", partial(_update, api, edited, closed)),
    ]


async def _create(api: Api, opened: Open, call: Call) -> Answer:
    repository, title, head, base = call.repository, call.text("title"), call.text("head"), call.text("base")
    refs = await repository.git.refs()
    branch = head.removeprefix(f"{repository.owner.login}:")
    for field, name in (("head", branch), ("base", base)):
        if f"refs/heads/{name}" not in refs:
            raise Refused(422, "Validation Failed", [{"resource": "PullRequest", "field": field, "code": "invalid"}])
    if any(one.state == "open" and (one.head_branch, one.base_branch) == (branch, base) for one in _pulls(call)):
        raise invalid("PullRequest", "", f"A pull request already exists for {repository.owner.login}:{branch}.")
    if await repository.git.reaches(refs[f"refs/heads/{base}"], refs[f"refs/heads/{branch}"]):
        raise invalid("PullRequest", "", f"No commits between {base} and {branch}")
    made = await opened(repository, branch, call.account, title, into=base)
    made.body = call.body.get("body")
    return Answer(api.shapes.pull_request(repository, made), 201)


async def _update(api: Api, edited: Edited, closed: Closed, call: Call) -> Answer:
    """Whoever closes one needs no more than to edit it; one that was merged stays so."""
    pull = call.repository.pulls.get(call.number("number"))
    if pull is None:
        raise Refused(404, "Not Found")
    was: dict[str, Any] = {name: {"from": getattr(pull, name)} for name in ("title", "body") if name in call.body}
    pull.title, pull.body = call.body.get("title", pull.title), call.body.get("body", pull.body)
    if was:
        await edited(call.repository, pull, call.account, was)
    if call.body.get("state") == "closed" and pull.state == "open":
        await closed(call.repository, pull, call.account)
    return Answer(api.shapes.pull_request(call.repository, pull))


def _pulls(call: Call) -> list[PullRequest]:
    return list(call.repository.pulls.values())
