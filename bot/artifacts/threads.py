"""Blocking work beside the loop. What it does is for its callers to know."""

import asyncio
from collections.abc import Callable
from threading import Event
from typing import TypeVar

T = TypeVar("T")


class Cancelled(Exception):
    """The caller no longer waits. What was put remains, and is collected one day."""


async def in_thread(work: Callable[[Event], T]) -> T:
    """The work in a thread, told when nobody waits for it any more, and waited for even then: its folder is in use until it ends."""
    gone = Event()
    running = asyncio.get_running_loop().run_in_executor(None, work, gone)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        gone.set()
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # looked at, so that it is not reported as never retrieved
        raise
