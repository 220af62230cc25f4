"""Hosts as they are made of a hosts file: what their webhook secrets are good for, and which addresses are refused."""

import hmac
from collections.abc import Callable
from pathlib import Path

import pytest
from github import GithubException
from gitlab.exceptions import GitlabAuthenticationError

from bot.composition.hosts import configured_hosts, provider_of
from bot.ports import HostRefused, SignatureWrong
from bot.settings import SettingsInvalid, load
from providers.base.settings_named import in_file
from providers.github import errors as github
from providers.gitlab import errors as gitlab
from tests.world.local_host import WallClock

FILE = """\
hosts:
  - name: lab
    kind: github
    webhook_secrets: [{env: GENERAL}, {env: ACME, for: "acme/*"}]
"""
ENVIRONMENT = {"GENERAL": "hush", "ACME": "hush-acme"}
BODY = b"{}"


@pytest.mark.parametrize(("secret", "good_for"), [("hush", ""), ("hush-acme", "acme/*"), ("other", None)])
def test_a_secret_for_some_repositories_is_told_apart(secret: str, good_for: str | None, tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(FILE)
    settings = load(hosts_file=tmp_path / "hosts.yml", github_webhook_secret="elsewhere")
    [lab] = [host for host in configured_hosts(settings, ENVIRONMENT) if host.name == "lab"]
    provider = provider_of(lab, WallClock())
    signed = {"X-Hub-Signature-256": "sha256=" + hmac.digest(secret.encode(), BODY, "sha256").hex()}
    if good_for is None:
        with pytest.raises(SignatureWrong):
            provider.verify(signed, BODY)
    else:
        assert provider.verify(signed, BODY) == good_for


def test_plain_http_to_another_machine_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("hosts: [{name: w, kind: gitlab, url: http://git.example.org}]\n")
    with pytest.raises(SettingsInvalid, match="w: uses plain http to another machine"):
        configured_hosts(load(hosts_file=tmp_path / "hosts.yml"), {})
    allowed = load(hosts_file=tmp_path / "hosts.yml", allow_insecure_hosts=True)
    assert "w" in [host.name for host in configured_hosts(allowed, {})]


@pytest.mark.parametrize("kind", ["github", "gitlab", "bitbucket", "bitbucket-dc"])
async def test_remedies_name_the_host_in_its_file_and_else_the_environment(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text(f"hosts: [{{name: lab, kind: {kind}, url: 'https://127.0.0.1:9'}}]\n")
    hosts = [host for host in configured_hosts(load(hosts_file=file), {}) if host.kind == kind]
    told = {}
    for host in hosts:
        with pytest.raises(HostRefused) as refused:
            await provider_of(host, WallClock()).find("acme/web")
        told[host.name] = str(refused.value)
    assert f"set `token` of lab in {file}" in told["lab"]
    assert "PENSTOCK" not in told["lab"]
    assert f"set PENSTOCK_{kind.upper().replace('-DC', '_DC')}_TOKEN" in told[kind]


@pytest.mark.parametrize(
    ("translated", "error"),
    [
        (github.translated, GithubException(401, {"message": "Bad credentials"})),
        (gitlab.translated, GitlabAuthenticationError("401 Unauthorized", 401)),
    ],
)
def test_a_token_that_is_not_taken_is_named_as_the_operator_has_it(
    translated: Callable[..., object], error: Exception
) -> None:
    headers: dict[str, str] = {}
    assert "(is `token` of lab in hosts.yml right and not expired?)" in str(
        translated(error, headers, 0.0, in_file("lab", Path("hosts.yml")))
    )
