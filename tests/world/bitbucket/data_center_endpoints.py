"""The fake Bitbucket Data Center's REST API 1.0: sign-in, errors, pages, and every endpoint that Penstock asks.

https://developer.atlassian.com/server/bitbucket/rest/v906/intro/
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web

from tests.world.bitbucket import insights
from tests.world.bitbucket.api import Api, Call, Json, Refused
from tests.world.bitbucket.data_center_shapes import DataCenterShapes
from tests.world.bitbucket.discussion import Discussion
from tests.world.bitbucket.nouns import RANKS, Build, Comment, Hosted, RoleName, Token

PREFIX = "/rest/api/1.0"
LIKES = "/rest/comment-likes/1.0"
INSIGHTS = "/rest/insights/1.0"
MOST_PER_PAGE = 100
"""A host sets its own, 1000 at first; fewer makes clients turn pages."""

LONGEST = {"key": 255, "name": 255, "url": 450, "ref": 1024, "description": 255}
STATES = ("CANCELLED", "FAILED", "INPROGRESS", "SUCCESSFUL", "UNKNOWN")
PERMISSIONS: dict[str, RoleName] = {"REPO_READ": "read", "REPO_WRITE": "write", "REPO_ADMIN": "admin"}

REPO = "/projects/{owner}/repos/{name}"


class DataCenterDialect:
    """https://confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html"""

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def token(self, request: web.Request) -> Token:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._hosted.tokens.get(value) if scheme == "Bearer" else None
        if token is None:
            raise Refused(401, "Authentication failed. Please check your credentials and try again.")
        return token

    def error(self, error: Refused) -> web.Response:
        told = {"context": None, "message": error.message, "exceptionName": "com.atlassian.bitbucket.ServiceException"}
        return web.json_response({"errors": [told]}, status=error.status)

    def headers(self, token: Token) -> dict[str, str]:
        return {"X-AUSERNAME": quote(token.account.login), "X-AUSERID": str(token.account.id)}

    def not_found(self, owner: str, name: str) -> Refused:
        return Refused(404, f"Repository {owner}/{name} does not exist.")


def routes(api: Api, discussion: Discussion) -> list[web.RouteDef]:
    of = Endpoints(api.hosted, discussion)
    repo, pull, commit = PREFIX + REPO, "/pull-requests/{number}", "/commits/{commit}"
    found = [
        api.route("GET", PREFIX + "/application-properties", "", of.properties),
        api.route("GET", PREFIX + "/users", "", of.users),
        api.route("GET", repo, "", of.repository),
        api.route("GET", repo + "/default-branch", "", of.default_branch),
        api.route("GET", repo + "/tags/{tag:.+}", "", of.tag),
        api.route("GET", repo + "/commits", "", of.commits),
        api.route("POST", repo + commit + "/builds", "", of.build),
        api.route("PUT", INSIGHTS + REPO + commit + "/reports/{report}", "", of.put_report),
        api.route("DELETE", INSIGHTS + REPO + commit + "/reports/{report}", "", of.remove_report),
        api.route("POST", INSIGHTS + REPO + commit + "/reports/{report}/annotations", "", of.annotate),
        api.route("GET", repo + "/pull-requests", "", of.pull_requests),
        api.route("GET", repo + pull, "", of.pull_request),
        api.route("GET", repo + pull + "/activities", "", of.activities),
    ]
    for stem in (pull, commit):
        found += [
            api.route("GET", repo + stem + "/comments", "", of.comments),
            api.route("POST", repo + stem + "/comments", "", of.write),
            api.route("GET", repo + stem + "/comments/{comment}", "", of.comment),
            api.route("PUT", repo + stem + "/comments/{comment}", "", of.rewrite),
            api.route("PUT", LIKES + REPO + stem + "/comments/{comment}/reactions/{emoticon}", "", of.react),
        ]
    return found


