"""Hosts as they are made of a hosts file: what their webhook secrets are good for, and which addresses are refused."""

import hmac
from pathlib import Path

import pytest

from bot.composition.hosts import configured_hosts, provider_of
from bot.ports import SignatureWrong
from bot.settings import SettingsInvalid, load
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
