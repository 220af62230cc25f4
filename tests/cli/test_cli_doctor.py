"""`penstock doctor`: what it finds on the machine, and that whatever is not good comes with its remedy."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from bot.cli.doctor import command
from bot.executors import groups
from bot.settings import load
from tests.cli.conftest import Beside, Typed
from tests.cli.findings import the
from tests.cli.test_cli_database import DATABASE, make_newer


def findings(typed: Typed) -> dict[str, dict[str, str]]:
    """What is found, by its first word or two, each but the good ones with a remedy."""
    found = json.loads(typed("doctor", "--json").out)
    assert all(bool(each["remedy"]) == (each["level"] != "good") for each in found)
    return {each["what"]: each for each in found}


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
