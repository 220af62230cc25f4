"""Settings: wrong ones are reported all at once, with the remedy, and without a secret."""

from pathlib import Path

import pytest

from bot.composition import deployments
from bot.ports import Author
from bot.settings import SettingsInvalid, load


def test_every_wrong_setting_is_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_PORT", "99999")
    monkeypatch.setenv("PENSTOCK_LOG_LEVEL", "loud")
    monkeypatch.setenv("PENSTOCK_GITHUB_URL", "http://git.example.org")
    monkeypatch.setenv("PENSTOCK_PUBLIC_URL", "penstock.example.org")
    with pytest.raises(SettingsInvalid) as invalid:
        load()
    lines = str(invalid.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "PENSTOCK_PORT",
        "PENSTOCK_PUBLIC_URL",
        "PENSTOCK_LOG_LEVEL",
        "PENSTOCK_GITHUB_URL",
    ]


def test_plain_http_to_another_machine_needs_saying_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_GITHUB_URL", "http://git.example.org")
    with pytest.raises(SettingsInvalid, match="PENSTOCK_ALLOW_INSECURE_HOSTS"):
        load()
    monkeypatch.setenv("PENSTOCK_ALLOW_INSECURE_HOSTS", "true")
    assert load().github_api == "http://git.example.org/api/v3"


def test_a_url_with_a_password_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_GITHUB_URL", "https://me:hunter2@github.com")
    with pytest.raises(SettingsInvalid) as invalid:
        load()
    assert "hunter2" not in str(invalid.value)


def test_several_webhook_secrets_are_separated_by_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_GITHUB_WEBHOOK_SECRET", "old new")
    assert [secret.get_secret_value() for secret in load().github_webhook_secret] == ["old", "new"]


