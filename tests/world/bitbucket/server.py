"""A Bitbucket on loopback, Cloud or Data Center: real HTTP, real Git, real signatures, and its rules as strict as the documentation says.

    async with cloud(tmp_path) as bitbucket:
        ada, web = bitbucket.user("ada"), await bitbucket.repository("acme/web")
        sha = await bitbucket.push(web, "main", {"README": "hello"}, "Say hello", by=ada)

What people do are the methods here, and each returns when its webhooks have been answered. `hook()` says where those go.
What the API answers is in `cloud_*` and `data_center_*`; what can go wrong is ordered with `fail_next()`.
"""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from aiohttp import web

from tests.world.bitbucket import cloud_endpoints, cloud_hooks, data_center_endpoints, data_center_hooks, proposals
from tests.world.bitbucket.api import Api
from tests.world.bitbucket.cloud_endpoints import CloudDialect
from tests.world.bitbucket.cloud_teller import CloudTeller
from tests.world.bitbucket.data_center_endpoints import DataCenterDialect
from tests.world.bitbucket.data_center_teller import DataCenterTeller
from tests.world.bitbucket.discussion import Discussion
from tests.world.bitbucket.hooks import Hooks
from tests.world.bitbucket.nouns import (
    EVERYTHING,
    Account,
    Build,
    Comment,
    Hosted,
    PullRequest,
    Repository,
    RoleName,
    Token,
)
from tests.world.bitbucket.smart_http import SmartHttp
from tests.world.bitbucket.teller import PullRequestNews, RefChange, Teller
from tests.world.fake.git import BareRepository
from tests.world.fake.server import FakeServer, Files


