"""A webhook delivery as it is kept: the verified bytes and the headers that are needed to read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

GOOD_FOR = "penstock-good-for"
"""A header of ours: whose deliveries the secret was good for that signed this one (`host_secret`). Not there: every repository's."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """`id` is the host's delivery id, unique per provider. `headers` are lower-cased and hold no signature or secret."""

    provider: str
    id: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    @property
    def key(self) -> str:
        return f"{self.provider}:{self.id}"


class DeliveryOutcome(StrEnum):
    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"
