"""`parameter-store` and `secrets-manager`: their values come from the pipeline's secrets (ENV-4, ENV-5, ENV-10).

An entry takes the secret that has the name it asks for, or else the one named like the variable. Whatever comes of it is masked in logs.
"""

import json
from collections.abc import Iterator, Mapping

from bot.model.buildspec import Environment, SecretReference


class NotStored(Exception):
    """Something that the buildspec asks for is not to be had; the text has all of it, with the remedy."""


def stored(env: Environment, secrets: Mapping[str, str], *, kept_from: bool) -> dict[str, str]:
    """The variables that the entries set. `secrets` are the pipeline's, opened; `kept_from`: this execution is given none of
    them, though there are some. Raises NotStored.
    """
    values: dict[str, str] = {}
    missing: list[str] = []
    for name, wanted in _wanted(env):
        try:
            values[name] = _value(name, wanted, secrets)
        except LookupError as error:
            missing.append(str(error.args[0]))
    if missing and kept_from:
        raise NotStored(f"{' '.join(missing)} Changes from outside are given no secrets.")
    if missing:
        raise NotStored(" ".join(missing))
    return values


def _wanted(env: Environment) -> Iterator[tuple[str, SecretReference]]:
    for name, parameter in env.parameters.items():
        yield name, SecretReference(parameter)
    yield from env.secrets.items()


def _value(name: str, wanted: SecretReference, secrets: Mapping[str, str]) -> str:
    if wanted.secret in secrets:
        return _member(secrets[wanted.secret], wanted, name)
    if name not in secrets:
        remedy = f"Seal its value with `penstock seal {name}`, and put it under `secrets:` of the pipeline file."
        raise LookupError(f"{name} is to be {wanted.secret}, and the pipeline has no secret {name}. {remedy}")
    value = secrets[name]
    return _member(value, wanted, name) if value.lstrip().startswith("{") else value


def _member(value: str, wanted: SecretReference, name: str) -> str:
    if not wanted.key:
        return value
    try:
        found = json.loads(value)
        member = found[wanted.key]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LookupError(f"The secret for {name} is no JSON text with a key {wanted.key}.") from None
    return member if isinstance(member, str) else json.dumps(member)
