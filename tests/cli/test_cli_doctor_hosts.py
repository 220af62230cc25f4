"""`penstock doctor` and the Git hosts: whose a token is, what it may and how long, what an App misses, and how far the clocks are apart."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.artifacts.keys import MasterKeys
from bot.cli.doctor.reach import reached, skewed
from bot.model.repository import Repository
from bot.security.kept import Vault
from bot.stores.sql import SqlStore
from providers.github.sign_in import EVENTS, NEEDED
from tests.cli.conftest import Beside
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.github.server import FakeGitHub
from tests.world.gitlab.server import FakeGitLab


async def test_the_host_is_asked_whose_the_token_is(beside: Beside, tmp_path: Path) -> None:
    async with FakeGitHub(tmp_path) as github:
        settings = {
            "PENSTOCK_GITHUB_URL": github.url,
            "PENSTOCK_GITHUB_API_URL": github.api_url,
            "PENSTOCK_GITHUB_WEBHOOK_SECRET": "s3cret",
            "PENSTOCK_PUBLIC_URL": "https://penstock.example.org",
        }
        good = await beside("doctor", PENSTOCK_GITHUB_TOKEN=github.token(github.bot), **settings)
        bad = await beside("doctor", PENSTOCK_GITHUB_TOKEN="ghp_wrong0000", **settings)
    assert good.status == 0, good.out
    assert f"knows the token as {github.bot.login}" in good.out
    assert bad.status == 1
    assert "does not take the token" in bad.out
    assert "PENSTOCK_GITHUB_TOKEN" in bad.out
    assert "ghp_wrong0000" not in bad.out + bad.err


async def test_an_app_is_asked_what_it_may_hears_of_and_is_told(beside: Beside, tmp_path: Path) -> None:
    hook = "https://penstock.example.org/webhooks/github"
    async with FakeGitHub(tmp_path) as github:
        key = github.app("penstock", NEEDED, EVENTS, hook)
        app = github.hosted.app
        assert app is not None
        settings = {
            "PENSTOCK_GITHUB_URL": github.url,
            "PENSTOCK_GITHUB_API_URL": github.api_url,
            "PENSTOCK_GITHUB_WEBHOOK_SECRET": "s3cret",
            "PENSTOCK_PUBLIC_URL": "https://penstock.example.org",
            "PENSTOCK_GITHUB_APP_ID": str(app.id),
            "PENSTOCK_GITHUB_PRIVATE_KEY": key.replace("\n", r"\n"),
        }
        good = await beside("doctor", **settings)
        app.permissions, app.events, app.hook_url = {"metadata": "read"}, ["push"], ""
        poor = await beside("doctor", **settings)
    assert good.status == 0, good.out
    assert "knows the App as penstock[bot]" in good.out
    assert poor.status == 1
    assert (
        "it lacks contents: read, pull_requests: write, statuses: write, checks: write, deployments: write, members: read"
        in poor.out
    )
    assert "does not hear of the events commit_comment, issue_comment, pull_request" in poor.out
    assert f"set the webhook's URL to {hook}" in poor.out


async def test_an_app_that_misses_deliveries_and_is_not_installed_any_more_is_found(
    beside: Beside, tmp_path: Path, folder: Path
) -> None:
    data = folder / "penstock-data"
    data.mkdir(mode=0o700)
    async with FakeGitHub(tmp_path) as github:
        key = github.app("penstock", NEEDED, EVENTS, "https://penstock.example.org/webhooks/github")
        app, web, api = github.hosted.app, await github.repository("acme/web"), await github.repository("acme/api")
        assert app is not None
        github.install([web])
        github.hook("http://127.0.0.1:1/webhooks/github")
        await github.push(web, "main", {"README": "hello"}, "Begin", by=github.user("ada"))
        store = await SqlStore.open(f"sqlite:///{data / 'penstock.db'}")
        vault = Vault(store, MasterKeys([b"m" * 32]))
        for one in (web, api):
            await vault.add_webhook_secret(Repository("github", str(one.id), one.full_name))
        await store.close()
        ended = await beside(
            "doctor",
            PENSTOCK_MASTER_KEY=base64.b64encode(b"m" * 32).decode(),
            PENSTOCK_GITHUB_URL=github.url,
            PENSTOCK_GITHUB_API_URL=github.api_url,
            PENSTOCK_GITHUB_APP_ID=str(app.id),
            PENSTOCK_GITHUB_PRIVATE_KEY=key.replace("\n", r"\n"),
            PENSTOCK_PUBLIC_URL="https://penstock.example.org",
        )
    assert "1 delivery has not reached the bot" in ended.out
    assert "not installed on acme/api" in ended.out
    assert "acme/web" not in ended.out


async def test_gitlab_is_asked_what_the_token_may_and_how_long(beside: Beside, tmp_path: Path) -> None:
    async with FakeGitLab(tmp_path) as gitlab:
        soon = datetime.now(UTC).date() + timedelta(days=3)
        settings = {
            "PENSTOCK_GITLAB_URL": gitlab.url,
            "PENSTOCK_GITLAB_WEBHOOK_SECRET": "s3cret",
            "PENSTOCK_PUBLIC_URL": "https://penstock.example.org",
        }
        good = await beside("doctor", PENSTOCK_GITLAB_TOKEN=gitlab.token(gitlab.bot), **settings)
        weak = gitlab.token(gitlab.bot, ["read_api", "read_repository"], expires_at=soon.isoformat())
        poor = await beside("doctor", PENSTOCK_GITLAB_TOKEN=weak, **settings)
        bad = await beside("doctor", PENSTOCK_GITLAB_TOKEN="glpat-wrong0000", **settings)
    assert good.status == 0, good.out
    assert f"knows the token as {gitlab.bot.username}" in good.out
    assert "secret token only" in good.out
    assert poor.status == 1
    assert "too few scopes: read_api, read_repository" in poor.out
    assert f"ends on {soon}" in poor.out
    assert "does not take the token" in bad.out
    assert "glpat-wrong0000" not in bad.out + bad.err


@pytest.mark.parametrize("make", [cloud, data_center])
async def test_bitbucket_is_asked_whose_the_token_is(
    make: Callable[[Path], FakeBitbucket], beside: Beside, tmp_path: Path
) -> None:
    async with make(tmp_path) as bitbucket:
        prefix = "PENSTOCK_BITBUCKET_DC" if bitbucket.data_center else "PENSTOCK_BITBUCKET"
        settings = {
            f"{prefix}_URL": bitbucket.url,
            "PENSTOCK_BITBUCKET_API_URL": bitbucket.api_url,
            f"{prefix}_WEBHOOK_SECRET": "s3cret",
            "PENSTOCK_PUBLIC_URL": "https://penstock.example.org",
        }
        good = await beside("doctor", **{f"{prefix}_TOKEN": bitbucket.token(bitbucket.bot)}, **settings)
        bad = await beside("doctor", **{f"{prefix}_TOKEN": "wrong-0000"}, **settings)
    assert good.status == 0, good.out
    assert f"knows the token as {bitbucket.bot.login}" in good.out
    assert bad.status == 1
    assert "does not take the token" in bad.out
    assert "wrong-0000" not in bad.out + bad.err


async def test_github_tells_of_a_classic_token_what_it_may_and_of_each_how_long(beside: Beside, tmp_path: Path) -> None:
    async with FakeGitHub(tmp_path) as github:
        value = github.token(github.bot)
        soon = datetime.now(UTC) + timedelta(days=3)
        github.hosted.tokens[value].scopes, github.hosted.tokens[value].ends = ("public_repo", "gist"), soon.timestamp()
        urls = {"PENSTOCK_GITHUB_URL": github.url, "PENSTOCK_GITHUB_API_URL": github.api_url}
        ended = await beside("doctor", PENSTOCK_GITHUB_TOKEN=value, PENSTOCK_GITHUB_WEBHOOK_SECRET="x", **urls)
    assert "too few scopes: public_repo, gist" in ended.out
    assert f"the token ends on {soon.date()}" in ended.out
    assert ended.status == 1


async def test_bitbucket_cloud_tells_what_a_token_may(beside: Beside, tmp_path: Path) -> None:
    async with cloud(tmp_path) as bitbucket:
        weak = bitbucket.token(bitbucket.bot, ["account", "pullrequest:write"])
        urls = {"PENSTOCK_BITBUCKET_URL": bitbucket.url, "PENSTOCK_BITBUCKET_API_URL": bitbucket.api_url}
        ended = await beside("doctor", PENSTOCK_BITBUCKET_TOKEN=weak, PENSTOCK_BITBUCKET_WEBHOOK_SECRET="x", **urls)
    assert "it lacks repository:admin." in ended.out


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (0.0, ""),
        (29.0, ""),
        (-29.0, ""),
        (45.0, "44 s ahead of"),
        (-45.0, "44 s behind"),
    ],
)
def test_a_clock_that_is_not_the_hosts_is_found(ours: float, said: str) -> None:
    theirs = datetime(2026, 11, 30, 12, tzinfo=UTC)
    now = theirs.timestamp() + ours
    found = skewed("GitHub", format_datetime(theirs, usegmt=True), now, now + 1.0)
    assert [said in each.what and "NTP" in each.remedy for each in found] == ([True] if said else [])
    assert skewed("GitHub", "never", now, now) == []


async def test_a_certificate_that_nobody_trusts_and_a_name_that_nobody_has_are_told_apart(tmp_path: Path) -> None:
    async with FakeGitLab(tmp_path) as gitlab:
        _, plain = await reached("GitLab", gitlab.url.replace("http:", "https:"), "PENSTOCK_GITLAB_URL", None)
    _, nameless = await reached("GitLab", "https://gitlab.invalid", "PENSTOCK_GITLAB_URL", None)
    assert "does not answer" in plain[0].what
    assert "no machine has this name" in nameless[0].what
    assert "DNS" in nameless[0].remedy
