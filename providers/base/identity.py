"""Ids of hosts on their way into an address."""

from bot.ports import HostRefused


def number_of(text: str, host: str) -> int:
    """An id or a number of that host's. Raises HostRefused for what cannot be one, before it becomes part of an address."""
    if not (text.isascii() and text.isdecimal()):
        raise HostRefused(f"{text[:40]!r} is no id of {host}'s")
    return int(text)
