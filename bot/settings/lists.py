"""Settings that hold several values, separated by spaces, some of them by name. A type each, whose description says how it is written."""

import re
from collections.abc import Callable, Collection
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from bot.settings.secret_forms import is_signing_token
from bot.settings.urls import not_insecure

_REPOSITORIES = re.compile(r"[^\s/=]+(/[^\s/=]+)+")

_REGION = re.compile(r"[A-Za-z0-9_-]{1,30}")

Check = Callable[[str], bool]


def words(right: Check, what: str) -> Callable[[object], object]:
    """Splits a text into words that all are right, or says `what` is."""

    def split(value: object) -> object:
        found = tuple(value.split()) if isinstance(value, str) else value
        if isinstance(found, tuple) and not all(map(right, found)):
            raise ValueError(f"must hold {what}")
        return found

    return split


def named(right: Check, what: str) -> Callable[[object], object]:
    """Splits a text into names with values that all are right, or says `what` is."""

    def split(value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        if not all(name and right(text) for name, _, text in pairs):
            raise ValueError(f"must hold {what}")
        return {name: SecretStr(text) for name, _, text in pairs}

    return split


def granted(value: object) -> object:
    """Pairs of patterns: who may, and what."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split()]
    if not all(_is_pattern(who) and what for who, _, what in pairs):
        raise ValueError(
            "must hold repositories with what they may use, such as github:acme/web=site or gitlab:acme/*=*"
        )
    return tuple((who, what) for who, _, what in pairs)


def by_repository(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split()]
    if not all(_REPOSITORIES.fullmatch(pattern) and secret for pattern, _, secret in pairs):
        raise ValueError("must hold repositories with their secrets, such as acme/web=… or acme/*=…")
    return tuple((pattern, SecretStr(secret)) for pattern, _, secret in pairs)


def secrets(value: object) -> object:
    return tuple(SecretStr(part) for part in value.split()) if isinstance(value, str) else value


def _signing_tokens(tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not all(is_signing_token(token.get_secret_value()) for token in tokens):
        raise ValueError("must be the signing token as GitLab shows it: whsec_ and a key in base64")
    return tokens


def _without_slashes(values: dict[str, SecretStr]) -> dict[str, SecretStr]:
    return {name: SecretStr(value.get_secret_value().rstrip("/")) for name, value in values.items()}


def _not_insecure(values: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
    for value in values.values():
        not_insecure(value.get_secret_value(), info)
    return values


def _regions(values: dict[str, SecretStr]) -> dict[str, SecretStr]:
    if wrong := [name for name in values if not is_region(name)]:
        raise ValueError(
            f"must name each region with letters, digits, - and _, 30 of them at most: {', '.join(wrong)} is none"
        )
    return values


def is_region(name: str) -> bool:
    """Whether a pipeline file can name it so."""
    return _REGION.fullmatch(name) is not None


def _url(schemes: Collection[str]) -> Check:
    def right(text: str) -> bool:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname)

    return right


def is_bucket(text: str) -> bool:
    """Whether it is an address of objects, without credentials before its host."""
    parts = urlsplit(text)
    return parts.scheme in ("s3", "gs", "az", "file") and not parts.username and not parts.password


def _is_range(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_person(text: str) -> bool:
    host, _, login = text.partition(":")
    return text == "contributors" or (bool(host and login) and "*" not in login)


def _is_pattern(text: str) -> bool:
    host, _, name = text.partition(":")
    return bool(host) and "/" in name


_WEB = _url(("http", "https"))

Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(secrets)]
"""Several values, for rotation."""

RepositorySecrets = Annotated[tuple[tuple[str, SecretStr], ...], NoDecode, BeforeValidator(by_repository)]
"""Secrets of some repositories, by the pattern of their names, several of one pattern for rotation: `acme/web=… acme/*=…`."""

SigningTokens = Annotated[Secrets, AfterValidator(_signing_tokens)]

Ranges = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(words(_is_range, "addresses or ranges of them, such as 10.0.0.0/8 or 127.0.0.1")),
]
"""Ranges of addresses: `10.0.0.0/8 127.0.0.1`."""

People = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(
        words(_is_person, "people or bots with their hosts, such as github:dependabot[bot], or contributors")
    ),
]
"""People and bots by their hosts, and `contributors`: `github:dependabot[bot] contributors`."""

Patterns = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(words(_is_pattern, "repositories with their hosts, such as github:acme/docs or gitlab:acme/*")),
]
"""Patterns of repositories by their hosts: `github:acme/docs gitlab:acme/*`."""

Grants = Annotated[tuple[tuple[str, str], ...], NoDecode, BeforeValidator(granted)]
"""Patterns of repositories by their hosts, each with a pattern of what they may use: `github:acme/web=site gitlab:acme/*=*`."""

Addresses = Annotated[
    dict[str, SecretStr],
    NoDecode,
    BeforeValidator(named(_WEB, "names with http or https URLs, such as gate=https://gate.example.org/holds")),
    AfterValidator(_without_slashes),
]
"""Addresses by name: `gate=https://gate.example.org/holds`."""

Values = Annotated[
    dict[str, SecretStr],
    NoDecode,
    BeforeValidator(named(bool, "names with values, such as team=slack://TokenA/TokenB/TokenC")),
]
"""Values by name: `team=slack://… ops=mailtos://…`. What they are worth is seen where they are used."""

Buckets = Annotated[
    dict[str, SecretStr],
    NoDecode,
    BeforeValidator(named(is_bucket, "names with s3, gs, az or file URLs, such as assets=s3://acme-assets")),
]
"""Buckets by name: `assets=s3://acme-assets?region=eu-west-1`."""

RegionalStores = Annotated[
    dict[str, SecretStr],
    NoDecode,
    BeforeValidator(named(is_bucket, "regions with s3, gs, az or file URLs, such as eu-west-1=s3://acme-eu")),
    AfterValidator(_regions),
]
"""Artifact stores by region: `eu-west-1=s3://acme-eu?region=eu-west-1`."""

Registries = Annotated[
    dict[str, SecretStr],
    NoDecode,
    BeforeValidator(named(_WEB, "names with http or https URLs, such as main=https://registry.example.org")),
    AfterValidator(_not_insecure),
]
"""Registries by name: `main=https://user:password@registry.example.org`."""
