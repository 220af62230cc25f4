"""GitLab's kinds of tokens: what each is good for, who it is shown as, and that whoever writes with it counts as a bot.

https://docs.gitlab.com/security/tokens/
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bot.model.host_event import Thread, ThreadKind
from bot.model.pipeline import Checkout
from bot.model.repository import Ref, RefKind, Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import CommitUnavailable, HostRefused
from bot.sources.sources import MirrorSources
from providers.gitlab.events import person
from providers.gitlab.provider import GitLabProvider
from tests.world.gitlab import nouns
from tests.world.gitlab.nouns import MAINTAINER
from tests.world.gitlab.server import FakeGitLab
from tests.world.gitlab.under_test import SystemClock

Kind = Literal["personal", "project", "group"]
KINDS: tuple[Kind, ...] = ("personal", "project", "group")
REACH = {"personal": ("web", "api"), "project": ("web",), "group": ("web", "api")}


@dataclass
class Tokens:
    """`web` and `api` are the group's, `strange` is not."""

    gitlab: FakeGitLab
    projects: dict[str, nouns.Project]

    def account(self, kind: Kind) -> nouns.Account:
        """A project's or a group's token has an account of its own, named after it."""
        if kind == "personal":
            return self.gitlab.bot
        number = self.projects["web"].id if kind == "project" else 7
        return self.gitlab.user(f"{kind}_{number}_bot_4ffca233d8298ea1", bot=True)

    def provider(self, kind: Kind) -> GitLabProvider:
        account = self.account(kind)
        for name in REACH[kind]:
            self.gitlab.grant(self.projects[name], account, MAINTAINER)
        return GitLabProvider(self.gitlab.url, SystemClock(), token=self.gitlab.token(account))

    def known(self, name: str) -> Repository:
        return Repository("gitlab", str(self.projects[name].id), self.projects[name].path)

    async def head(self, name: str) -> str:
        return (await self.projects[name].git.refs())["refs/heads/main"]

    async def tell(self, provider: GitLabProvider, name: str) -> bool:
        url, ref = "https://ci.acme.example/executions/1", Ref(RefKind.BRANCH, "main")
        commit = await self.head(name)
        status = CommitStatus(self.known(name), commit, "penstock/web", StatusState.RUNNING, "1 of 3", url, ref)
        try:
            await provider.set_status(status)
        except HostRefused:
            return False
        return True


@pytest.fixture
async def tokens(tmp_path: Path) -> AsyncIterator[Tokens]:
    async with FakeGitLab(tmp_path / "host") as gitlab:
        made = {}
        for name in ("web", "api", "strange"):
            made[name] = await gitlab.project(f"{'acme' if name != 'strange' else 'globex'}/{name}")
            await made[name].git.commit("main", {"README": name}, "Begin", "ada", 0, None)
        del made["strange"].members[gitlab.bot.id]
        yield Tokens(gitlab, made)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_tells_of_what_it_reaches_and_of_nothing_else(tokens: Tokens, kind: Kind) -> None:
    provider = tokens.provider(kind)
    told = [name for name in tokens.projects if await tokens.tell(provider, name)]
    assert tuple(told) == REACH[kind]
    assert (await provider.token()).login == tokens.account(kind).username
    await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_git_fetches_with_it_what_it_reaches_and_nothing_else(tokens: Tokens, kind: Kind, tmp_path: Path) -> None:
    provider = tokens.provider(kind)
    remote = await provider.remote(tokens.known("web"))
    assert remote.password not in remote.url + repr(remote)
    sources = MirrorSources(tmp_path / "mirrors", provider.remote)
    await sources.fetch(tokens.known("web"), [await tokens.head("web")], Checkout())
    with pytest.raises((HostRefused, CommitUnavailable)):
        await sources.fetch(tokens.known("strange"), [await tokens.head("strange")], Checkout())
    await sources.close()
    await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_comment_of_the_bots_is_found_again_by_whichever_account_wrote_it(tokens: Tokens, kind: Kind) -> None:
    provider, web, ada = tokens.provider(kind), tokens.projects["web"], tokens.gitlab.user("ada")
    tokens.gitlab.grant(web, ada, MAINTAINER)
    await tokens.gitlab.push(web, "fix", {"a": "1"}, "Fix", by=ada)
    request = await tokens.gitlab.open_merge_request(web, "fix", ada, "Fix")
    thread, marker = Thread(ThreadKind.PULL_REQUEST, str(request.iid)), "<!-- penstock:pipeline:web -->"
    first = await provider.put_comment(tokens.known("web"), thread, marker, f"{marker}\nrunning")
    again = await provider.put_comment(tokens.known("web"), thread, marker, f"{marker}\ndone")
    [note] = tokens.gitlab.comments(web, request.iid)
    assert first == again == str(note.id)
    assert note.author is tokens.account(kind)
    await provider.close()


@pytest.mark.parametrize(
    ("username", "bot"),
    [
        ("project_52_bot", True),
        ("project_52_bot1", True),
        ("project_52_bot_4ffca233d8298ea1", True),
        ("group_7_bot_4ffca233d8298ea1", True),
        ("ada", False),
        ("project_bot", False),
        ("my_project_52_bot", False),
        ("project_52_bot_of_ada", False),
    ],
)
def test_accounts_of_tokens_are_bots_by_their_names(username: str, bot: bool) -> None:
    assert person(1, username).bot is bot


async def test_a_token_that_ends_in_the_middle_is_said_to_and_never_shown(tokens: Tokens) -> None:
    provider = tokens.provider("project")
    assert await tokens.tell(provider, "web")
    [token] = [token for token in tokens.gitlab.hosted.tokens.values() if token.account is tokens.account("project")]
    token.expires_at = "2020-01-01"
    with pytest.raises(HostRefused, match="401") as refused:
        await provider.head(tokens.known("web"), "main")
    assert token.value not in str(refused.value)
    token.expires_at = None
    assert await tokens.tell(provider, "web"), "one that was renewed in time is taken again"
    await provider.close()
