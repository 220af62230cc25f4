"""The hosts file: what it says, and every problem with its place, none of which shows a secret."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from bot.hosts_file import read_hosts
from bot.model.host_secret import HostSecret

APP_KEY = (
    generate_private_key(65537, 2048)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
)

WHOLE = b"""\
hosts:
  - name: work
    kind: gitlab
    url: https://git.acme.example
    token: {file: work-token}
    webhook_secrets:
      - {env: WORK_HOOK}
      - {env: ACME_HOOK, for: acme/*}
    signing_tokens: {env: WORK_SIGNING}
  - name: beta-corp
    kind: github
    app_id: "12"
    private_key: {env: KEY}
    repositories: [beta/*, beta-labs/*]
    webhook_secrets: {env: WORK_HOOK}
    checks: instead
"""
ENVIRONMENT = {"WORK_HOOK": "hush", "ACME_HOOK": "hush-acme", "WORK_SIGNING": "whsec_aGk=", "KEY": APP_KEY}


def test_what_a_file_says(tmp_path: Path) -> None:
    (tmp_path / "work-token").write_text("glpat-secret\n")
    work, beta = read_hosts(WHOLE, "hosts.yml", tmp_path, ENVIRONMENT).hosts
    assert (work.entry.name, work.entry.kind, work.entry.url) == ("work", "gitlab", "https://git.acme.example")
    assert work.secrets == {"token": "glpat-secret"}
    assert (work.webhook_secrets, work.limited) == (("hush",), (HostSecret("hush-acme", "acme/*"),))
    assert work.signing_tokens == ("whsec_aGk=",)
    assert beta.webhook_secrets == (), "an account's own are for its repositories"
    assert [one.good_for for one in beta.limited] == ["beta/*", "beta-labs/*"]
    assert beta.secrets == {"private_key": APP_KEY}
    assert "glpat-secret" not in repr(work)
    assert "hush" not in repr(work)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: github, kind: github}", "1:16: hosts[0].name: `github` is a name of the bot's own."),
        ("{name: My Host, kind: github}", "1:16: hosts[0].name: `My Host` can't be a host's name"),
        ("{name: w, kind: gitea}", "hosts[0].kind: `kind` cannot be `gitea`."),
        ("{name: w, kind: gitlab, url: git.acme.example}", "hosts[0].url: `git.acme.example` is no address."),
        ("{name: w, kind: gitlab, url: 'https://a:b@c.example'}", "must not hold a user name or password"),
        ("{name: w, kind: gitlab, tokn: {env: T}}", "hosts[0].tokn: Unknown key `tokn`. Did you mean `token`?"),
        ("{name: w, kind: gitlab, token: {env: T}}", "The environment variable `T` is not set."),
        ("{name: w, kind: gitlab, token: {file: t}}", "The file `t` can't be read: No such file or directory."),
        ("{name: w, kind: gitlab, token: {file: t, env: T}}", "exactly one of the two"),
        ("{name: w, kind: gitlab, token: glpat-secret}", "hosts[0].token"),
        ("{name: w, kind: gitlab, app_id: '1'}", "`app_id` is nothing to `gitlab`."),
        ("{name: w, kind: github, app_id: '1'}", "`app_id` is of no use alone. Add `private_key:`."),
        ("{name: w, kind: bitbucket-dc}", "There is no public Bitbucket Data Center."),
        ("{name: w, kind: gitlab}, {name: w, kind: github}", "Another host is called `w`, too."),
    ],
)
def test_what_is_wrong_is_told_where_it_is(entry: str, said: str, tmp_path: Path) -> None:
    reading = read_hosts(f"hosts: [{entry}]\n".encode(), "hosts.yml", tmp_path, {})
    assert reading.hosts == ()
    told = "\n".join(map(str, reading.problems))
    assert said in told
    assert told.startswith("hosts.yml:1:")
    assert "glpat-secret" not in told


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("kind: gitlab, signing_tokens: {env: W}", "1:49: hosts[0].signing_tokens"),
        ("kind: github, app_id: '1', private_key: {env: W}", "hosts[0].private_key: That is no private key"),
    ],
)
def test_a_secret_that_can_be_none_is_told_and_not_shown(entry: str, said: str, tmp_path: Path) -> None:
    reading = read_hosts(f"hosts: [{{name: w, {entry}}}]".encode(), "hosts.yml", tmp_path, {"W": "hunter2"})
    [problem] = reading.problems
    assert said in str(problem)
    assert "hunter2" not in str(problem)


def test_an_accounts_signing_token_is_for_its_repositories(tmp_path: Path) -> None:
    file = b"hosts: [{name: w, kind: gitlab, repositories: acme/*, signing_tokens: {env: S}}]"
    [host] = read_hosts(file, "hosts.yml", tmp_path, {"S": "whsec_aGk="}).hosts
    assert (host.signing_tokens, host.limited) == ((), (HostSecret("whsec_aGk=", "acme/*"),))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = b"hosts: [{name: w, kind: gitlab, token: {env: A}, checks: 'off'}, {name: w, kind: bitbucket-dc}]"
    assert len(read_hosts(file, "hosts.yml", tmp_path, {}).problems) == 4


@given(st.binary(max_size=200))
def test_no_file_is_too_strange(data: bytes) -> None:
    read_hosts(data, "hosts.yml", Path(), {})
