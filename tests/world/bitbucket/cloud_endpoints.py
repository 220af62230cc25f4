"""The fake Bitbucket Cloud's API 2.0: sign-in, errors, pages, and every endpoint that Penstock asks.

https://developer.atlassian.com/cloud/bitbucket/rest/intro/
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tests.world.bitbucket import insights
from tests.world.bitbucket.api import Api, Call, Json, Refused
from tests.world.bitbucket.cloud_shapes import CloudShapes
from tests.world.bitbucket.discussion import Discussion
from tests.world.bitbucket.nouns import Build, Comment, Hosted, Token

PREFIX = "/2.0"
MOST_PER_PAGE = 100
MOST_PULL_REQUESTS = 50
"""https://github.com/jenkinsci/bitbucket-branch-source-plugin/pull/1182"""
LONGEST_KEY = 40
"""https://jira.atlassian.com/browse/BCLOUD-23984"""

LONGEST_TEXT = 255
STATES = ("INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED")

REPO = PREFIX + "/repositories/{owner:[^/]+}/{name:[^/]+}"


class CloudDialect:
    """Bearer for access tokens, Basic for an account's address with its API token.

    https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication
    """

    def __init__(self, hosted: Hosted) -> None:
        self._hosted = hosted

    def token(self, request: web.Request) -> Token:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = None
        if scheme == "Bearer":
            token = self._hosted.tokens.get(value)
        elif scheme == "Basic":
            token = self._by_password(value)
        if token is None:
            raise Refused(401, "Token is invalid, expired, or not supported for this endpoint.")
        return token

    def _by_password(self, value: str) -> Token | None:
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        found = self._hosted.tokens.get(password)
        return found if found is not None and user == address_of(found) else None

    def error(self, error: Refused) -> web.Response:
        """https://developer.atlassian.com/cloud/bitbucket/rest/intro/#error-reporting"""
        told: Json = {"message": error.message}
        if error.detail is not None:
            told["detail"] = error.detail
        return web.json_response({"type": "error", "error": told}, status=error.status)

    def headers(self, token: Token) -> dict[str, str]:
        return {"X-OAuth-Scopes": ", ".join(sorted(token.scopes))}

    def not_found(self, owner: str, name: str) -> Refused:
        return Refused(404, f"Repository {owner}/{name} not found")


def address_of(token: Token) -> str:
    """The Atlassian account's."""
    return f"{token.account.login}@example.test"


def routes(api: Api, discussion: Discussion) -> list[web.RouteDef]:
    of = Endpoints(api.hosted, discussion)
    found = [
        api.route("GET", REPO, "repository", of.repository),
        api.route("GET", REPO + "/commit/{commit}", "repository", of.commit),
        api.route("POST", REPO + "/commit/{commit}/statuses/build", "repository", of.build),
        api.route("PUT", REPO + "/commit/{commit}/reports/{report}", "repository", of.put_report),
        api.route("DELETE", REPO + "/commit/{commit}/reports/{report}", "repository", of.remove_report),
        api.route("POST", REPO + "/commit/{commit}/reports/{report}/annotations", "repository", of.annotate),
        api.route("GET", REPO + "/refs/branches/{branch:.+}", "repository", of.branch),
        api.route("GET", REPO + "/pullrequests", "pullrequest", of.pull_requests),
        api.route("GET", REPO + "/pullrequests/{number}", "pullrequest", of.pull_request),
        api.route("GET", REPO + "/permissions-config/users/{user:[^/]+}", "repository:admin", of.explicit_permission),
        api.route(
            "GET", PREFIX + "/workspaces/{owner}/permissions/repositories/{name:[^/]+}", "repository", of.permissions
        ),
        api.route("GET", PREFIX + "/user", "account", of.myself),
        api.route("GET", "/1.0/groups/{workspace}/{group}/members", "account", of.members),
    ]
    for stem, scope in (
        ("/pullrequests/{number}/comments", "pullrequest"),
        ("/commit/{commit}/comments", "repository"),
    ):
        found += [
            api.route("GET", REPO + stem, scope, of.comments),
            api.route("POST", REPO + stem, scope, of.write),
            api.route("GET", REPO + stem + "/{comment}", scope, of.comment),
            api.route("PUT", REPO + stem + "/{comment}", scope, of.rewrite),
        ]
    return found


