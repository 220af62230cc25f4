"""`penstock doctor`: what it finds, and that whatever is not good comes with its remedy."""

import asyncio
import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.artifacts.keys import MasterKeys
from bot.cli.doctor import command
from bot.cli.doctor.reach import reached, skewed
from bot.executors import groups
from bot.model.repository import Repository
from bot.security.kept import Vault
from bot.settings import load
from bot.stores.sql import SqlStore
from providers.github.sign_in import EVENTS, NEEDED
from tests.cli.conftest import Beside, Typed
from tests.cli.test_cli_database import DATABASE, make_newer
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.github.server import FakeGitHub
from tests.world.gitlab.server import FakeGitLab


def findings(typed: Typed) -> dict[str, dict[str, str]]:
    """What is found, by its first word or two, each but the good ones with a remedy."""
    found = json.loads(typed("doctor", "--json").out)
    assert all(bool(each["remedy"]) == (each["level"] != "good") for each in found)
    return {each["what"]: each for each in found}


def the(found: dict[str, dict[str, str]], words: str) -> dict[str, str]:
    [one] = [each for what, each in found.items() if words in what]
    return one


def test_a_fresh_machine_is_well(typed: Typed) -> None:
    ended = typed("doctor")
    assert ended.status == 0
    said = ended.out.replace("! Nothing here limits", "✓").splitlines()  # a root that may make no cgroups
    assert [line[0] for line in said if line[0] != " "] == ["✓"] * 10


def test_each_store_of_artifacts_is_tried_and_nothing_of_that_stays(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_ARTIFACTS_URL", (folder / "home").as_uri())
    monkeypatch.setenv("PENSTOCK_ARTIFACT_STORES", f"eu-west-1={(folder / 'eu').as_uri()}")
    found = findings(typed)
    assert the(found, "Artifacts: the store can be written to")["level"] == "good"
    assert the(found, "Artifacts in eu-west-1: the store can be written to")["level"] == "good"
    assert not [path for path in folder.rglob("*") if path.is_file()]


async def test_a_store_that_can_t_be_opened_leaves_everything_else_looked_at(beside: Beside, tmp_path: Path) -> None:
    where = {"PENSTOCK_DATA_DIR": str(tmp_path / "data")}
    assert (await beside("db", "upgrade", **where)).status == 0
    doctor = await beside("doctor", PENSTOCK_ARTIFACT_STORES="eu-west-1=file:///dev/null", **where)
    assert doctor.status == 1
    assert "Artifacts: PENSTOCK_ARTIFACT_STORES: eu-west-1: file:///dev/null: " in doctor.out
    assert "Pages: open" in doctor.out


def test_reading_the_settings_changes_nothing(typed: Typed, folder: Path) -> None:
    typed("doctor")
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("settings", "words", "level", "remedy"),
    [
        ({"HOST": "0.0.0.0"}, "Pages: closed", "bad", "PENSTOCK_PAGE_TOKEN"),
        ({"HOST": "0.0.0.0", "PAGE_TOKEN": "x"}, "listening address", "warning", "PENSTOCK_PUBLIC_URL"),
        (
            {"GITHUB_TOKEN": "x", "GITHUB_URL": "http://127.0.0.1:1"},
            "no webhook secret",
            "bad",
            "GITHUB_WEBHOOK_SECRET",
        ),
        ({"GITHUB_TOKEN": "x", "GITHUB_URL": "http://127.0.0.1:1"}, "does not answer", "bad", "GITHUB_API_URL"),
        ({"GITHUB_WEBHOOK_SECRET": "x"}, "no token", "bad", "PENSTOCK_GITHUB_TOKEN"),
        ({"GITHUB_WEBHOOK_SECRET": "x"}, "can't deliver", "warning", "PENSTOCK_PUBLIC_URL"),
        (
            {"GITLAB_TOKEN": "x", "GITLAB_URL": "http://127.0.0.1:1"},
            "GitLab: no webhook secret",
            "bad",
            "PENSTOCK_GITLAB_SIGNING_TOKEN",
        ),
        ({"GITLAB_TOKEN": "x", "GITLAB_URL": "http://127.0.0.1:1"}, "does not answer", "bad", "PENSTOCK_CA_BUNDLE"),
        ({"GITLAB_SIGNING_TOKEN": "whsec_c2VjcmV0"}, "GitLab: no token", "bad", "PENSTOCK_GITLAB_TOKEN"),
        ({"BITBUCKET_WEBHOOK_SECRET": "x"}, "Bitbucket Cloud: no token", "bad", "BITBUCKET_API_TOKEN"),
        (
            {"BITBUCKET_DC_TOKEN": "x", "BITBUCKET_DC_URL": "http://127.0.0.1:1"},
            "Bitbucket Data Center: http://127.0.0.1:1 does not answer",
            "bad",
            "PENSTOCK_BITBUCKET_DC_URL",
        ),
        ({"DATA_DIR": "/proc/self/status"}, "is a file", "bad", "PENSTOCK_DATA_DIR"),
        ({"ARTIFACTS_URL": "s3://x?regionn=y"}, "'regionn' is not valid", "bad", "Mend that address"),
        (
            {
                "ARTIFACT_STORES": "eu-west-1=s3://x?endpoint=http://127.0.0.1:1&region=x&access_key_id=x&secret_access_key=hush"
            },
            "Artifacts in eu-west-1: the store can't be written to",
            "bad",
            "Check PENSTOCK_ARTIFACT_STORES (eu-west-1)",
        ),
        ({"MASTER_KEY": "hunter2"}, "no master key", "bad", "openssl rand -base64 32"),
        ({"MASTER_KEY_FILE": "/nowhere"}, "/nowhere", "bad", "openssl rand -base64 32"),
        ({"DATABASE_URL": "oracle://db"}, "oracle", "bad", "PENSTOCK_DATABASE_URL"),
    ],
)
def test_a_finding_names_its_remedy(
    settings: dict[str, str], words: str, level: str, remedy: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"PENSTOCK_{name}", value)
    found = the(findings(typed), words)
    assert found["level"] == level
    assert remedy in found["remedy"]
    assert typed("doctor").status == (1 if "bad" in [each["level"] for each in findings(typed).values()] else 0)


