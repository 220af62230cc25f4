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
    """Somebody on a host. `id` identifies them, `login` is how people write them. Bots and apps are not people.

    `names` are what a pipeline file calls them by on a host where anybody may take any `login`; elsewhere the login does.
    """

    login: str
    id: str = ""
    bot: bool = False
    names: tuple[str, ...] = ()

    def is_called(self, name: str) -> bool:
        """Whether a pipeline file that says `user:<name>` means them."""
        return name.casefold() in {known.casefold() for known in self.names or (self.login,)}
