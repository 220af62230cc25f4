"""The secrets of single repositories beside a host's general ones: which of them all it was that signed."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bot.model.host_secret import HostSecret

Further: TypeAlias = Callable[[], Sequence[HostSecret]]
"""Those that count now."""


def good_for(number: int, general: Sequence[bytes], further: Sequence[HostSecret]) -> str:
    """Whose deliveries the secret of that number is good for: the general ones come first, and are good for all."""
    return further[number - len(general)].good_for if number >= len(general) else ""
