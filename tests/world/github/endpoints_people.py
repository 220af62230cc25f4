"""The fake GitHub's endpoints of people: who one is, who may do what, who is in which team."""

from aiohttp import web

from tests.world.fake.answers import Answer
from tests.world.github.answers import Refused
from tests.world.github.api import Api, Call
from tests.world.github.nouns import BASE_ROLES


def routes(api: Api) -> list[web.RouteDef]:
    of = People(api)
    return [
        *api.routes("GET", "/user", "", of.myself),
        *api.routes("GET", "/users/{login}", "", of.user),
        *api.routes("GET", "{repo}/collaborators/{login}/permission", "metadata=read", of.permission),
        *api.routes("GET", "/orgs/{organization}/teams/{slug}/memberships/{login}", "members=read", of.membership),
    ]


class People:
    def __init__(self, api: Api) -> None:
        self._api = api

    async def myself(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/users/users#get-the-authenticated-user."""
        if call.account.type == "Bot":
            raise Refused(403, "Resource not accessible by integration")
        return Answer(self._api.shapes.account(call.account))

    async def user(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/users/users#get-a-user."""
        account = self._api.hosted.account(call.part("login"))
        if account is None:
            raise Refused(404, "Not Found")
        return Answer(self._api.shapes.account(account))

    async def permission(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user."""
        if not call.repository.may_write(call.account):
            raise Refused(403, "Must have push access to view collaborator permission.")
        account = self._api.hosted.account(call.part("login"))
        if account is None or account.type == "Organization":
            raise Refused(404, f"{call.part('login')} is not a user")
        role = call.repository.role(account)
        user = self._api.shapes.account(account)
        return Answer({"permission": BASE_ROLES[role], "role_name": role, "user": user | {"role_name": role}})

    async def membership(self, call: Call) -> Answer:
        """https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user."""
        members = self._api.hosted.teams.get((call.part("organization").lower(), call.part("slug").lower()), set())
        account = self._api.hosted.account(call.part("login"))
        if account is None or account.id not in members:
            raise Refused(404, "Not Found")
        return Answer({"url": str(call.request.url), "role": "member", "state": "active"})
