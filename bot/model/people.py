"""Who does something on a host, and what the host lets them do. Policy (who may do what here) is in `bot.security`."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What the host lets somebody do in one repository; a higher role includes the lower ones."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a host. `id` identifies them, `login` is how people write them. Bots and apps are not people."""

    login: str
    id: str = ""
    bot: bool = False
