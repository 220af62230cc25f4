"""`penstock doctor` about GitOps: on each host, whether the bot may push to what its pipelines may change."""

import json
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cli.conftest import Beside, Typed
from tests.world.bitbucket.server import FakeBitbucket, cloud, data_center
from tests.world.github.server import FakeGitHub
from tests.world.gitlab.nouns import REPORTER
from tests.world.gitlab.server import FakeGitLab


async def test_each_host_says_whether_the_bot_may_push(beside: Beside, tmp_path: Path) -> None:
    """To acme/env it may, acme/shut it may read alone, and acme/none is not there; nothing of that reaches them."""
    async with AsyncExitStack() as stack:
        github = await stack.enter_async_context(FakeGitHub(tmp_path / "github"))
        gitlab = await stack.enter_async_context(FakeGitLab(tmp_path / "gitlab"))
        of_bitbucket = [
            await stack.enter_async_context(make(tmp_path / make.__name__)) for make in (cloud, data_center)
        ]
        github.grant(await github.repository("acme/shut"), github.bot, "read")
        gitlab.grant(await gitlab.project("acme/shut"), gitlab.bot, REPORTER)
        env = [(await github.repository("acme/env")).git, (await gitlab.project("acme/env")).git]
        for bitbucket in of_bitbucket:
            bitbucket.grant(await bitbucket.repository("acme/shut"), bitbucket.bot, "read")
            env.append((await bitbucket.repository("acme/env")).git)
        refs = [await each.refs() for each in env]
        grants = "*:acme/web=acme/env *:acme/web=acme/shut gitlab:acme/web=acme/none"
        ended = await beside("doctor", PENSTOCK_GITOPS_REPOSITORIES=grants, **_on(github, gitlab, of_bitbucket))
        assert [await each.refs() for each in env] == refs
    lines = ended.out.splitlines()
    said = {line.partition("GitOps: ")[2]: after.strip() for line, after in zip(lines, [*lines[1:], ""], strict=True)}
    for host, needs in REMEDY.items():
        assert f"acme/env on {host}: the bot may push there." in said
        [shut] = [what for what in said if what.startswith(f"acme/shut on {host}: ")]
        assert "does not let the bot push there" in shut
        assert needs in said[shut]
    assert "acme/none on gitlab: there is no such repository that the bot may see." in said
    assert ended.status == 1


@pytest.mark.parametrize(("passphrase", "level"), [("", "good"), ("hush-7f3a", "bad")])
def test_a_key_that_asks_for_something_signs_nothing(
    typed: Typed, folder: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str, level: str
) -> None:
    key = folder / "signing"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(key)], check=True)
    monkeypatch.setenv("PENSTOCK_GITOPS_REPOSITORIES", "github:acme/web=acme/env")
    monkeypatch.setenv("PENSTOCK_GITOPS_SIGNING_KEY_FILE", str(key))
    [found] = [each for each in json.loads(typed("doctor", "--json").out) if each["what"].startswith("GitOps")]
    assert found["level"] == level
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    assert (public in found["what"]) is (level == "good")


REMEDY = {
    "github": "Contents: write and Pull requests: write",
    "gitlab": "the role Developer",
    "bitbucket": "repository:write and pullrequest:write",
    "bitbucket-dc": "Repository write",
}


def _on(github: FakeGitHub, gitlab: FakeGitLab, of_bitbucket: list[FakeBitbucket]) -> dict[str, str]:
    bitbucket, own = of_bitbucket
    return {
        "PENSTOCK_GITHUB_URL": github.url,
        "PENSTOCK_GITHUB_API_URL": github.api_url,
        "PENSTOCK_GITHUB_TOKEN": github.token(github.bot),
        "PENSTOCK_GITLAB_URL": gitlab.url,
        "PENSTOCK_GITLAB_TOKEN": gitlab.token(gitlab.bot),
        "PENSTOCK_BITBUCKET_URL": bitbucket.url,
        "PENSTOCK_BITBUCKET_API_URL": bitbucket.api_url,
        "PENSTOCK_BITBUCKET_TOKEN": bitbucket.token(bitbucket.bot),
        "PENSTOCK_BITBUCKET_DC_URL": own.url,
        "PENSTOCK_BITBUCKET_DC_TOKEN": own.token(own.bot),
    }
