"""A GitLab on loopback: real HTTP, real Git, real signatures, and its rules as strict as the documentation says.

    async with FakeGitLab(tmp_path) as gitlab:
        ada, web = gitlab.user("ada"), await gitlab.project("acme/web")
        sha = await gitlab.push(web, "main", {"README": "hello"}, "Say hello", by=ada)
        provider = GitLabProvider(gitlab.url, clock, (), [gitlab.hooks.signing_token], gitlab.token(gitlab.bot))

What people do are the methods here, and each returns when its webhooks have been answered. `hook()` says where those go.
What the API answers is in `endpoints_*`; what can go wrong is ordered with `fail_next()`.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aiohttp import web

from tests.world.fake.deliveries import SentDelivery
from tests.world.fake.git import BareRepository
from tests.world.fake.server import FakeServer
from tests.world.gitlab import (
    endpoints_commits,
    endpoints_deployments,
    endpoints_hooks,
    endpoints_merge_requests,
    endpoints_notes,
    endpoints_people,
)
from tests.world.gitlab.api import Api
from tests.world.gitlab.discussion import Discussions
from tests.world.gitlab.hooks import Hooks
from tests.world.gitlab.nouns import (
    DEVELOPER,
    MAINTAINER,
    Account,
    Group,
    Hosted,
    Membership,
    MergeRequest,
    Note,
    Project,
    Status,
    Token,
    Visibility,
)
from tests.world.gitlab.pushes import Pushes, publish
from tests.world.gitlab.shapes import Json, Shapes
from tests.world.gitlab.smart_http import SmartHttp


class FakeGitLab(FakeServer[Project, Account]):
    """`bot` is the account of Penstock: an ordinary user, a Maintainer wherever a project is made."""

    def __init__(self, folder: Path) -> None:
        self.hosted = Hosted()
        self.hooks = Hooks()
        self.api = Api(self.hosted, Shapes(self.hosted), self.hooks)
        super().__init__(folder, self.api, self.hooks)
        self.discussions = Discussions(self.api)
        self._pushes = Pushes(self.api, self.discussions)
        self.bot = self.user("penstock-bot")

    @property
    def url(self) -> str:
        return self.hosted.url

    def _routes(self) -> Iterable[web.RouteDef]:
        for endpoints in (endpoints_commits, endpoints_deployments, endpoints_hooks, endpoints_people):
            yield from endpoints.routes(self.api)
        yield from endpoints_notes.routes(self.api, self.discussions)
        yield from endpoints_merge_requests.routes(
            self.api, self.open_merge_request, self.edit_merge_request, self.close_merge_request
        )
        yield from SmartHttp(self.hosted, self._pushes.noticed).routes()

    def _listening(self, url: str) -> None:
        self.hosted.url = self.hooks.instance = url

    def _login(self, account: Account) -> str:
        return account.username

    async def _noticed(self, repository: Project, by: Account, before: Mapping[str, str]) -> None:
        await self._pushes.noticed(repository, by, before)

    def hook(self, url: str) -> None:
        """Deliver webhooks there."""
        self.hooks.url = url

    async def settled(self) -> None:
        """Every webhook has been answered; what comes next is another request."""
        await super().settled()
        self.hooks.new_request()

    # --- Who there is --------------------------------------------------------------------------------------------

    def user(self, username: str, *, bot: bool = False) -> Account:
        """The account of that name, made when there is none."""
        known = self.hosted.account(username)
        if known is None:
            known = self.hosted.accounts[username.lower()] = Account(next(self.hosted.ids), username, bot)
        return known

    def token(self, account: Account, scopes: Sequence[str] = ("api",), expires_at: str | None = None) -> str:
        value = f"glpat-{secrets.token_urlsafe(15)}"
        self.hosted.tokens[value] = Token(next(self.hosted.ids), value, account, frozenset(scopes), expires_at)
        return value

    def group(self, path: str, members: Mapping[Account, int], visibility: Visibility = "private") -> Group:
        """A group, made when there is none; the bot sees it. Members by their level."""
        group = self.hosted.groups.setdefault(path.lower(), Group(next(self.hosted.ids), path, visibility))
        group.members = {account.id: Membership(account, level) for account, level in members.items()}
        group.members[self.bot.id] = Membership(self.bot, DEVELOPER)
        return group

    async def project(self, path: str, visibility: Visibility = "private") -> Project:
        """A new project, empty; the bot is a Maintainer of it."""
        number = next(self.hosted.ids)
        git = BareRepository(self._folder / f"{number}.git")
        await git.create("main")
        made = self.hosted.projects[number] = Project(number, path, visibility, git)
        self.grant(made, self.bot, MAINTAINER)
        return made

    def grant(self, project: Project, account: Account, level: int) -> None:
        project.members[account.id] = Membership(account, level)

    async def rename(self, project: Project, path: str) -> None:
        """No webhook of a project tells of it; the next event has the new path."""
        project.path = path

    # --- Merge requests ------------------------------------------------------------------------------------------

    async def open_merge_request(
        self,
        project: Project,
        branch: str,
        by: Account,
        title: str,
        *,
        fork: Project | None = None,
        draft: bool = False,
    ) -> MergeRequest:
        """Ask to merge a branch into the default branch, of a fork where one is given."""
        source = fork or project
        sha = (await source.git.refs())[f"refs/heads/{branch}"]
        base = (await project.git.refs())[f"refs/heads/{project.default_branch}"]
        iid = len(project.merge_requests) + 1
        identity, into = next(self.hosted.ids), project.default_branch
        request = MergeRequest(iid, identity, title, by, source, branch, sha, into, base, draft)
        project.merge_requests[iid] = request
        await publish(project, request)
        await self._changed(project, request, by, "open")
        return request

    async def close_merge_request(self, project: Project, request: MergeRequest, by: Account) -> None:
        request.state = "closed"
        self.discussions.system(project, request.iid, by, "closed")
        await self._changed(project, request, by, "close")

    async def reopen_merge_request(self, project: Project, request: MergeRequest, by: Account) -> None:
        request.state = "opened"
        self.discussions.system(project, request.iid, by, "reopened")
        await self._changed(project, request, by, "reopen")

    async def edit_merge_request(self, project: Project, request: MergeRequest, by: Account, title: str) -> None:
        changes = {"title": {"previous": request.title, "current": title}}
        request.title = title
        await self._changed(project, request, by, "update", changes)

    async def retarget(self, project: Project, request: MergeRequest, by: Account, into: str) -> None:
        changes = {"target_branch": {"previous": request.target_branch, "current": into}}
        request.target_branch, request.base = into, (await project.git.refs())[f"refs/heads/{into}"]
        self.discussions.system(project, request.iid, by, f"changed target branch to `{into}`")
        await self._changed(project, request, by, "update", changes)

    async def mark_ready(self, project: Project, request: MergeRequest, by: Account) -> None:
        request.draft = False
        self.discussions.system(project, request.iid, by, "marked this merge request as **ready**")
        await self._changed(project, request, by, "update", {"draft": {"previous": True, "current": False}})

    async def label(self, project: Project, request: MergeRequest, by: Account, label: str) -> None:
        before = [{"id": 1, "title": each} for each in request.labels]
        request.labels.append(label)
        changes = {"labels": {"previous": before, "current": [*before, {"id": 1, "title": label}]}}
        await self._changed(project, request, by, "update", changes)

    async def merge(self, project: Project, request: MergeRequest, by: Account) -> str:
        """A merge commit on the target branch: the merge request is merged, and the target was pushed to."""
        before = await project.git.refs()
        sha = await project.git.merge(request.target_branch, request.sha, f"Merge !{request.iid}", int(time.time()))
        request.state, request.merge_sha = "merged", sha
        self.discussions.system(project, request.iid, by, "merged")
        await self._changed(project, request, by, "merge")
        await self._pushed(project, by, before)
        return sha

    async def _changed(
        self, project: Project, request: MergeRequest, by: Account, action: str, changes: Json | None = None
    ) -> None:
        await self._pushes.merge_request(project, request, by, action, changes)
        await self.settled()

    # --- Notes ---------------------------------------------------------------------------------------------------

    async def comment(
        self, project: Project, on: int | str, by: Account, body: str, *, internal: bool = False
    ) -> Note | None:
        """Write on a merge request (its number) or on a commit (its id). None: it was nothing but quick actions."""
        made, _ = self.discussions.write(project, on, by, body, internal=internal)
        await self.settled()
        return made

    async def comment_in_thread(
        self, project: Project, on: int, by: Account, body: str, below: Note | None = None
    ) -> Note | None:
        """Begin a thread that can be resolved, or go on in that of `below`."""
        discussion = below.discussion if below else ""
        made, _ = self.discussions.write(project, on, by, body, threaded=True, discussion=discussion)
        await self.settled()
        return made

    async def edit_comment(self, project: Project, note: Note, by: Account, body: str) -> None:
        self.discussions.rewrite(project, note, by, body)
        await self.settled()

    async def delete_comment(self, project: Project, note: Note) -> None:
        """No webhook tells of it."""
        del project.notes[note.id]

    # --- What people see -----------------------------------------------------------------------------------------

    def statuses(self, project: Project, sha: str) -> dict[str, Status]:
        """The newest status of each name: those that count."""
        found = [one for one in project.statuses if one.pipeline.sha == sha and not one.retried]
        return {one.name: one for one in found}

    def comments(self, project: Project, on: int | str) -> list[Note]:
        """All notes of people and bots, oldest first."""
        return [note for note in project.notes.values() if note.on == on and not note.system]

    # --- The hook's page -----------------------------------------------------------------------------------------

    async def redeliver(self, delivery: SentDelivery) -> SentDelivery:
        return await self.hooks.redeliver(delivery)
