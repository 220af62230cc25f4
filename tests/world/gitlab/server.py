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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from aiohttp import web

from tests.world.fake.deliveries import SentDelivery
from tests.world.fake.faults import Fault, Faults
from tests.world.fake.git import BareRepository
from tests.world.gitlab import endpoints_commits, endpoints_notes, endpoints_people
from tests.world.gitlab.api import Api, ApiCall
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


class FakeGitLab:
    """`bot` is the account of Penstock: an ordinary user, a Maintainer wherever a project is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.hosted = Hosted()
        self.hooks = Hooks()
        self.api = Api(self.hosted, Shapes(self.hosted), self.hooks, Faults())
        self.discussions = Discussions(self.api)
        self._pushes = Pushes(self.api, self.discussions)
        self._runner: web.AppRunner | None = None
        self.bot = self.user("penstock-bot")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        return self.hosted.url

    @property
    def requests(self) -> list[ApiCall]:
        """Every call of the API so far."""
        return self.api.calls

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        for endpoints in (endpoints_commits, endpoints_people):
            app.add_routes(endpoints.routes(self.api))
        app.add_routes(endpoints_notes.routes(self.api, self.discussions))
        app.add_routes(SmartHttp(self.hosted, self._pushes.noticed).routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.hosted.url = self.hooks.instance = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.hooks.start()

    async def close(self) -> None:
        self.api.faults.release()
        await self.hooks.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def hook(self, url: str) -> None:
        """Deliver webhooks there."""
        self.hooks.url = url

    def fail_next(self, fault: Fault, method: str = "", path: str = "", times: int = 1) -> Fault:
        """Let the next calls of the API whose path holds `path` meet the fault."""
        return self.api.faults.next(fault, method, path, times)

    def recover(self) -> None:
        """Forget the faults that have been ordered and not met."""
        self.api.faults.forget()

    async def settled(self) -> None:
        """Every webhook has been answered; what comes next is another request."""
        await self.hooks.settled()
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

    # --- Git -----------------------------------------------------------------------------------------------------

    async def push(
        self, project: Project, branch: str, files: Mapping[str, str | None], message: str, by: Account
    ) -> str:
        """A commit on top of the branch, or of the default branch when it is new; a file that is None is removed."""
        before = await project.git.refs()
        parent = before.get(f"refs/heads/{branch}") or before.get(f"refs/heads/{project.default_branch}")
        return await self._commit(project, branch, files, message, by, parent, before)

    async def force_push(
        self, project: Project, branch: str, files: Mapping[str, str | None], message: str, by: Account
    ) -> str:
        """Replace the branch's head by another commit with the same parent."""
        before = await project.git.refs()
        parent = await project.git.commit_of(f"refs/heads/{branch}~1")
        return await self._commit(project, branch, files, message, by, parent, before)

    async def push_tag(self, project: Project, tag: str, by: Account, commit: str = "") -> str:
        """An annotated tag; the commit's id comes back."""
        before = await project.git.refs()
        commit = commit or before[f"refs/heads/{project.default_branch}"]
        await project.git.tag(tag, commit, f"Release {tag}")
        await self._pushed(project, by, before)
        return commit

    async def delete_branch(self, project: Project, branch: str, by: Account) -> None:
        before = await project.git.refs()
        await project.git.point(f"refs/heads/{branch}", None)
        await self._pushed(project, by, before)

    async def _commit(
        self,
        project: Project,
        branch: str,
        files: Mapping[str, str | None],
        message: str,
        by: Account,
        parent: str | None,
        before: Mapping[str, str],
    ) -> str:
        sha = await project.git.commit(branch, files, message, by.username, int(time.time()), parent)
        await self._pushed(project, by, before)
        return sha

    async def _pushed(self, project: Project, by: Account, before: Mapping[str, str]) -> None:
        await self._pushes.noticed(project, by, before)
        await self.settled()

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