@pytest.mark.parametrize("settings", [{"MASTER_KEY": "hunter2"}, {"MASTER_KEY_FILE": "/nowhere"}])
def test_a_master_key_that_is_none_keeps_the_doctor_from_nothing_else(
    settings: dict[str, str], typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("db", "upgrade")
    for name, value in settings.items():
        monkeypatch.setenv(f"PENSTOCK_{name}", value)
    found = findings(typed)
    assert the(found, "Master key: ")["level"] == "bad"
    assert the(found, "GitHub: not configured")["level"] == "good"


def test_a_machine_without_git_is_told_how_to_get_it(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert "apt-get install git" in the(findings(typed), "git is not installed")["remedy"]


@pytest.mark.parametrize(("says", "words"), [("git version 2.30.1", "too old"), ("nothing", "does not say")])
def test_a_git_that_is_too_old_or_strange_is_bad(
    says: str, words: str, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / "git"
    git.write_text(f"#!/bin/sh\necho {says}\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert the(findings(typed), words)["level"] == "bad"


def test_files_that_others_can_read_are_found(typed: Typed, folder: Path) -> None:
    (folder / ".env").write_text("PENSTOCK_LOG_LEVEL=info\n")
    (folder / ".env").chmod(0o644)
    (folder / "penstock-data").mkdir(mode=0o755)
    found = findings(typed)
    assert the(found, ".env can be read")["remedy"] == "chmod 600 .env"
    assert the(found, "penstock-data can be read")["remedy"].startswith("chmod 700 ")


def test_a_database_of_another_version_is_found(typed: Typed) -> None:
    typed("db", "upgrade")
    assert the(findings(typed), "Database: at ")["level"] == "good"
    make_newer()
    assert the(findings(typed), "version 9999")["level"] == "bad"
    assert DATABASE.is_file()


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


def test_the_event_loop_is_left_as_it_was(typed: Typed) -> None:
    typed("doctor")
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_limits_are_looked_for_around_the_bot_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service has a group of its own, and whoever asks another."""
    read: list[str] = []

    def nothing(path: str) -> str:
        read.append(path)
        return ""

    monkeypatch.setattr(groups, "_read", nothing)
    monkeypatch.setattr(command, "running_as", lambda _: "17")
    assert [finding.level for finding in command._limits(load())]
    assert set(read) == {"/proc/17/cgroup", "/proc/17/mountinfo"}
