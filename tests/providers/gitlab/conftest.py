"""A fake GitLab with one project, and the provider that speaks to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.model.repository import Ref, RefKind, Repository
from bot.model.status import CommitStatus, StatusState
from providers.gitlab.provider import GitLabProvider
from tests.world.gitlab import nouns
from tests.world.gitlab.server import FakeGitLab
from tests.world.gitlab.under_test import SystemClock

MAIN = Ref(RefKind.BRANCH, "main")


@dataclass
class Scene:
    """`web` is the project on the host, `repository` the same as the bot knows it; `sha` is its head."""

    gitlab: FakeGitLab
    token: str
    provider: GitLabProvider
    web: nouns.Project
    repository: Repository
    sha: str
    ada: nouns.Account

    def status(
        self,
        description: str = "1 of 3",
        state: StatusState = StatusState.RUNNING,
        context: str = "penstock/web",
        ref: Ref | None = MAIN,
        commit: str = "",
    ) -> CommitStatus:
        url = "https://ci.acme.example/executions/1"
        return CommitStatus(self.repository, commit or self.sha, context, state, description, url, ref)

    def shown(self, context: str = "penstock/web") -> nouns.Status:
        """The status that counts."""
        return self.gitlab.statuses(self.web, self.sha)[context]

    def calls(self) -> list[str]:
        """What the API was asked since last asked, as "METHOD path", the project's own part left out."""
        asked = [f"{call.method} {call.path}" for call in self.gitlab.requests]
        self.gitlab.requests.clear()
        return [line.replace(f"/projects/{self.web.id}", "") for line in asked]

    def other(self, token: str, timeout: float = 10) -> GitLabProvider:
        """Another provider for the same host."""
        return GitLabProvider(self.gitlab.url, SystemClock(), (), (), token, timeout)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with FakeGitLab(tmp_path) as gitlab:
        ada, web = gitlab.user("ada"), await gitlab.project("acme/apps/web")
        gitlab.grant(web, ada, nouns.DEVELOPER)
        sha = await gitlab.push(web, "main", {"README": "hello"}, "Say hello", by=ada)
        token = gitlab.token(gitlab.bot)
        provider = GitLabProvider(gitlab.url, SystemClock(), (), [gitlab.hooks.signing_token], token)
        try:
            yield Scene(gitlab, token, provider, web, Repository("gitlab", str(web.id), web.path), sha, ada)
        finally:
            await provider.close()