class Endpoints:
    def __init__(self, hosted: Hosted, discussion: Discussion) -> None:
        self._hosted = hosted
        self._discussion = discussion
        self._shapes = CloudShapes(hosted)

    async def repository(self, call: Call) -> web.Response:
        return _answer(call, self._shapes.details(call.repository))

    async def commit(self, call: Call) -> web.Response:
        """By the beginning of its id as well."""
        sha = await self._commit(call)
        return _answer(call, self._shapes.commit(await call.repository.git.describe(sha)))

    async def branch(self, call: Call) -> web.Response:
        sha = (await call.repository.git.refs()).get(f"refs/heads/{call.part('branch')}")
        if sha is None:
            raise Refused(404, f"Branch {call.part('branch')} not found")
        target = self._shapes.commit(await call.repository.git.describe(sha))
        return _answer(call, {"type": "branch", "name": call.part("branch"), "target": target})

    async def pull_request(self, call: Call) -> web.Response:
        pull = call.repository.pulls.get(call.number("number"))
        if pull is None:
            raise Refused(404, "Pull request not found")
        return _answer(call, self._shapes.pull_request(call.repository, pull))

    async def pull_requests(self, call: Call) -> web.Response:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-get."""
        query, repository = call.request.query, call.repository
        if query.get("sort", "-created_on") not in ("created_on", "-created_on"):
            raise Refused(400, "Invalid sort")
        newest_first = query.get("sort", "-created_on").startswith("-")
        pulls = sorted(repository.pulls.values(), key=lambda pull: pull.number, reverse=newest_first)
        wanted = query.get("state", "OPEN")
        shown = [self._shapes.pull_request(repository, pull) for pull in pulls if pull.state == wanted]
        if "q" in query:
            asked = re.fullmatch(r'author\.uuid = "(\{[0-9a-f-]{36}\})"', query["q"])
            ends = re.fullmatch(
                r'source\.branch\.name = "([^"]+)" AND destination\.branch\.name = "([^"]+)"', query["q"]
            )
            if asked is not None:
                shown = [one for one in shown if one["author"] and one["author"]["uuid"] == asked[1]]
            elif ends is not None:
                names = [[one[end]["branch"]["name"] for end in ("source", "destination")] for one in shown]
                shown = [one for one, found in zip(shown, names, strict=True) if found == list(ends.groups())]
            else:
                raise Refused(400, "Invalid query")
        return _page(call, self._hosted.url, shown, MOST_PULL_REQUESTS)

    async def build(self, call: Call) -> web.Response:
        """201, and 200 where one of that key was there: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/"""
        sha, body = await self._commit(call), call.body
        key, url = _text(body, "key", LONGEST_KEY), _text(body, "url", 1 << 12)
        if urlsplit(url).scheme not in ("http", "https") or "{" in url:
            raise Refused(400, "url: Enter a valid URL.")
        if body.get("state") not in STATES:
            raise Refused(400, f"state: {body.get('state')!r} is not a valid choice.")
        name = _text(body, "name", LONGEST_TEXT) if "name" in body else key
        description = _text(body, "description", LONGEST_TEXT, blank=True) if "description" in body else ""
        builds = call.repository.builds.setdefault(sha, {})
        status = 200 if key in builds else 201
        builds[key] = Build(key, body["state"], name, description, url, str(body.get("refname", "")), call.account)
        return _answer(call, self._shapes.build(builds[key]), status)

    async def put_report(self, call: Call) -> web.Response:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-reports/."""
        insights.put(call.repository, await self._commit(call), call.part("report"), call.body, insights.CLOUD)
        return _answer(call, call.body)

    async def remove_report(self, call: Call) -> web.Response:
        if call.repository.reports.pop((await self._commit(call), call.part("report")), None) is None:
            raise Refused(404, "Report not found")
        return web.Response(status=204)

    async def annotate(self, call: Call) -> web.Response:
        insights.add(call.repository, await self._commit(call), call.part("report"), call.items, insights.CLOUD)
        return web.json_response(list(call.items))

    async def comments(self, call: Call) -> web.Response:
        """Oldest first, replies and deleted ones among them."""
        listed = self._discussion.listed(call.repository, await self._thread(call))
        return _page(call, self._hosted.url, [self._shapes.comment(one) for one in listed])

    async def comment(self, call: Call) -> web.Response:
        return _answer(call, self._shapes.comment(await self._comment(call)))

    async def write(self, call: Call) -> web.Response:
        on, parent = await self._thread(call), None
        if "parent" in call.body:
            parent = self._discussion.found(call.repository, on, call.body["parent"]["id"])
        made = self._discussion.write(call.repository, on, call.account, _raw(call.body), parent)
        return _answer(call, self._shapes.comment(made), 201)

    async def rewrite(self, call: Call) -> web.Response:
        """Only who wrote it may."""
        comment = await self._comment(call)
        if comment.deleted:
            raise Refused(404, "Comment not found")
        if comment.author is not call.account:
            raise Refused(403, "Access denied. You must have write or admin access, or be the author of the comment.")
        self._discussion.rewrite(call.repository, comment, call.account, _raw(call.body))
        return _answer(call, self._shapes.comment(comment))

    async def permissions(self, call: Call) -> web.Response:
        """Effective ones, of everybody who has any; whoever may only read what is public is not in the list."""
        if call.token.of in ("repository", "project"):
            raise Refused(403, "This token does not reach the workspace.")
        if "repository:admin" not in call.token.scopes or not self._hosted.may(call.repository, call.account, "admin"):
            raise Refused(403, "You must be an admin of the repository to perform this action.")
        wanted = re.fullmatch(r'user\.uuid="(\{[^"]+\})"', call.request.query.get("q", ""))
        listed = []
        for account in self._hosted.accounts.values():
            private = call.repository.private
            call.repository.private = True
            role = self._hosted.role(call.repository, account)
            call.repository.private = private
            if role != "none" and (wanted is None or wanted[1] == account.uuid):
                listed.append(
                    {"type": "repository_permission", "permission": role, "user": self._shapes.account(account)}
                )
        return _page(call, self._hosted.url, listed)

    async def explicit_permission(self, call: Call) -> web.Response:
        """What was given to the user alone."""
        wanted = call.part("user")
        for account in self._hosted.accounts.values():
            if wanted in (account.uuid, account.account_id):
                role = call.repository.roles.get(account.id, "none")
                return _answer(call, {"permission": role, "user": self._shapes.account(account)})
        raise Refused(404, f"{wanted} does not exist")

    async def myself(self, call: Call) -> web.Response:
        return _answer(call, self._shapes.account(call.account))

    async def members(self, call: Call) -> web.Response:
        """https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/"""
        members = self._hosted.groups.get(f"{call.part('workspace')}/{call.part('group')}")
        if members is None:
            raise Refused(404, "Group not found")
        listed = [self._shapes.account(one) for one in self._hosted.accounts.values() if one.id in members]
        return web.json_response(listed)

    async def _commit(self, call: Call) -> str:
        name = call.part("commit")
        sha = await call.repository.git.commit_of(name) if re.fullmatch("[0-9a-f]{7,40}", name) else None
        if sha is None:
            raise Refused(404, f"Commit {name} not found")
        return sha

    async def _thread(self, call: Call) -> int | str:
        if "commit" in call.request.match_info:
            return await self._commit(call)
        if call.number("number") not in call.repository.pulls:
            raise Refused(404, "Pull request not found")
        return call.number("number")

    async def _comment(self, call: Call) -> Comment:
        return self._discussion.found(call.repository, await self._thread(call), call.number("comment"))


