"""The fake GitLab's endpoints of people: who one is, what the token may, who is a member of what."""

from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.gitlab.answers import Refused, not_found
from tests.world.gitlab.api import Api, Call
from tests.world.gitlab.nouns import GUEST, Membership

NOT_FOUND = Refused(404, {"message": "404 Not found"})


def routes(api: Api) -> list[web.RouteDef]:
    of = People(api)
    return [
        api.route("GET", "/user", of.myself, "read_api", "read_user"),
        api.route("GET", "/users/{user}", of.user, "read_api", "read_user"),
        api.route("GET", "/personal_access_tokens/self", of.token, "read_api", "read_user", "read_repository"),
        api.route("GET", "/projects/{project}/members/all/{user}", of.project_member, "read_api"),
        api.route("GET", "/groups/{group}/members/{user}", of.group_member, "read_api"),
    ]


class People:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def myself(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/users/#get-the-current-user."""
        return Answer(self._api.shapes.account(call.account))

    async def user(self, call: Call) -> Answer:
        account = self._api.hosted.by_id(call.number("user"))
        if account is None:
            raise not_found("User")
        return Answer(self._api.shapes.account(account))

    async def token(self, call: Call) -> Answer:
        """https://docs.gitlab.com/api/personal_access_tokens/#self-inform."""
        return Answer(self._api.shapes.token(call.token))

    async def project_member(self, call: Call) -> Answer:
        """The highest of all memberships.

        https://docs.gitlab.com/api/project_members/#get-a-member-of-a-project-including-inherited-and-invited-members
        """
        account = self._api.hosted.by_id(call.number("user"))
        found = self._api.hosted.memberships(account, call.project.path) if account else []
        return self._answer(max(found, key=lambda one: one.level, default=None))

    async def group_member(self, call: Call) -> Answer:
        """Of the group itself: https://docs.gitlab.com/api/group_members/#get-a-member-of-a-group."""
        hosted = self._api.hosted
        path = call.part("group").lower()
        group = hosted.groups.get(path)
        mine = max((one.level for one in hosted.memberships(call.account, path)), default=0)
        if group is None or (group.visibility == "private" and mine < GUEST):
            raise not_found("Group")
        return self._answer(group.members.get(call.number("user")))

    def _answer(self, found: Membership | None) -> Answer:
        if found is None:
            raise NOT_FOUND
        return Answer(self._api.shapes.member(found))
