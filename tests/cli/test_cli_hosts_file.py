"""A bot with a hosts file: several hosts of a kind beside those of the environment, connected, pushed to, and asked about by their names."""

import asyncio
import json
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.cli.server import Server
from bot.settings import SettingsInvalid, load
from tests.cli.conftest import Typed
from tests.world.github.server import FakeGitHub
from tests.world.gitlab.nouns import MAINTAINER
from tests.world.gitlab.server import FakeGitLab
from tests.world.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("hushed")

PIPELINE = "stages: [{name: build, actions: [{name: unit, run: 'true'}]}]\n"
FILES = {".pipeline.yml": PIPELINE, "README.md": "hello\n"}


@dataclass
class Hosts:
    """A GitLab and a GitHub that the environment names, and two that the file does."""

    github: FakeGitHub
    work: FakeGitLab
    lab: FakeGitLab
    repositories: Mapping[str, Any]

    def statuses(self, commit: str) -> dict[str, str]:
        """Of the whole pipeline, by host."""
        found = {}
        for name, fake in (("work", self.work), ("lab", self.lab)):
            told = fake.statuses(self.repositories[name], commit).get("penstock/web")
            found[name] = told.state if told else ""
        set_ = [one for one in self.repositories["github"].statuses.get(commit, []) if one.context == "penstock/web"]
        return {**found, "github": set_[-1].state if set_ else ""}

    def all_succeeded(self, commits: Collection[str]) -> bool:
        return all(
            any(self.statuses(commit)[name] == "success" for commit in commits) for name in ("work", "lab", "github")
        )


async def hosts(folder: Path, stack: AsyncExitStack) -> Hosts:
    github = await stack.enter_async_context(FakeGitHub(folder / "github"))
    work, lab = [await stack.enter_async_context(FakeGitLab(folder / name)) for name in ("work", "lab")]
    made: dict[str, Any] = {"github": await github.repository("acme/web")}
    github.grant(made["github"], github.bot, "admin")
    github.grant(made["github"], github.user("ada"), "admin")
    for name, fake in (("work", work), ("lab", lab)):
        made[name] = await fake.project("acme/web")
        fake.grant(made[name], fake.bot, MAINTAINER)
        fake.grant(made[name], fake.user("ada"), MAINTAINER)
    return Hosts(github, work, lab, made)


async def test_the_same_commit_on_several_hosts_is_each_ones_own(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        there = await hosts(folder, stack)
        (folder / "lab-token").write_text(there.lab.token(there.lab.bot))
        (folder / "hosts.yml").write_text(
            f"hosts:\n  - {{name: lab, kind: gitlab, url: '{there.lab.url}', token: {{file: lab-token}}}}\n"
            f"  - {{name: hub2, kind: github, url: '{there.github.url}', api_url: '{there.github.api_url}',"
            " token: {env: HUB2}, repositories: ['beta/*']}\n"
        )
        monkeypatch.setenv("HUB2", there.github.token(there.github.bot))
        settings = {
            "HOSTS_FILE": str(folder / "hosts.yml"),
            "GITLAB_URL": there.work.url,
            "GITLAB_TOKEN": there.work.token(there.work.bot),
            "GITHUB_URL": there.github.url,
            "GITHUB_API_URL": there.github.api_url,
            "GITHUB_TOKEN": there.github.token(there.github.bot),
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"PENSTOCK_{name}", value)
        server = await stack.enter_async_context(Server(load(port=0, grace_period=1)))
        monkeypatch.setenv("PENSTOCK_PUBLIC_URL", server.url)
        for address, provider in (
            (f"{there.work.url}/acme/web", "gitlab"),
            (f"{there.lab.url}/acme/web", "lab"),
            (f"{there.github.url}/acme/web", "github"),
        ):
            said = await asyncio.to_thread(typed, "connect", address, "--json")
            assert said.status == 0, said.out + said.err
            told = json.loads(said.out)
            assert (told["provider"], told["url"]) == (provider, f"{server.url}/webhooks/{provider}")

        commits = set()
        fakes: tuple[tuple[Any, str], ...] = ((there.work, "work"), (there.lab, "lab"), (there.github, "github"))
        for fake, name in fakes:
            commits.add(await fake.push(there.repositories[name], "main", FILES, "Begin", fake.user("ada")))
        async with asyncio.timeout(PATIENCE):
            while not there.all_succeeded(commits):  # noqa: ASYNC110  the fakes tell nobody
                await asyncio.sleep(0.05)
        seen = {repository.provider for repository, _ in await server.composed.bot.store.repositories()}
        assert seen == {"gitlab", "lab", "github"}

        status = await asyncio.to_thread(typed, "status")
        assert all(f" {name}:acme/web " in status.out for name in seen), "whose each is"
        async with aiohttp.ClientSession() as people, people.get(server.url) as page:
            text = await page.text()
        assert all(f">{name}:acme/web</a>" in text for name in seen)

        doctor = await asyncio.to_thread(typed, "doctor")
        assert "GitLab (lab): " in doctor.out
        assert "GitHub (hub2): " in doctor.out


async def test_an_account_for_some_repositories_is_chosen_by_them(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        there = await hosts(folder, stack)
        beta = await there.github.repository("beta/api")
        there.github.grant(beta, there.github.bot, "admin")
        (folder / "hosts.yml").write_text(
            f"hosts: [{{name: beta, kind: github, url: '{there.github.url}', api_url: '{there.github.api_url}',"
            " token: {env: BETA}, repositories: [beta/*]}]\n"
        )
        for name, value in {
            "BETA": there.github.token(there.github.bot),
            "PENSTOCK_HOSTS_FILE": str(folder / "hosts.yml"),
            "PENSTOCK_GITHUB_URL": there.github.url,
            "PENSTOCK_GITHUB_API_URL": there.github.api_url,
            "PENSTOCK_GITHUB_TOKEN": there.github.token(there.github.bot),
            "PENSTOCK_PUBLIC_URL": "http://127.0.0.1:1",
        }.items():
            monkeypatch.setenv(name, value)
        for repository, provider in (("acme/web", "github"), ("beta/api", "beta")):
            said = await asyncio.to_thread(typed, "connect", f"{there.github.url}/{repository}", "--json")
            assert json.loads(said.out)["provider"] == provider
        named = await asyncio.to_thread(typed, "connect", "beta:acme/web", "--json")
        assert json.loads(named.out)["provider"] == "beta"


def test_a_wrong_file_ends_the_start_with_every_problem(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "hosts.yml").write_text("hosts:\n  - {name: w, kind: gitlab, url: http://git.example.org, tokn: x}\n")
    monkeypatch.setenv("PENSTOCK_HOSTS_FILE", str(folder / "hosts.yml"))
    ended = typed("serve")
    assert ended.status == 2
    assert "PENSTOCK_HOSTS_FILE:" in ended.err
    assert "hosts.yml:2:58: hosts[0].tokn: Unknown key `tokn`. Did you mean `token`?" in ended.err
    assert "Traceback" not in ended.err
    with pytest.raises(SettingsInvalid):
        load(port="x")
