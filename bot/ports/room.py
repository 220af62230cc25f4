"""When a device of this machine is full: the user is told so, and what can wait is tried again when there is room.

What is not here: how much is kept, and for how long, which is retention's.
"""

import errno

_FULL = frozenset([errno.ENOSPC, errno.EDQUOT])


class NoSpace(Exception):
    """The device that holds something of the bot's has no room left, or the quota is used up. The text is safe to show."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no space left on the device that holds {what}")


def is_full(error: OSError) -> bool:
    return error.errno in _FULL


def no_space(error: Exception, what: str) -> NoSpace | None:
    """What the error comes to, if it is of that kind; `what` is where the bot was writing when the error does not say."""
    if isinstance(error, NoSpace):
        return error
    return NoSpace(what) if isinstance(error, OSError) and is_full(error) else None
