"""The secrets of single repositories beside a host's general ones: which of them all it was that signed."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bot.model.host_secret import HostSecret

Further: TypeAlias = Callable[[], Sequence[HostSecret]]
"""Those that count now."""


def general(secrets: Sequence[str]) -> tuple[bytes, ...]:
    """Those that are good for every repository. An empty one is none: anybody could sign with it."""
    return tuple(secret.encode() for secret in secrets if secret)


def every(secrets: Sequence[bytes], further: Sequence[HostSecret]) -> list[bytes]:
    """The general ones, then the others: `good_for` knows them by their numbers."""
    return [*secrets, *(one.value.encode() for one in further)]


def good_for(number: int, secrets: Sequence[bytes], further: Sequence[HostSecret]) -> str:
    """Whose deliveries the secret of that number is good for: the general ones come first, and are good for all."""
    return further[number - len(secrets)].good_for if number >= len(secrets) else ""
