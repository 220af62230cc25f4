"""`parameter-store` and `secrets-manager`: their values come from the pipeline's secrets, or from AWS where the operator lets them (ENV-4, ENV-5, ENV-10).

An entry takes the pipeline's secret that has the name it asks for, or else the one named like the variable; what is left is asked of AWS. Whatever comes of it is
masked in logs.
"""

import json
from collections.abc import Mapping

from bot.model.buildspec import Environment, SecretReference
from bot.model.execution import Execution
from bot.ports import OutsideSecretRefused, OutsideSecrets


class NotStored(Exception):
    """Something that the buildspec asks for is not to be had; the text has all of it, with the remedy."""


class StoredValues:
    """`outside` is asked for what the pipeline's own secrets do not have; None where the bot asks nobody."""

    def __init__(self, outside: OutsideSecrets | None) -> None:
        self._outside = outside

    async def of(self, env: Environment, secrets: Mapping[str, str], execution: Execution) -> dict[str, str]:
        """The variables that the entries set. `secrets` are the pipeline's, opened. Raises NotStored."""
        values: dict[str, str] = {}
        problems: list[str] = []
        left: dict[str, SecretReference] = {}
        parameters = {name: SecretReference(each) for name, each in env.parameters.items()}
        for name, wanted in {**parameters, **env.secrets}.items():
            try:
                found = _own(name, wanted, secrets)
            except LookupError as error:
                problems.append(str(error.args[0]))
                continue
            if found is None:
                left[name] = wanted
            else:
                values[name] = found
        asked = {name: wanted for name, wanted in left.items() if self._may_ask(execution, wanted)}
        problems += [_missing(name, wanted) for name, wanted in left.items() if name not in asked]
        if problems:
            kept = " Changes from outside are given no secrets."
            raise NotStored(f"{' '.join(problems)}{'' if execution.may_have_secrets else kept}")
        try:
            return values | await self._ask(env, asked)
        except OutsideSecretRefused as refused:
            raise NotStored(str(refused)) from None

    def _may_ask(self, execution: Execution, wanted: SecretReference) -> bool:
        outside = self._outside
        return (
            outside is not None
            and execution.may_have_secrets
            and outside.may_read(execution.lane.repository, wanted.secret)
        )

    async def _ask(self, env: Environment, asked: Mapping[str, SecretReference]) -> dict[str, str]:
        """Raises OutsideSecretRefused, NotStored."""
        if self._outside is None:
            return {}
        parameters = [name for name in asked if name in env.parameters]
        texts = await self._outside.parameters([asked[name].secret for name in parameters])
        values = dict(zip(parameters, texts, strict=True))
        for name, wanted in asked.items():
            if name not in env.parameters:
                try:
                    values[name] = _member(await self._outside.secret(wanted), wanted, name)
                except LookupError as error:
                    raise NotStored(str(error.args[0])) from None
        return values


def _own(name: str, wanted: SecretReference, secrets: Mapping[str, str]) -> str | None:
    """What the pipeline's secrets have; None for nothing. Raises LookupError for a secret that has not the member asked for."""
    if wanted.secret in secrets:
        return _member(secrets[wanted.secret], wanted, name)
    if name not in secrets:
        return None
    value = secrets[name]
    return _member(value, wanted, name) if value.lstrip().startswith("{") else value


def _missing(name: str, wanted: SecretReference) -> str:
    remedy = f"Seal its value with `penstock seal {name}`, and put it under `secrets:` of the pipeline file"
    aws = "or let whoever operates the bot have it read from AWS (PENSTOCK_AWS_SECRETS)."
    return f"{name} is to be {wanted.secret}, and the pipeline has no secret {name}. {remedy}, {aws}"


def _member(value: str, wanted: SecretReference, name: str) -> str:
    if not wanted.key:
        return value
    try:
        found = json.loads(value)
        member = found[wanted.key]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LookupError(f"The secret for {name} is no JSON text with a key {wanted.key}.") from None
    return member if isinstance(member, str) else json.dumps(member)