class FakeBitbucket(FakeServer[Repository, Account]):
    """`bot` is the account of Penstock: an ordinary user that administers every repository. `cased` makes an owner's name."""

    def __init__(
        self, folder: Path, hosted: Hosted, api: Api, hooks: Hooks, teller: Teller, stem: str, users: Collection[str]
    ) -> None:
        super().__init__(folder, api, hooks)
        self._teller = teller
        self.hosted = hosted
        self.api = api
        self.hooks = hooks
        self.discussion = Discussion(hosted, teller)
        self.git = SmartHttp(hosted, self.noticed, stem, users)
        self.data_center = stem == "/scm"
        self._endpoints = data_center_endpoints if self.data_center else cloud_endpoints
        self.bot = self.user("penstock-bot")

    @property
    def url(self) -> str:
        return self.hosted.url

    @property
    def api_url(self) -> str:
        return self.hosted.api_url

    def _routes(self) -> Iterable[web.RouteDef]:
        yield from self._endpoints.routes(self.api, self.discussion)
        yield from proposals.routes(
            self.api, self.open_pull_request, self.retitle, self.decline, data_center=self.data_center
        )
        if self.data_center:
            stem = data_center_endpoints.PREFIX + data_center_endpoints.REPO
            yield from data_center_hooks.routes(self.api, stem, self.hooks)
        else:
            yield from cloud_hooks.routes(self.api, cloud_endpoints.REPO, self.hooks)
        yield from self.git.routes()

    def _listening(self, url: str) -> None:
        self.hosted.url = url
        self.hosted.api_url = url + self._endpoints.PREFIX

    def _login(self, account: Account) -> str:
        return account.login

    async def _noticed(self, repository: Repository, by: Account, before: Mapping[str, str]) -> None:
        await self.noticed(repository, by, before)

    def hook(self, url: str) -> None:
        """Deliver webhooks there."""
        self.hooks.url = url

    # --- Who there is --------------------------------------------------------------------------------------------

    def user(self, login: str, *, person: bool = True) -> Account:
        """The account of that login, made when there is none."""
        if login not in self.hosted.accounts:
            self.hosted.accounts[login] = Account(next(self.hosted.ids), login, person)
        return self.hosted.accounts[login]

    def token(self, account: Account, scopes: Collection[str] | None = None) -> str:
        """A new token of the account; with no `scopes` named it may do what the account may."""
        token = Token(f"ATCTT-{secrets.token_hex(12)}", account)
        if scopes is not None:
            token.scopes = frozenset(scopes)
        self.hosted.tokens[token.value] = token
        return token.value

    def access_token(self, of: Literal["repository", "project", "workspace"], reach: Sequence[Repository]) -> str:
        """An access token of Cloud's: a user of its own, no person, that administers what it reaches and may not ask who it is."""
        account = self.user(f"{of} access token", person=False)
        for repository in reach:
            self.grant(repository, account, "admin")
        token = Token(
            f"ATCTT-{secrets.token_hex(12)}", account, EVERYTHING - {"account"}, of, frozenset(r.id for r in reach)
        )
        self.hosted.tokens[token.value] = token
        return token.value

    def group(self, name: str, members: Sequence[Account]) -> None:
        """Cloud's are of a workspace (`acme/release`), Data Center's of the host."""
        self.hosted.groups[name] = {member.id for member in members}

    async def repository(self, full_name: str, *, private: bool = True) -> Repository:
        """A new repository, empty; the bot administers it. A project's key is in capitals, but for a person's own."""
        owner, _, name = full_name.partition("/")
        if self.data_center and not owner.startswith("~"):
            owner = owner.upper()
        number = next(self.hosted.ids)
        git = BareRepository(self._folder / f"{number}.git")
        await git.create("main")
        made = Repository(number, owner, name, private, git)
        made.roles = {self.bot.id: "admin"}
        self.hosted.repositories[number] = made
        return made

    def grant(self, repository: Repository, account: Account, role: RoleName) -> None:
        repository.roles[account.id] = role

    async def rename(self, repository: Repository, name: str, by: Account) -> None:
        was, repository.name = repository.name, name
        self._teller.repository(repository, by, was)
        await self.settled()

    # --- Git -----------------------------------------------------------------------------------------------------

    async def push_all(
        self, repository: Repository, branches: Sequence[str], files: Files, message: str, by: Account
    ) -> list[str]:
        """A commit each on top of several branches, with one push."""
        before = await repository.git.refs()
        made = []
        for branch in branches:
            parent = before.get(f"refs/heads/{branch}") or before.get(f"refs/heads/{repository.default_branch}")
            made.append(await repository.git.commit(branch, files, message, by.login, int(time.time()), parent))
        await self.noticed(repository, by, before)
        return made

    async def noticed(self, repository: Repository, by: Account, before: Mapping[str, str]) -> None:
        """Compare the refs with what they were: one delivery for all that changed, and one for each pull request."""
        after = await repository.git.refs()
        names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
        changes = [RefChange(name, before.get(name), after.get(name)) for name in names]
        if changes:
            await self._teller.pushed(repository, by, changes)
        for change in changes:
            if change.after is not None:
                await self._move_pull_requests(repository, by, change.ref, change.after)
        await self.settled()

    async def _move_pull_requests(self, repository: Repository, by: Account, ref: str, after: str) -> None:
        for base in self.hosted.repositories.values():
            for pull in base.pulls.values():
                if pull.state == "OPEN" and (pull.head, f"refs/heads/{pull.head_branch}") == (repository, ref):
                    was, pull.head_sha = pull.head_sha, after
                    await self._publish(base, pull)
                    pull.base_sha = await base.git.commit_of(f"refs/heads/{pull.base_branch}") or pull.base_sha
                    self._teller.pull_request(base, pull, by, "updated", was)

    # --- Pull requests -------------------------------------------------------------------------------------------

    async def open_pull_request(
        self,
        repository: Repository,
        branch: str,
        by: Account,
        title: str,
        *,
        into: str = "main",
        fork: Repository | None = None,
        draft: bool = False,
    ) -> PullRequest:
        """Ask to merge a branch, of a fork where one is given."""
        head = fork or repository
        sha = (await head.git.refs())[f"refs/heads/{branch}"]
        base = (await repository.git.refs())[f"refs/heads/{into}"]
        pull = PullRequest(len(repository.pulls) + 1, title, by, head, branch, sha, into, base, draft=draft)
        repository.pulls[pull.number] = pull
        await self._publish(repository, pull)
        await self._changed(repository, pull, by, "opened")
        return pull

    async def mark_ready(self, repository: Repository, pull: PullRequest, by: Account) -> None:
        pull.draft = False
        await self._changed(repository, pull, by, "made_ready")

    async def retitle(self, repository: Repository, pull: PullRequest, by: Account, title: str) -> None:
        pull.title = title
        await self._changed(repository, pull, by, "edited")

    async def retarget(self, repository: Repository, pull: PullRequest, by: Account, into: str) -> None:
        was, pull.base_branch = pull.base_branch, into
        pull.base_sha = (await repository.git.refs())[f"refs/heads/{into}"]
        await self._changed(repository, pull, by, "retargeted", was)

    async def decline(self, repository: Repository, pull: PullRequest, by: Account) -> None:
        pull.state = "DECLINED"
        await self._changed(repository, pull, by, "declined")

    async def reopen(self, repository: Repository, pull: PullRequest, by: Account) -> None:
        """Data Center only, which tells no webhook of it; on Cloud a declined pull request stays declined."""
        assert self.data_center
        pull.state = "OPEN"
        await self._changed(repository, pull, by, "reopened")

    async def merge(self, repository: Repository, pull: PullRequest, by: Account) -> str:
        """A merge commit on the target branch: the pull request is closed, and the target was pushed to."""
        before = await repository.git.refs()
        message = f"Merged in {pull.head_branch} (pull request #{pull.number})"
        sha = await repository.git.merge(pull.base_branch, pull.head_sha, message, int(time.time()))
        pull.state = "MERGED"
        await self._changed(repository, pull, by, "merged")
        await self.noticed(repository, by, before)
        return sha

    async def _publish(self, repository: Repository, pull: PullRequest) -> None:
        """On Data Center a pull request's head is a ref of its target's repository, a fork's too. Cloud has nothing like it."""
        if self.data_center and pull.head is not repository:
            ref = f"refs/pull-requests/{pull.number}/from"
            path = str(pull.head.git.path)
            await repository.git.git("fetch", "--quiet", path, f"+refs/heads/{pull.head_branch}:{ref}")

    async def _changed(
        self, repository: Repository, pull: PullRequest, by: Account, news: PullRequestNews, was: str = ""
    ) -> None:
        self._teller.pull_request(repository, pull, by, news, was)
        await self.settled()

    # --- Comments ------------------------------------------------------------------------------------------------

    async def comment(
        self, repository: Repository, on: int | str, by: Account, text: str, *, path: str = ""
    ) -> Comment:
        """Write on a pull request (its number) or on a commit (its id); with a path, on a line of a file."""
        made = self.discussion.write(repository, on, by, text, path=path)
        await self.settled()
        return made

    async def edit_comment(self, repository: Repository, comment: Comment, by: Account, text: str) -> None:
        self.discussion.rewrite(repository, comment, by, text)
        await self.settled()

    async def delete_comment(self, repository: Repository, comment: Comment, by: Account) -> None:
        self.discussion.remove(repository, comment, by)
        await self.settled()

    # --- What people see -----------------------------------------------------------------------------------------

    def builds(self, repository: Repository, sha: str) -> dict[str, Build]:
        """By their names."""
        return {build.name: build for build in repository.builds.get(sha, {}).values()}

    def comments(self, repository: Repository, on: int | str) -> list[Comment]:
        """All comments of a pull request or a commit, oldest first."""
        return [one for one in self.discussion.listed(repository, on) if not one.deleted]


def cloud(folder: Path) -> FakeBitbucket:
    """https://developer.atlassian.com/cloud/bitbucket/rest/"""
    hosted = Hosted()
    hooks = Hooks("cloud", secrets.token_hex(20))
    api = Api(hosted, CloudDialect(hosted))
    users = ("x-token-auth", "x-bitbucket-api-token-auth")
    return FakeBitbucket(folder, hosted, api, hooks, CloudTeller(hosted, hooks), "", users)


def data_center(folder: Path) -> FakeBitbucket:
    """https://developer.atlassian.com/server/bitbucket/rest/v906/"""
    hosted = Hosted()
    hooks = Hooks("data center", secrets.token_hex(20))
    api = Api(hosted, DataCenterDialect(hosted))
    return FakeBitbucket(folder, hosted, api, hooks, DataCenterTeller(hosted, hooks), "/scm", ())
