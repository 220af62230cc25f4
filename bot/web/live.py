"""Parts of a page sent again whenever what they show has changed, for as long as somebody looks. What changed is for others to know."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping

from bot.runtime.changes import Listener
from bot.web.streams import Stream

Parts = Callable[[], Awaitable[tuple[str, Mapping[str, str]]]]
"""Makes the parts of a page, by the id of the element that each replaces, and the version of what they show."""

SETTLE = 0.2
"""Seconds for which a live page lets changes gather before it is told."""


async def keep_telling(stream: Stream, listener: Listener, parts: Parts, told: str) -> None:
    """Send what differs from what was sent before, now and at every change."""
    sent: Mapping[str, str] = {}
    while True:
        version, made = await parts()
        if version != told:
            changed = {name: html for name, html in made.items() if sent.get(name) != html}
            await stream.send("parts", changed, id=version)
        sent, told = made, version
        await stream.until(listener.changed())
        await asyncio.sleep(SETTLE)


def version_of(*shown: object) -> str:
    """Changes when what is shown changes; that time passes is no change."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
