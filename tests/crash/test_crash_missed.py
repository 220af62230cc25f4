"""A bot that is killed, and killed again while it catches up with what happened meanwhile, on a GitHub that goes on."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.crash.served import Served, all_ended
from tests.world.github.server import FakeGitHub
from tests.world.github.under_test import an_app

LONGEST = 0.5
"""Seconds after its start within which the bot is killed: enough to look, to fetch, and to start."""

PIPELINE = "stages: [{name: build, actions: [{name: unit, run: 'true'}]}]\n"


@pytest.fixture
async def github(tmp_path: Path) -> AsyncIterator[FakeGitHub]:
    async with FakeGitHub(tmp_path / "github") as github:
        yield github


@pytest.mark.parametrize("signed_in", ["token", "app"])
async def test_killed_while_it_catches_up_it_runs_the_newest_once(
    github: FakeGitHub, tmp_path: Path, signed_in: str
) -> None:
    """By looking, and by having GitHub send it again."""
    bot = Served(tmp_path, local_host="false", **_settings(github, tmp_path, signed_in))
    chance = random.Random(20261128)  # the same moments each time
    ada, web = github.user("ada"), await github.repository("acme/web")
    if signed_in == "app":
        github.install([web])
    try:
        await bot.start()
        github.hook(f"{bot.url}/webhooks/github")
        first = await github.push(web, "main", {".pipeline.yml": PIPELINE}, "Begin", by=ada)
        await bot.until(lambda found: len(found) == 1 and all_ended(found))
        await bot.kill()
        for change in ("one", "two"):
            newest = await github.push(web, "main", {f"{change}.txt": "1"}, f"Change {change}", by=ada)
        for pause in (chance.uniform(0, LONGEST), 0.0):
            await bot.start()
            github.hook(f"{bot.url}/webhooks/github")
            if pause:
                await asyncio.sleep(pause)
                await bot.kill()

        def done(found: list[dict[str, object]]) -> bool:
            return any(one["revision"]["commit"] == newest for one in found) and all_ended(found)  # type: ignore[index]

        found = await bot.until(done, within=60)
        counted = Counter(one["revision"]["commit"] for one in found)
        assert set(counted.values()) == {1}, "nothing was run twice"
        assert first in counted
    finally:
        await bot.end()


def _settings(github: FakeGitHub, folder: Path, signed_in: str) -> dict[str, str]:
    common = {"github_url": github.url, "github_webhook_secret": github.hooks.secret}
    if signed_in == "token":
        return {**common, "github_token": github.token(github.bot)}
    app, file = an_app(github), folder / "app.pem"
    file.write_text(app.private_key)
    return {**common, "github_app_id": app.id, "github_private_key_file": str(file)}
