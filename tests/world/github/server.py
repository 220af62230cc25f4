"""A GitHub on loopback: real HTTP, real Git, real signatures, and its rules as strict as the documentation says.

    async with FakeGitHub(tmp_path) as github:
        ada, web = github.user("ada"), await github.repository("acme/web")
        sha = await github.push(web, "main", {"README": "hello"}, "Say hello", by=ada)
        provider = GitHubProvider(github.url, github.api_url, [github.hooks.secret], github.token(github.bot))

What people do are the methods here, and each returns when its webhooks have been answered. `hook()` says where those go.
What the API answers is in `endpoints_*`; what can go wrong is ordered with `fail_next()`.
"""

import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.world.fake.deliveries import SentDelivery
from tests.world.fake.git import BareRepository
from tests.world.fake.server import FakeServer
from tests.world.github import (
    endpoints_app,
    endpoints_checks,
    endpoints_comments,
    endpoints_commits,
    endpoints_deliveries,
    endpoints_deployments,
    endpoints_hooks,
    endpoints_people,
    endpoints_pulls,
)
from tests.world.github.api import PREFIX, Api
from tests.world.github.endpoints_app import app_of
from tests.world.github.endpoints_comments import Comments
from tests.world.github.endpoints_manifest import Manifests
from tests.world.github.hooks import Hooks
from tests.world.github.nouns import (
    Account,
    App,
    CheckRun,
    Comment,
    Hosted,
    Installation,
    PullRequest,
    Repository,
    RoleName,
    Status,
    Token,
)
from tests.world.github.pushes import Pushes, publish
from tests.world.github.shapes import Shapes
from tests.world.github.smart_http import SmartHttp

ENDPOINTS = (
    endpoints_app,
    endpoints_checks,
    endpoints_comments,
    endpoints_commits,
    endpoints_deliveries,
    endpoints_deployments,
    endpoints_hooks,
    endpoints_people,
)


async def _nobody(*_: object) -> Any:
    """Nothing is asked of an API that is only looked at."""


def operations() -> Iterator[tuple[str, str]]:
    """What the API answers, as methods and paths: that is what its description is held against."""
    api = Api(Hosted(), Shapes(Hosted()), Hooks(), app_of)
    pulls = endpoints_pulls.routes(api, _nobody, _nobody, _nobody)
    for route in (*(route for endpoints in ENDPOINTS for route in endpoints.routes(api)), *pulls):
        path = re.sub(r":[^{}]+}", "}", route.path.removeprefix(PREFIX))
        if not path.startswith("/repositories/"):
            yield route.method, path


