"""Parameters of AWS's Parameter Store and secrets of its Secrets Manager, which builds ask for by name (ENV-4, ENV-5, ENV-10).

AWS's own client reads them with the credentials that it finds as everywhere (environment, profile, role of the machine). Which repository may have
what, the operator says: AWS sees the bot alone.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bot.model.buildspec import SecretReference
from bot.model.glob import matches
from bot.model.repository import Repository
from bot.ports import OutsideSecretRefused

_ARN = "arn:"


class AwsSecrets:
    """`grants`: pairs of a pattern of `host:owner/name` and one of names. `region` for names; an ARN says its own."""

    def __init__(self, grants: Sequence[tuple[str, str]], region: str) -> None:
        self._grants = grants
        self._region = region

    def may_read(self, repository: Repository, name: str) -> bool:
        who = f"{repository.provider}:{repository.full_name}"
        return any(matches(pattern, who) and matches(names, name) for pattern, names in self._grants)

    async def parameters(self, names: Sequence[str]) -> Sequence[str]:
        """One by one: an answer to several does not say which was asked by its ARN or for a version of its own."""
        values, problems = [], []
        for name in names:
            try:
                values.append(await asyncio.to_thread(self._parameter, name))
            except OutsideSecretRefused as refused:
                problems.append(str(refused))
        if problems:
            raise OutsideSecretRefused(" ".join(problems))
        return values

    async def secret(self, wanted: SecretReference) -> str:
        return await asyncio.to_thread(self._secret, wanted)

    def _parameter(self, name: str) -> str:
        with _told(f"the parameter {name}"):
            answer = self._client("ssm", name).get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])

    def _secret(self, wanted: SecretReference) -> str:
        which = {"VersionStage": wanted.stage, "VersionId": wanted.version}
        with _told(f"the secret {wanted.secret}"):
            client = self._client("secretsmanager", wanted.secret)
            answer = client.get_secret_value(
                SecretId=wanted.secret, **{key: value for key, value in which.items() if value}
            )
        if "SecretString" not in answer:
            raise OutsideSecretRefused(f"The secret {wanted.secret} of AWS is binary, which no variable can be.")
        return str(answer["SecretString"])

    def _client(self, service: str, name: str) -> Any:
        region = name.split(":")[3] if name.startswith(_ARN) and name.count(":") >= 5 else ""  # noqa: PLR2004  arn:aws:ssm:REGION:…
        return _session().client(service, region_name=region or self._region or None)


def _session() -> Any:
    """Its own for each call: sessions are not for several threads. Raises OutsideSecretRefused where the extra is not installed."""
    try:
        import boto3  # noqa: PLC0415  an extra
    except ImportError:
        raise OutsideSecretRefused(
            "The bot can't ask AWS: its extra `aws` is not installed (pip install 'penstock[aws]')."
        ) from None
    return boto3.Session()


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Raises OutsideSecretRefused for whatever AWS says, or keeps its client from asking."""
    try:
        yield
    except OutsideSecretRefused:
        raise
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("botocore", "boto3"):
            raise
        raise OutsideSecretRefused(f"AWS does not give the bot {what}: {_said(error)}") from None


def _said(error: Exception) -> str:
    """The code and message of AWS's answer, where there was one."""
    told = getattr(error, "response", {}).get("Error", {})
    return f"{told['Code']}: {told.get('Message', '')}".rstrip(": ") if told.get("Code") else str(error)
