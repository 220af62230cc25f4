"""The master keys that there were: kept, wrapped with the present one, since secrets have been sealed to them.

What is sealed stands in pipeline files of any age, where the bot can't seal it anew; so what opens it has to stay. It is
for opening only: everything new is sealed to what follows from the present master key.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.ports import SealingKey


class Wrapping(Protocol):
    """Wraps keys with the newest master key, and unwraps with any that is set."""

    def wrap(self, key: bytes, name: str) -> bytes:
        """`name` is where it is kept: unwrapped as something else it does not open."""

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Raises an exception of its own when the master key that has wrapped it is not set."""

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the newest has wrapped it."""

    def names(self) -> Sequence[str]:
        """The master keys' fingerprints, in their order; they tell nothing of the keys."""


def to_write(kept: Sequence[SealingKey], masters: Sequence[bytes], wrapping: Wrapping) -> list[SealingKey]:
    """What has to be written so that nothing sealed needs any but the newest of the master keys. Done again, it is nothing."""
    known = {one.name for one in kept}
    last = max((one.place for one in kept), default=0)
    stale = [(one.name, one.place, unwrapped(one, wrapping)) for one in kept if not wrapping.is_current(one.wrapped)]
    older = list(zip(wrapping.names(), masters, strict=True))[:0:-1]
    fresh = [(name, key) for name, key in older if name not in known]
    added = [(name, last + number, key) for number, (name, key) in enumerate(fresh, 1)]
    return [SealingKey(name, place, wrapping.wrap(key, _where(name))) for name, place, key in (*stale, *added)]


def unwrapped(one: SealingKey, wrapping: Wrapping) -> bytes:
    return wrapping.unwrap(one.wrapped, _where(one.name))


def _where(name: str) -> str:
    return f"sealing-keys/{name}"
