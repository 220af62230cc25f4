"""Builds ask AWS for parameters and secrets, by AWS's own client, of an AWS on loopback (ENV-4, ENV-5, ENV-10)."""

import pytest

from bot.aws.secrets import AwsSecrets
from bot.model.buildspec import SecretReference
from bot.model.repository import Repository
from bot.ports import OutsideSecretRefused
from tests.aws.conftest import Aws

WEB = Repository("github", "1", "acme/web")
GRANTS = (("github:acme/web", "/prod/web/**"), ("github:acme/*", "shared-*"), ("github:acme/web", "arn:aws:**"))


@pytest.fixture
def asked() -> AwsSecrets:
    return AwsSecrets(GRANTS, "eu-west-1")


@pytest.mark.parametrize(
    ("repository", "name", "may"),
    [
        (WEB, "/prod/web/db/password", True),
        (WEB, "/prod/shop/db", False),
        (WEB, "shared-db", True),
        (Repository("github", "2", "acme/shop"), "shared-db", True),
        (Repository("github", "2", "acme/shop"), "/prod/web/0", False),
        (Repository("gitlab", "1", "acme/web"), "shared-db", False),
        (Repository("github", "3", "acme/web/../x"), "/prod/web/0", False),
    ],
)
def test_env_10_each_repository_has_what_it_is_granted(
    asked: AwsSecrets, repository: Repository, name: str, may: bool
) -> None:
    assert asked.may_read(repository, name) is may


async def test_env_4_parameters_in_the_order_asked_for(aws: Aws, asked: AwsSecrets) -> None:
    names = ["/prod/web/2", "/prod/web/0", "/prod/web/1"]
    assert await asked.parameters(names) == ["value 2", "newer", "value 1"]


async def test_env_4_by_version_and_by_arn(aws: Aws, asked: AwsSecrets) -> None:
    names = ["/prod/web/0:1", "/prod/web/0", aws.parameter_arn]
    assert await AwsSecrets(GRANTS, "us-east-1").parameters([aws.parameter_arn]) == ["value 1"]
    assert await asked.parameters(names) == ["value 0", "newer", "value 1"]


async def test_env_4_all_that_are_missing_are_named(aws: Aws, asked: AwsSecrets) -> None:
    with pytest.raises(OutsideSecretRefused, match=r"parameter /prod/web/a: ParameterNotFound.* parameter /prod/web/b"):
        await asked.parameters(["/prod/web/a", "/prod/web/1", "/prod/web/b"])


@pytest.mark.parametrize(("stage", "found"), [("", "second"), ("AWSCURRENT", "second"), ("AWSPREVIOUS", "first")])
async def test_env_5_a_secret_by_its_stage(aws: Aws, asked: AwsSecrets, stage: str, found: str) -> None:
    for name in ("shared-db", aws.secret_arn):
        assert await asked.secret(SecretReference(name, "password", stage)) == f'{{"password": "{found}"}}'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shared-gone", "AWS does not give the bot the secret shared-gone: ResourceNotFoundException"),
        ("shared-raw", "The secret shared-raw of AWS is binary"),
    ],
)
async def test_env_5_a_secret_that_is_not_to_be_had(aws: Aws, asked: AwsSecrets, name: str, said: str) -> None:
    with pytest.raises(OutsideSecretRefused, match=said):
        await asked.secret(SecretReference(name))


async def test_without_credentials_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(OutsideSecretRefused, match="the secret a: Unable to locate credentials"):
        await AwsSecrets((), "eu-west-1").secret(SecretReference("a"))
    with pytest.raises(OutsideSecretRefused, match="You must specify a region"):
        await AwsSecrets((), "").secret(SecretReference("a"))
