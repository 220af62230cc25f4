"""An AWS on loopback, with parameters and secrets in it. The bot's client finds it and its credentials in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
import pytest

from tests.world.aws import KEYS


@dataclass(frozen=True)
class Aws:
    environment: Mapping[str, str]
    parameter_arn: str
    secret_arn: str


@pytest.fixture(scope="session")
def served_aws(aws_url: str) -> Aws:
    parameters = boto3.client("ssm", endpoint_url=aws_url, region_name="eu-west-1", **KEYS)
    for number in range(3):
        parameters.put_parameter(Name=f"/prod/web/{number}", Value=f"value {number}", Type="SecureString")
    parameters.put_parameter(Name="/prod/web/0", Value="newer", Type="SecureString", Overwrite=True)
    secrets = boto3.client("secretsmanager", endpoint_url=aws_url, region_name="eu-west-1", **KEYS)
    secret = secrets.create_secret(Name="shared-db", SecretString='{"password": "first"}')["ARN"]
    secrets.put_secret_value(SecretId="shared-db", SecretString='{"password": "second"}')
    secrets.create_secret(Name="shared-raw", SecretBinary=b"\x00\x01")
    environment = {"AWS_ENDPOINT_URL": aws_url} | {name.upper(): value for name, value in KEYS.items()}
    return Aws(environment, parameters.get_parameter(Name="/prod/web/1")["Parameter"]["ARN"], secret)


@pytest.fixture
def aws(served_aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in served_aws.environment.items():
        monkeypatch.setenv(name, value)
    return served_aws
