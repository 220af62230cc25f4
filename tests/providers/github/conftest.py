"""A fake GitHub with one repository, and the provider that speaks to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.model.repository import Repository
from bot.model.status import CommitStatus, StatusState
from providers.github.provider import GitHubProvider
from tests.world.github import nouns
from tests.world.github.server import FakeGitHub


@dataclass
class Scene:
    """`web` is the repository on the host, `repository` the same as the bot knows it; `sha` is its head."""

    github: FakeGitHub
    token: str
    provider: GitHubProvider
    web: nouns.Repository
    repository: Repository
    sha: str
    ada: nouns.Account

    def status(self, description: str = "1 of 3", context: str = "penstock/web") -> CommitStatus:
        url = "https://ci.acme.example/executions/1"
        return CommitStatus(self.repository, self.sha, context, StatusState.RUNNING, description, url)

    def calls(self) -> list[str]:
        """What the API was asked since last asked, as "METHOD path", the repository's own part left out."""
        asked = [f"{call.method} {call.path}" for call in self.github.requests]
        self.github.requests.clear()
        return [line.replace(f"/repositories/{self.web.id}", "") for line in asked]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with FakeGitHub(tmp_path) as github:
        ada, web = github.user("ada"), await github.repository("acme/web")
        github.grant(web, ada, "write")
        sha = await github.push(web, "main", {"README": "hello"}, "Say hello", by=ada)
        token = github.token(github.bot)
        provider = GitHubProvider(github.url, github.api_url, [github.hooks.secret], token)
        try:
            yield Scene(github, token, provider, web, Repository("github", str(web.id), web.full_name), sha, ada)
        finally:
            await provider.close()
