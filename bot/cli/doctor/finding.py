"""What `penstock doctor` finds, one thing at a time."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` is "" when all is well."""

    level: Literal["good", "warning", "bad"]
    what: str
    remedy: str = ""