def _raw(body: Json) -> Any:
    content = body.get("content")
    return content.get("raw") if isinstance(content, dict) else None


def _text(body: Json, name: str, most: int, *, blank: bool = False) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not (value or blank):
        raise Refused(400, f"{name}: This field is required.")
    if len(value) > most:
        raise Refused(400, f"{name}: Ensure this value has at most {most} characters (it has {len(value)}).")
    return value


def _answer(call: Call, body: Json, status: int = 200) -> web.Response:
    """With `fields`, only those: https://developer.atlassian.com/cloud/bitbucket/rest/intro/#partial-response"""
    wanted = call.request.query.get("fields", "")
    return web.json_response(_only(body, wanted.split(",")) if wanted else body, status=status)


def _only(body: Mapping[str, Any], paths: Sequence[str]) -> Json:
    kept: Json = {}
    for path in paths:
        first, _, rest = path.partition(".")
        if first not in body:
            continue
        inner = body[first]
        kept[first] = kept.get(first, {}) | _only(inner, [rest]) if rest and isinstance(inner, dict) else inner
    return kept


def _page(call: Call, url: str, items: Sequence[Json], most: int = MOST_PER_PAGE) -> web.Response:
    """https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination"""
    query = dict(call.request.query)
    size, number = int(query.get("pagelen", "10")), int(query.get("page", "1"))
    if not 0 < size <= most:
        raise Refused(400, "Invalid pagelen")
    shown = list(items[(number - 1) * size : number * size])
    body: Json = {"values": shown, "pagelen": size, "page": number, "size": len(items)}
    if number * size < len(items):
        more = urlencode(query | {"page": str(number + 1)})
        body["next"] = f"{url}{call.request.rel_url.raw_path}?{more}"
    return web.json_response(body)