class Endpoints:
    def __init__(self, hosted: Hosted, discussion: Discussion) -> None:
        self._hosted = hosted
        self._discussion = discussion
        self._shapes = DataCenterShapes(hosted)

    async def properties(self, call: Call) -> web.Response:
        return web.json_response({"version": "9.4.1", "displayName": "Bitbucket"})

    async def repository(self, call: Call) -> web.Response:
        return web.json_response(self._shapes.repository(call.repository))

    async def default_branch(self, call: Call) -> web.Response:
        name = call.repository.default_branch
        return web.json_response({"id": f"refs/heads/{name}", "displayId": name, "type": "BRANCH"})

    async def tag(self, call: Call) -> web.Response:
        ref = f"refs/tags/{call.part('tag')}"
        named = await call.repository.git.object_of(ref)
        if named is None:
            raise Refused(404, f"Tag {call.part('tag')} does not exist.")
        commit = await call.repository.git.commit_of(ref)
        return web.json_response({"id": ref, "latestCommit": commit, "hash": named if named != commit else None})

    async def commits(self, call: Call) -> web.Response:
        """`until` is a whole ref's name or a commit's id; anything that Git could read otherwise is a bad request."""
        until = call.request.query.get("until", "")
        if not re.fullmatch(r"[\w./-]+", until):
            raise Refused(400, f"{until} is no commit.")
        sha = await call.repository.git.commit_of(until)
        if sha is None:
            raise Refused(404, f"Commit {until} does not exist.")
        return _page(call, [{"id": sha, "displayId": sha[:11]}])

    async def pull_request(self, call: Call) -> web.Response:
        pull = call.repository.pulls.get(call.number("number"))
        if pull is None:
            raise Refused(404, "Pull request does not exist.")
        return web.json_response(self._shapes.pull_request(call.repository, pull))

    async def pull_requests(self, call: Call) -> web.Response:
        """https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/ (get pull requests for repository)"""
        query, repository = call.request.query, call.repository
        state, oldest_first = query.get("state", "OPEN"), query.get("order", "NEWEST") == "OLDEST"
        pulls = sorted(repository.pulls.values(), key=lambda pull: pull.number, reverse=not oldest_first)
        if "username.1" in query:
            assert query["role.1"] == "AUTHOR"
            pulls = [pull for pull in pulls if pull.author and pull.author.login == query["username.1"]]
        if "at" in query:
            assert query["direction"] == "OUTGOING"
            pulls = [pull for pull in pulls if f"refs/heads/{pull.head_branch}" == query["at"]]
        shown = [self._shapes.pull_request(repository, pull) for pull in pulls if state in ("ALL", pull.state)]
        return _page(call, shown)

    async def build(self, call: Call) -> web.Response:
        """https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/"""
        sha, body = await self._commit(call), call.body
        for name, most in LONGEST.items():
            value = body.get(name, "")
            if not isinstance(value, str) or len(value) > most:
                raise Refused(400, f"{name}: size must be between 0 and {most}")
        if not body.get("key") or not body.get("url") or body.get("state") not in STATES:
            raise Refused(400, "key, url and state are required.")
        if body.get("ref") and not body["ref"].startswith("refs/"):
            raise Refused(400, 'ref: must match "^refs\\/.*"')
        key, name = body["key"], body.get("name") or body["key"]
        made = Build(
            key, body["state"], name, body.get("description", ""), body["url"], body.get("ref", ""), call.account
        )
        call.repository.builds.setdefault(sha, {})[key] = made
        return web.Response(status=204)

    async def put_report(self, call: Call) -> web.Response:
        """https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-insights/."""
        insights.put(call.repository, await self._commit(call), call.part("report"), call.body, insights.DATA_CENTER)
        return web.json_response(call.body)

    async def remove_report(self, call: Call) -> web.Response:
        call.repository.reports.pop((await self._commit(call), call.part("report")), None)
        return web.Response(status=204)

    async def annotate(self, call: Call) -> web.Response:
        sent = call.body.get("annotations", ())
        insights.add(call.repository, await self._commit(call), call.part("report"), sent, insights.DATA_CENTER)
        return web.Response(status=204)

    async def activities(self, call: Call) -> web.Response:
        """Newest first; a reply is inside the comment that it answers, and what was deleted is not there."""
        thread = await self._thread(call)
        told: list[Json] = [{"id": 1, "action": "OPENED"}]
        for one in self._discussion.listed(call.repository, thread):
            if one.parent is None and not one.deleted:
                shown = self._shapes.comment(call.repository, one)
                told.append({"id": one.id, "action": "COMMENTED", "commentAction": "ADDED", "comment": shown})
        return _page(call, told[::-1])

    async def comments(self, call: Call) -> web.Response:
        """Those on one file only: https://jira.atlassian.com/browse/BSERV-8448"""
        path = call.request.query.get("path")
        if not path:
            raise Refused(400, "The path query parameter is required when retrieving comments.")
        listed = self._discussion.listed(call.repository, await self._thread(call))
        return _page(call, [self._shapes.comment(call.repository, one) for one in listed if one.path == path])

    async def comment(self, call: Call) -> web.Response:
        return web.json_response(self._shapes.comment(call.repository, await self._comment(call)))

    async def write(self, call: Call) -> web.Response:
        on, parent = await self._thread(call), None
        if "parent" in call.body:
            parent = self._discussion.found(call.repository, on, call.body["parent"]["id"])
        made = self._discussion.write(call.repository, on, call.account, call.body.get("text", ""), parent)
        return web.json_response(self._shapes.comment(call.repository, made), status=201)

    async def rewrite(self, call: Call) -> web.Response:
        """Only who wrote it may, and only the version that they know: 409 for any other."""
        comment = await self._comment(call)
        if comment.author is not call.account:
            raise Refused(401, "You are not permitted to edit this comment.")
        if call.body.get("version") != comment.version:
            raise Refused(409, f"The comment was changed: its version is {comment.version}.")
        self._discussion.rewrite(call.repository, comment, call.account, call.body.get("text", ""))
        return web.json_response(self._shapes.comment(call.repository, comment))

    async def react(self, call: Call) -> web.Response:
        comment, emoticon = await self._comment(call), call.part("emoticon")
        if (call.account, emoticon) not in comment.reactions:
            comment.reactions.append((call.account, emoticon))
        return web.json_response({"emoticon": {"shortcut": emoticon}, "user": self._shapes.user(call.account)})

    async def users(self, call: Call) -> web.Response:
        """https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-system-maintenance/#api-api-latest-users-get"""
        query = call.request.query
        wanted = query.get("filter", "").lower()
        found = [one for one in self._hosted.accounts.values() if wanted in one.login.lower() and one.person]
        if "group" in query:
            members = self._hosted.groups.get(query["group"], set())
            found = [one for one in found if one.id in members]
        if "permission.1" in query:
            if query["permission.1"] not in PERMISSIONS:
                raise Refused(400, "There is no such permission.")
            repository = self._hosted.named(
                query.get("permission.1.projectKey", ""), query.get("permission.1.repositorySlug", "")
            )
            if repository is None:
                raise Refused(400, "The permission's resource does not exist.")
            needed = RANKS[PERMISSIONS[query["permission.1"]]]
            found = [one for one in found if RANKS[self._hosted.role(repository, one)] >= needed]
        return _page(call, [self._shapes.user(one) for one in found])

    async def _commit(self, call: Call) -> str:
        name = call.part("commit")
        sha = await call.repository.git.commit_of(name) if re.fullmatch("[0-9a-f]{40}", name) else None
        if sha is None:
            raise Refused(404, f"Commit {name} does not exist.")
        return sha

    async def _thread(self, call: Call) -> int | str:
        if "commit" in call.request.match_info:
            return await self._commit(call)
        if call.number("number") not in call.repository.pulls:
            raise Refused(404, "Pull request does not exist.")
        return call.number("number")

    async def _comment(self, call: Call) -> Comment:
        found = self._discussion.found(call.repository, await self._thread(call), call.number("comment"))
        if found.deleted:
            raise Refused(404, "The comment does not exist.")
        return found


def _page(call: Call, items: Sequence[Json]) -> web.Response:
    """https://developer.atlassian.com/server/bitbucket/rest/v906/intro/#paged-apis"""
    query = call.request.query
    start, limit = int(query.get("start", "0")), min(int(query.get("limit", "25")), MOST_PER_PAGE)
    shown = list(items[start : start + limit])
    last = start + limit >= len(items)
    body: Json = {"values": shown, "size": len(shown), "limit": limit, "start": start, "isLastPage": last}
    return web.json_response(body | {"nextPageStart": None if last else start + limit})