class FakeGitHub(FakeServer[Repository, Account]):
    """`bot` is the account of Penstock: an ordinary user with write access wherever a repository is made."""

    def __init__(self, folder: Path) -> None:
        self.hosted = Hosted()
        self.hooks = Hooks()
        self.hooks.secret = secrets.token_hex(20)
        self.api = Api(self.hosted, Shapes(self.hosted), self.hooks, app_of)
        super().__init__(folder, self.api, self.hooks)
        self._pushes = Pushes(self.api)
        self.bot = self.user("penstock-bot")

    @property
    def url(self) -> str:
        return self.hosted.url

    @property
    def api_url(self) -> str:
        return self.hosted.api_url

    async def close(self) -> None:
        """Raises AssertionError where the bot asked for something otherwise than GitHub describes it."""
        await super().close()
        assert not self.api.undescribed, self.api.undescribed

    def _routes(self) -> Iterable[web.RouteDef]:
        for endpoints in ENDPOINTS:
            yield from endpoints.routes(self.api)
        yield from endpoints_pulls.routes(self.api, self.open_pull_request, self.edited, self.close_pull_request)
        yield from Manifests(self.api, self._make_app).routes()
        yield from SmartHttp(self.hosted, self._pushes.noticed).routes()

    def _listening(self, url: str) -> None:
        self.hosted.url = url
        self.hosted.api_url = url + PREFIX

    def _login(self, account: Account) -> str:
        return account.login

    async def _noticed(self, repository: Repository, by: Account, before: Mapping[str, str]) -> None:
        await self._pushes.noticed(repository, by, before)

    def hook(self, url: str, secret: str = "") -> None:
        """Deliver webhooks there, signed with the secret."""
        self.hooks.url = url
        self.hooks.secret = secret or self.hooks.secret

    # --- Who there is --------------------------------------------------------------------------------------------

    def user(self, login: str, kind: Literal["User", "Bot", "Organization"] = "User") -> Account:
        """The account of that login, made when there is none."""
        known = self.hosted.account(login)
        if known is None:
            known = self.hosted.accounts[login.lower()] = Account(next(self.hosted.ids), login, kind)
        return known

    def token(self, account: Account, permissions: Sequence[str] | None = None) -> str:
        """A new token of the account; with no `permissions` named it may do what the account may."""
        token = Token(f"github_pat_{secrets.token_hex(12)}", account)
        if permissions is not None:
            token.permissions = frozenset(permissions)
        self.hosted.tokens[token.value] = token
        return token.value

    def app(self, slug: str, permissions: Mapping[str, str], events: Sequence[str] = (), hook_url: str = "") -> str:
        """The App of that name: the private part of its key comes back, in PEM form."""
        private, public = _key(slug)
        account = self.user(f"{slug}[bot]", "Bot")
        self.hosted.app = App(next(self.hosted.ids), slug, public, account, dict(permissions), list(events), hook_url)
        return private

    def _make_app(self, manifest: dict[str, Any], secret: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", manifest["name"].lower())
        hook = manifest["hook_attributes"]["url"]
        key = self.app(slug, manifest["default_permissions"], manifest["default_events"], hook)
        self.hook(hook, secret)
        return key

    def install(self, repositories: Sequence[Repository]) -> Installation:
        """Give the App these repositories of one owner, beside those that it has."""
        assert self.hosted.app is not None
        app, owner = self.hosted.app, repositories[0].owner
        made = next((one for one in app.installations if one.owner is owner), None)
        if made is None:
            made = Installation(next(self.hosted.ids), owner, dict(app.permissions))
            app.installations.append(made)
        made.repositories |= {one.id for one in repositories}
        for repository in repositories:
            repository.roles[app.account.id] = "write"
        return made

    def uninstall(self, installation: Installation) -> None:
        """Its tokens are good for nothing from now on."""
        assert self.hosted.app is not None
        self.hosted.app.installations.remove(installation)
        for value, token in list(self.hosted.tokens.items()):
            if token.installation is installation:
                del self.hosted.tokens[value]

    def team(self, organization: str, slug: str, members: Sequence[Account]) -> str:
        self.hosted.teams[organization.lower(), slug.lower()] = {member.id for member in members}
        return f"{organization}/{slug}"

    async def repository(self, full_name: str, *, private: bool = True, fork: bool = False) -> Repository:
        """A new repository, empty; the bot may write to it."""
        owner, _, name = full_name.partition("/")
        number = next(self.hosted.ids)
        git = BareRepository(self._folder / f"{number}.git")
        await git.create("main")
        made = Repository(number, self.user(owner, "Organization"), name, private, git, fork=fork)
        made.roles = {made.owner.id: "admin"}
        if self.bot.type == "User":
            made.roles[self.bot.id] = "write"
        self.hosted.repositories[number] = made
        return made

    def grant(self, repository: Repository, account: Account, role: RoleName) -> None:
        repository.roles[account.id] = role

    async def rename(self, repository: Repository, name: str, by: Account) -> None:
        """Git redirects from the old name; to who follows no redirect there is nothing."""
        was, repository.name = repository.name, name
        await self._told_of(repository, by, "renamed", {"changes": {"repository": {"name": {"from": was}}}})

    async def delete(self, repository: Repository, by: Account) -> None:
        del self.hosted.repositories[repository.id]
        await self._told_of(repository, by, "deleted")

    async def _told_of(
        self, repository: Repository, by: Account, action: str, more: Mapping[str, object] | None = None
    ) -> None:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads#repository."""
        shapes = self.api.shapes
        payload = {"action": action, "repository": shapes.repository(repository), "sender": shapes.account(by)}
        self.hooks.send("repository", payload | dict(more or {}))
        await self.settled()

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
        pull = PullRequest(len(repository.pulls) + 1, title, by, head, branch, sha, into, base, draft)
        repository.pulls[pull.number] = pull
        await publish(repository, pull)
        await self._changed(repository, pull, by, "opened")
        return pull

    async def push_to_pull_request(
        self, pull: PullRequest, files: Mapping[str, str | None], message: str, by: Account
    ) -> str:
        return await self.push(pull.head, pull.head_branch, files, message, by)

    async def close_pull_request(self, repository: Repository, pull: PullRequest, by: Account) -> None:
        pull.state = "closed"
        await self._changed(repository, pull, by, "closed")

    async def reopen_pull_request(self, repository: Repository, pull: PullRequest, by: Account) -> None:
        pull.state = "open"
        await self._changed(repository, pull, by, "reopened")

    async def merge(self, repository: Repository, pull: PullRequest, by: Account) -> str:
        """A merge commit on the target branch: the pull request is closed, and the target was pushed to."""
        before = await repository.git.refs()
        sha = await repository.git.merge(pull.base_branch, pull.head_sha, f"Merge #{pull.number}", int(time.time()))
        pull.state, pull.merged, pull.merge_sha = "closed", True, sha
        await self._changed(repository, pull, by, "closed")
        await self._pushed(repository, by, before)
        return sha

    async def retarget(self, repository: Repository, pull: PullRequest, by: Account, into: str) -> None:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=edited#pull_request"""
        was = {"ref": {"from": pull.base_branch}, "sha": {"from": pull.base_sha}}
        pull.base_branch, pull.base_sha = into, (await repository.git.refs())[f"refs/heads/{into}"]
        await self._changed(repository, pull, by, "edited", {"changes": {"base": was}})

    async def mark_ready(self, repository: Repository, pull: PullRequest, by: Account) -> None:
        pull.draft = False
        await self._changed(repository, pull, by, "ready_for_review")

    async def edited(self, repository: Repository, pull: PullRequest, by: Account, changes: dict[str, Any]) -> None:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=edited#pull_request"""
        await self._changed(repository, pull, by, "edited", {"changes": changes})

    async def label(self, repository: Repository, pull: PullRequest, by: Account, label: str) -> None:
        pull.labels.append(label)
        await self._changed(repository, pull, by, "labeled", {"label": {"id": 1, "name": label}})

    async def _changed(
        self,
        repository: Repository,
        pull: PullRequest,
        by: Account,
        kind: str,
        more: Mapping[str, object] | None = None,
    ) -> None:
        self._pushes.pull_request(repository, pull, by, kind, dict(more or {}))
        await self.settled()

    # --- Comments ------------------------------------------------------------------------------------------------

    async def comment(self, repository: Repository, on: int | str, by: Account, body: str) -> Comment:
        """Write on a pull request (its number) or on a commit (its id)."""
        made = self._comments(on).write(repository, on, by, body)
        await self.settled()
        return made

    async def edit_comment(self, repository: Repository, comment: Comment, by: Account, body: str) -> None:
        self._comments(comment.on).rewrite(repository, comment, by, body)
        await self.settled()

    async def delete_comment(self, repository: Repository, comment: Comment, by: Account) -> None:
        self._comments(comment.on).remove(repository, comment, by)
        await self.settled()

    def _comments(self, on: int | str) -> Comments:
        return Comments(self.api, on_commits=isinstance(on, str))

    # --- Checks --------------------------------------------------------------------------------------------------

    async def run_again(self, repository: Repository, run: CheckRun, by: Account, *, all_of_it: bool = False) -> None:
        """Press "Re-run" beside a check run, or "Re-run all checks".

        https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run, ...#check_suite
        """
        shapes = self.api.shapes
        about = (
            {"check_suite": shapes.check_suite(run)} if all_of_it else {"check_run": shapes.check_run(repository, run)}
        )
        payload = {
            "action": "rerequested",
            **about,
            "repository": shapes.repository(repository),
            "sender": shapes.account(by),
        }
        self.hooks.send("check_suite" if all_of_it else "check_run", payload)
        await self.settled()

    async def press(self, repository: Repository, run: CheckRun, identifier: str, by: Account) -> None:
        """A button that an App has put beside its check run."""
        assert identifier in {one["identifier"] for one in run.actions}
        payload = {
            "action": "requested_action",
            "requested_action": {"identifier": identifier},
            "check_run": self.api.shapes.check_run(repository, run),
            "repository": self.api.shapes.repository(repository),
            "sender": self.api.shapes.account(by),
        }
        self.hooks.send("check_run", payload)
        await self.settled()

    # --- What people see -----------------------------------------------------------------------------------------

    def statuses(self, repository: Repository, sha: str) -> dict[str, Status]:
        """The newest status of each context."""
        return {status.context: status for status in repository.statuses.get(sha, [])}

    def check_runs(self, repository: Repository, sha: str) -> dict[str, CheckRun]:
        """The newest of each name."""
        return {run.name: run for run in repository.check_runs.values() if run.sha == sha}

    def comments(self, repository: Repository, on: int | str) -> list[Comment]:
        """All comments of a pull request or a commit, oldest first."""
        found = repository.comments if isinstance(on, int) else repository.commit_comments
        return [comment for comment in found.values() if comment.on == on]

    # --- The hook's page -----------------------------------------------------------------------------------------

    async def ping(self, repository: Repository) -> None:
        """https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping."""
        payload = {
            "zen": "Design for failure.",
            "hook_id": 292430182,
            "hook": {"type": "Repository", "events": ["*"], "active": True},
            "repository": self.api.shapes.repository(repository),
            "sender": self.api.shapes.account(repository.owner),
        }
        self.hooks.send("ping", payload)
        await self.settled()

    async def redeliver(self, delivery: SentDelivery) -> SentDelivery:
        return await self.hooks.redeliver(delivery)


@cache
def _key(slug: str) -> tuple[str, str]:
    """Private and public, of an App of that name on any GitHub of a run: to make one takes 40 ms of the processor."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )
