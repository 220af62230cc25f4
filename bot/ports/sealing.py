"""What stays of a master key once another has taken its place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealingKey:
    """`name` is the old key's fingerprint, `wrapped` the key itself, wrapped with a newer one. `place`: 1 was the first there was."""

    name: str
    place: int
    wrapped: bytes
