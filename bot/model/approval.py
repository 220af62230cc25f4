"""The answers people give to a manual approval. What an approval asks for is `bot.model.pipeline.Approve`."""

from dataclasses import dataclass
from enum import StrEnum

from bot.model.people import Person


class Verdict(StrEnum):
    APPROVED = "Approved"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer. `words` is what they wrote behind the command, at most 512 characters (APR-3).

    `principals`: as what they gave it, where an approval is by code owners.
    """

    by: Person
    verdict: Verdict
    at: float
    words: str = ""
    principals: tuple[str, ...] = ()