def test_secrets_of_repositories_are_told_by_patterns_several_of_one_for_rotation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PENSTOCK_GITHUB_REPOSITORY_SECRETS", "acme/web=old acme/web=new= acme/*=whsec_a/b=")
    found = [(pattern, secret.get_secret_value()) for pattern, secret in load().github_repository_secrets]
    assert found == [("acme/web", "old"), ("acme/web", "new="), ("acme/*", "whsec_a/b=")]
    for wrong in ("hunter2", "acme=hunter2", "acme/web=", "=hunter2", "acme/=hunter2"):
        monkeypatch.setenv("PENSTOCK_GITHUB_REPOSITORY_SECRETS", wrong)
        with pytest.raises(SettingsInvalid, match="PENSTOCK_GITHUB_REPOSITORY_SECRETS: must hold repos") as invalid:
            load()
        assert "hunter2" not in str(invalid.value)


def test_regions_are_told_with_their_stores_and_home_is_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_ARTIFACT_STORES", "eu-west-1=s3://eu?secret_access_key=hunter2 ap=file:///srv/ap")
    assert list(load().artifact_stores) == ["eu-west-1", "ap"]
    monkeypatch.setenv("PENSTOCK_ARTIFACTS_REGION", "ap")
    with pytest.raises(SettingsInvalid, match="name the region of PENSTOCK_ARTIFACTS_URL in the second alone"):
        load()
    for wrong, said in (
        ("hunter2", "must hold regions with s3, gs, az or file URLs"),
        ("eu=https://hunter2.example.org", "must hold regions"),
        ("e.u=s3://hunter2", "must name each region with letters"),
    ):
        monkeypatch.setenv("PENSTOCK_ARTIFACT_STORES", wrong)
        with pytest.raises(SettingsInvalid, match=f"PENSTOCK_ARTIFACT_STORES: {said}") as invalid:
            load()
        assert "hunter2" not in str(invalid.value)


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_GITHUB_WEBHOOK_SECRET", "")
    monkeypatch.setenv("PENSTOCK_GITHUB_TOKEN", "")
    assert load().github_webhook_secret == ()
    assert load().github_token is None


def test_a_signing_token_that_is_none_is_told_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_GITLAB_SIGNING_TOKEN", "whsec_c2VjcmV0 hunter2")
    with pytest.raises(SettingsInvalid, match="PENSTOCK_GITLAB_SIGNING_TOKEN: must be the signing token") as invalid:
        load()
    assert "hunter2" not in str(invalid.value)
    monkeypatch.setenv("PENSTOCK_GITLAB_SIGNING_TOKEN", "whsec_c2VjcmV0 whsec_bmV3ZXI=")
    assert len(load().gitlab_signing_token) == 2


def test_certificates_to_trust_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENSTOCK_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with pytest.raises(SettingsInvalid, match="PENSTOCK_CA_BUNDLE: is no file"):
        load()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"BITBUCKET_USER": "bot@acme.example"}, "PENSTOCK_BITBUCKET_API_TOKEN"),
        ({"BITBUCKET_API_TOKEN": "x"}, "PENSTOCK_BITBUCKET_USER"),
        ({"BITBUCKET_DC_TOKEN": "x"}, "PENSTOCK_BITBUCKET_DC_URL"),
        ({"GITHUB_APP_ID": "1"}, "PENSTOCK_GITHUB_PRIVATE_KEY"),
        ({"GITHUB_PRIVATE_KEY": "x"}, "PENSTOCK_GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": "x", "GITHUB_PRIVATE_KEY_FILE": "/x"}, "GITHUB_PRIVATE_KEY_FILE"),
        ({"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": "hunter2"}, "PENSTOCK_GITHUB_PRIVATE_KEY: must be"),
        ({"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY_FILE": "/x"}, "PENSTOCK_GITHUB_PRIVATE_KEY_FILE: must be"),
        ({"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": "x", "GITHUB_TOKEN": "x"}, "PENSTOCK_GITHUB_TOKEN"),
        ({"BITBUCKET_DC_URL": "http://git.example.org"}, "PENSTOCK_ALLOW_INSECURE_HOSTS"),
    ],
)
def test_what_is_of_no_use_names_what_is_missing(
    settings: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"PENSTOCK_{name}", value)
    with pytest.raises(SettingsInvalid, match=named):
        load()


def test_bitbucket_needs_no_addresses() -> None:
    settings = load()
    assert settings.bitbucket_url == "https://bitbucket.org"
    assert settings.bitbucket_api_url == "https://api.bitbucket.org/2.0"


def test_drafts_run_unless_they_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().drafts == "run"
    monkeypatch.setenv("PENSTOCK_DRAFTS", "hold")
    assert load().drafts == "hold"
    monkeypatch.setenv("PENSTOCK_DRAFTS", "no")
    with pytest.raises(SettingsInvalid, match="PENSTOCK_DRAFTS"):
        load()


def test_who_needs_no_leave_is_named_with_the_host_and_nobody_is_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().outside_runs == ()
    monkeypatch.setenv("PENSTOCK_OUTSIDE_RUNS", "github:dependabot[bot] gitlab:renovate")
    assert load().outside_runs == ("github:dependabot[bot]", "gitlab:renovate")
    monkeypatch.setenv("PENSTOCK_OUTSIDE_RUNS", "contributors github:dependabot[bot]")
    assert load().outside_runs == ("contributors", "github:dependabot[bot]")
    for wrong in ("renovate", "github:", ":renovate", "github:*"):
        monkeypatch.setenv("PENSTOCK_OUTSIDE_RUNS", wrong)
        with pytest.raises(SettingsInvalid, match="PENSTOCK_OUTSIDE_RUNS"):
            load()


def test_who_commits_for_gitops_has_a_name_and_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_GITOPS_AUTHOR", "Release Bot <bot@example.org>")
    assert load().gitops_author == "Release Bot <bot@example.org>"
    for wrong in ("bot@example.org", "Bot", "<bot@example.org>", "Bot <bot>", "Bot <b@c> <d@e>"):
        monkeypatch.setenv("PENSTOCK_GITOPS_AUTHOR", wrong)
        with pytest.raises(SettingsInvalid, match="PENSTOCK_GITOPS_AUTHOR: must be a name and an address"):
            load()


def test_commits_for_gitops_are_signed_with_the_operators_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Read at the start: nobody is to find out by unsigned commits that it is not there."""
    key = tmp_path / "signing"
    monkeypatch.setenv("PENSTOCK_GITOPS_AUTHOR", "Release Bot <bot@example.org>")
    monkeypatch.setenv("PENSTOCK_GITOPS_SIGNING_KEY_FILE", str(key))
    with pytest.raises(SettingsInvalid, match=r"PENSTOCK_GITOPS_SIGNING_KEY_FILE: .* can't be read"):
        deployments._author(load())
    key.touch()
    assert deployments._author(load()) == Author("Release Bot", "bot@example.org", key)
