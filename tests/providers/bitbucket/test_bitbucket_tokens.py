"""Bitbucket Cloud's kinds of tokens: what each is good for, with what name it goes to Git, and what it can't find out.

https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/, https://support.atlassian.com/bitbucket-cloud/docs/api-tokens/
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bot.model.people import Role
from bot.model.pipeline import Checkout
from bot.model.repository import Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import CommitUnavailable, HostRefused
from bot.sources.sources import MirrorSources
from providers.bitbucket.cloud.provider import ACCESS_TOKEN_USER, API_TOKEN_USER, BitbucketCloudProvider
from tests.world.bitbucket import nouns
from tests.world.bitbucket.server import FakeBitbucket, cloud
from tests.world.bitbucket.under_test import Eyes

Kind = Literal["account", "repository", "project", "workspace"]
KINDS: tuple[Kind, ...] = ("account", "repository", "project", "workspace")


@dataclass
class Tokens:
    """`web` and `api` are of one project, `docs` of another, all of one workspace; `strange` is somebody else's."""

    fake: FakeBitbucket
    eyes: Eyes
    repositories: dict[str, nouns.Repository]
    sha: str

    def provider(self, kind: Kind) -> BitbucketCloudProvider:
        fake = self.fake
        if kind == "account":
            token, user = fake.token(fake.bot), f"{fake.bot.login}@example.test"
            fake.hosted.tokens[token].of = "account"
            return BitbucketCloudProvider(fake.url, fake.api_url, (), user=user, api_token=token)
        reach = {"repository": ["web"], "project": ["web", "api"], "workspace": ["web", "api", "docs"]}[kind]
        token = fake.access_token(kind, [self.repositories[name] for name in reach])
        return BitbucketCloudProvider(fake.url, fake.api_url, (), token)

    def known(self, name: str) -> Repository:
        return self.eyes.repository(self.repositories[name])

    async def tell(self, provider: BitbucketCloudProvider, name: str) -> bool:
        url = "https://ci.acme.example/executions/1"
        sha = (await self.repositories[name].git.refs())["refs/heads/main"]
        try:
            await provider.set_status(
                CommitStatus(self.known(name), sha, "penstock/web", StatusState.RUNNING, "1 of 3", url)
            )
        except HostRefused:
            return False
        return True


@pytest.fixture
async def tokens(tmp_path: Path) -> AsyncIterator[Tokens]:
    async with cloud(tmp_path / "host") as fake:
        made = {}
        for name in ("web", "api", "docs", "strange"):
            made[name] = await fake.repository(f"{'acme' if name != 'strange' else 'globex'}/{name}")
            await made[name].git.commit("main", {"README": name}, "Begin", "ada", 0, None)
        del made["strange"].roles[fake.bot.id]
        sha = (await made["web"].git.refs())["refs/heads/main"]
        yield Tokens(fake, Eyes(fake, "bitbucket"), made, sha)


REACH = {
    "account": ("web", "api", "docs"),
    "repository": ("web",),
    "project": ("web", "api"),
    "workspace": ("web", "api", "docs"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_tells_of_what_it_reaches_and_of_nothing_else(tokens: Tokens, kind: Kind) -> None:
    provider = tokens.provider(kind)
    told = [name for name in tokens.repositories if await tokens.tell(provider, name)]
    assert tuple(told) == REACH[kind]
    await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_git_is_given_the_name_that_goes_with_the_kind(tokens: Tokens, kind: Kind, tmp_path: Path) -> None:
    provider = tokens.provider(kind)
    remote = await provider.remote(tokens.known("web"))
    assert remote.username == (API_TOKEN_USER if kind == "account" else ACCESS_TOKEN_USER)
    assert remote.password not in remote.url + repr(remote)
    sources = MirrorSources(tmp_path / "mirrors", provider.remote)
    await sources.fetch(tokens.known("web"), [tokens.sha], Checkout())
    strange = (await tokens.repositories["strange"].git.refs())["refs/heads/main"]
    with pytest.raises((HostRefused, CommitUnavailable)):
        await sources.fetch(tokens.known("strange"), [strange], Checkout())
    await sources.close()
    await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_role_is_never_more_than_the_token_can_be_sure_of(tokens: Tokens, kind: Kind) -> None:
    """What people have by a group only the workspace knows: a narrower token answers with less, never with a guess."""
    provider, web = tokens.provider(kind), tokens.repositories["web"]
    ada, ben = tokens.fake.user("ada"), tokens.fake.user("ben")
    tokens.fake.grant(web, ada, "write")
    tokens.fake.group("acme/developers", [ben])
    web.group_roles["acme/developers"] = "write"
    known = tokens.known("web")
    by_group = Role.WRITE if kind in ("account", "workspace") else Role.NONE
    assert await provider.role(known, tokens.eyes.person(ada)) is Role.WRITE
    assert await provider.role(known, tokens.eyes.person(ben)) is by_group
    await provider.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_teams_can_be_asked_for_in_an_accounts_name_alone(tokens: Tokens, kind: Kind) -> None:
    """Whoever asks for an access token is refused, and so is who names a team: nobody is taken to be in it."""
    provider, ben = tokens.provider(kind), tokens.fake.user("ben")
    tokens.fake.group("acme/release", [ben])
    if kind == "account":
        assert await provider.in_team(tokens.known("web"), tokens.eyes.person(ben), "acme/release")
    else:
        with pytest.raises(HostRefused):
            await provider.in_team(tokens.known("web"), tokens.eyes.person(ben), "acme/release")
    await provider.close()


async def test_roles_are_asked_for_where_the_repository_is_by_now(tokens: Tokens) -> None:
    """The question names the workspace, which another one than before may be."""
    provider, web = tokens.provider("account"), tokens.repositories["web"]
    ada = tokens.fake.user("ada")
    tokens.fake.grant(web, ada, "write")
    before = tokens.known("web")
    web.owner = "globex"
    with pytest.raises(HostRefused):
        await provider.role(before, tokens.eyes.person(ada))
    provider.learn(tokens.known("web"))
    assert await provider.role(before, tokens.eyes.person(ada)) is Role.WRITE
    await provider.close()


async def test_a_token_that_has_ended_is_said_to_have(tokens: Tokens) -> None:
    provider = tokens.provider("repository")
    assert await tokens.tell(provider, "web")
    tokens.fake.hosted.tokens.clear()
    with pytest.raises(HostRefused, match="expired") as refused:
        await provider.head(tokens.known("web"), "main")
    assert "ATCTT" not in str(refused.value)
    await provider.close()
