"""Rate limits of hosts: how long to wait. That nothing is asked meanwhile is the breaker's affair."""

from bot.ports import HostUnavailable

LONGEST_WAIT = 3600.0
"""Limits of hosts are reset at least every hour; a reset farther off is a clock that is wrong."""


LIMITS = "limits how often it is asked"


class RateLimited(HostUnavailable):
    """The host limits our rate: nothing at all is to be asked of it before `retry_after` seconds."""

    def __init__(self, host: str, wait: float) -> None:
        super().__init__(f"{host} limits our rate; it may be asked again in {wait:.0f} s", wait, host=host, does=LIMITS)


def seconds(text: str, otherwise: float, most: float = LONGEST_WAIT) -> float:
    """A header's number of seconds, at most `most`; `otherwise` where it is none."""
    return min(float(text), most) if text.isascii() and text.isdecimal() else otherwise
