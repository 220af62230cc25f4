"""Signed in as an App: which tokens are asked for, how narrow they are, when they are replaced, and what is told when there are none."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest

from bot.model.host_event import RepositoriesChanged, RepositoryChange
from bot.model.people import Person
from bot.model.repository import Repository
from bot.model.status import CommitStatus, StatusState
from bot.ports import HostRefused
from bot.stores.memory import MemoryStore
from providers.github.provider import GitHubProvider
from providers.github.sign_in import EVENTS, NEEDED, AppKey
from tests.world.github import nouns
from tests.world.github.server import FakeGitHub
from tests.world.github.under_test import an_app
from tests.world.host import WoundClock
from tests.world.host_github import GitHubAppHost
from tests.world.world import World


class Scene:
    """An App on one of two private repositories of an organization."""

    def __init__(self, github: FakeGitHub, app: AppKey) -> None:
        self.github = github
        self.key = app
        self.clock = WoundClock()
        github.hosted.now = self.clock.now
        self.provider = self.provider_of(app)

    def provider_of(self, app: AppKey) -> GitHubProvider:
        return GitHubProvider(self.github.url, self.github.api_url, ["secret"], app=app, wall=self.clock.now)

    async def begin(self) -> None:
        self.web, self.other = await self.repository("acme/web"), await self.repository("acme/other")
        self.installation = self.github.install([self.web])
        self.sha = (await self.web.git.refs())["refs/heads/main"]

    async def repository(self, name: str) -> nouns.Repository:
        made = await self.github.repository(name)
        await made.git.commit("main", {"README": "hello"}, "Begin", "ada", 0, None)
        return made

    async def tell(self, hosted: nouns.Repository | None = None) -> None:
        url = "https://ci.acme.example/executions/1"
        repository = known(hosted or self.web)
        await self.provider.set_status(
            CommitStatus(repository, self.sha, "penstock/web", StatusState.RUNNING, "1 of 3", url)
        )

    @property
    def tokens(self) -> list[nouns.Token]:
        return [token for token in self.github.hosted.tokens.values() if token.installation is not None]

    def asked(self, path: str) -> int:
        return sum(path in call.path for call in self.github.requests)


def known(hosted: nouns.Repository) -> Repository:
    return Repository("github", str(hosted.id), hosted.full_name)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with FakeGitHub(tmp_path) as github:
        scene = Scene(github, an_app(github))
        await scene.begin()
        try:
            yield scene
        finally:
            await scene.provider.close()


async def test_one_token_serves_many_calls_and_is_as_narrow_as_they_need(scene: Scene) -> None:
    for _ in range(3):
        await scene.tell()
    [token] = scene.tokens
    assert token.repositories == frozenset({scene.web.id})
    assert {one for one in token.permissions if one.endswith("=write")} == {"pull_requests=write", "statuses=write"}
    assert scene.asked("/access_tokens") == scene.asked("/installation") - scene.asked("/installations") == 1


async def test_git_has_a_token_of_its_own_that_may_only_read(scene: Scene) -> None:
    await scene.tell()
    remote = await scene.provider.remote(known(scene.web))
    token = scene.github.hosted.tokens[remote.password]
    assert remote.username == "x-access-token"
    assert token.permissions == {"contents=read", "metadata=read"}
    assert token.repositories == frozenset({scene.web.id})
    assert (await scene.provider.remote(known(scene.web))).password == remote.password


async def test_a_token_is_replaced_before_its_end(scene: Scene) -> None:
    await scene.tell()
    scene.clock.at += 54 * 60
    await scene.tell()
    assert len(scene.tokens) == 1
    scene.clock.at += 2 * 60
    await scene.tell()
    assert len(scene.tokens) == 2
    scene.clock.at += 5 * 60
    await scene.tell()
    assert len(scene.tokens) == 2


async def test_a_token_that_is_not_taken_any_more_is_replaced_at_once(scene: Scene) -> None:
    """As when the App was taken from the account and installed anew, which has another number."""
    await scene.tell()
    scene.github.uninstall(scene.installation)
    scene.github.install([scene.web])
    await scene.tell()
    assert len(scene.tokens) == 1


async def test_where_the_app_is_not_installed_it_says_so(scene: Scene) -> None:
    with pytest.raises(HostRefused, match="not installed"):
        await scene.tell(scene.other)
    assert await scene.provider.find("acme/other") is None
    assert await scene.provider.find("acme/web") is not None


async def test_an_app_that_is_suspended_or_gone_is_refused(scene: Scene) -> None:
    await scene.tell()
    scene.installation.suspended = True
    with pytest.raises(HostRefused, match="suspended"):
        await scene.tell()
    scene.github.uninstall(scene.installation)
    with pytest.raises(HostRefused, match="not installed"):
        await scene.tell()


async def test_a_team_is_asked_for_with_a_token_for_members_alone(scene: Scene) -> None:
    ada = scene.github.user("ada")
    team = scene.github.team("acme", "release", [ada])
    assert await scene.provider.in_team(known(scene.web), Person("ada", str(ada.id)), team)
    [token] = scene.tokens
    assert token.permissions == {"members=read"}


async def test_what_was_not_granted_is_said(scene: Scene) -> None:
    del scene.installation.permissions["members"]
    with pytest.raises(HostRefused, match="not granted"):
        await scene.provider.in_team(known(scene.web), Person("ada"), "acme/release")


async def test_a_key_of_another_app_is_refused_with_the_remedy_and_never_shown(scene: Scene) -> None:
    strange = FakeGitHub(Path("nowhere")).app("strange", {})
    provider = scene.provider_of(AppKey(scene.key.id, strange))
    with pytest.raises(HostRefused, match="PENSTOCK_GITHUB_APP_ID") as refused:
        await provider.role(known(scene.web), Person("ada"))
    await provider.close()
    assert "PRIVATE" not in repr(refused.value)
    assert strange not in repr(AppKey("1", strange))


async def test_what_the_app_lacks_is_known(scene: Scene) -> None:
    facts = await scene.provider.app()
    assert facts is not None
    assert (facts.login, facts.lacks, facts.unheard) == ("penstock[bot]", (), ())
    app = scene.github.hosted.app
    assert app is not None
    app.permissions, app.events = {**NEEDED, "statuses": "read"}, list(EVENTS[1:])
    facts = await scene.provider.app()
    assert facts is not None
    assert (facts.lacks, facts.unheard) == (("statuses: write",), EVENTS[:1])


@pytest.mark.parametrize(
    ("changed", "algorithm"),
    [
        ({"exp": -10}, "RS256"),
        ({"exp": 3600}, "RS256"),
        ({"iat": 120}, "RS256"),
        ({"iss": "1"}, "RS256"),
        ({"exp": None}, "RS256"),
        ({}, "RS512"),
    ],
)
async def test_the_fake_takes_no_other_jwt(scene: Scene, changed: dict[str, int | str | None], algorithm: str) -> None:
    now = int(time.time())
    claims: dict[str, int | str] = {"iat": now - 60, "exp": now + 300, "iss": scene.key.id}
    for name, value in changed.items():
        if value is None:
            del claims[name]
        else:
            claims[name] = now + value if isinstance(value, int) else value
    signed = jwt.encode(claims, scene.key.private_key, algorithm)
    with pytest.raises(HostRefused, match="401"):
        await scene.provider._client.ask(signed, lambda github: github.requester.requestJsonAndCheck("GET", "/app"))


async def test_a_push_and_a_pull_request_are_told_by_the_app(tmp_path: Path) -> None:
    async with World(GitHubAppHost(), MemoryStore(), tmp_path) as world:
        repo = await world.repo("build -> prod!")
        pull_request = await repo.open_pull_request()
        await pull_request.comment("/approve", by=world.ben)
        assert await pull_request.status() == "Succeeded"
        assert set((await pull_request.head.statuses()).values()) == {"success"}
        assert [one.by for one in await pull_request.comments() if "penstock:" in one.body] == ["penstock[bot]"]


async def test_a_repository_that_is_transferred_is_asked_about_by_its_new_owners_installation(scene: Scene) -> None:
    """The old owner's token is good no more, and nobody waits for its end to be told so."""
    await scene.tell()
    scene.installation.repositories.discard(scene.web.id)
    scene.web.owner = scene.github.user("globex", "Organization")
    scene.github.install([scene.web])
    for token in scene.tokens:
        token.repositories = frozenset()
    moved = known(scene.web)
    with pytest.raises(HostRefused):
        await scene.tell()

    await scene.provider.complete(RepositoriesChanged((moved,), RepositoryChange.RENAMED, Person("ada")))
    await scene.tell()
    assert [token.installation and token.installation.owner.login for token in scene.tokens] == ["acme", "globex"]
    scene.provider.learn(moved)
    assert (await scene.provider.remote(Repository("github", moved.id, "acme/web"))).url.endswith("/globex/web.git")
