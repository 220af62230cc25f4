"""Rate limits of hosts: how long to wait, and one pause for all callers while a limit lasts."""

import time

from bot.ports import HostUnavailable

LONGEST_WAIT = 3600.0
"""Limits of hosts are reset at least every hour; a reset farther off is a clock that is wrong."""


class RateLimited(HostUnavailable):
    """The host limits our rate: nothing at all is to be asked of it before `retry_after` seconds."""

    def __init__(self, host: str, wait: float) -> None:
        super().__init__(f"{host} limits our rate; it may be asked again in {wait:.0f} s", wait)


class Pause:
    """While our rate is limited nothing is sent: asking on makes a limit last longer."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._until = 0.0

    def check(self) -> None:
        """Raises RateLimited while the pause lasts."""
        wait = self._until - time.monotonic()
        if wait > 0:
            raise RateLimited(self._host, wait)

    def begin(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds


def seconds(text: str, otherwise: float, most: float = LONGEST_WAIT) -> float:
    """A header's number of seconds, at most `most`; `otherwise` where it is none."""
    return min(float(text), most) if text.isascii() and text.isdecimal() else otherwise
