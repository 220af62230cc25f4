"""What the embedded host refuses, and what fails in it, as the ports' errors; and its ids."""

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.ports import HostRefused, HostUnavailable
from providers.local.host.errors import HostError
from providers.local.host.git import GitFailed

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def in_our_words(
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    @functools.wraps(method)
    async def called(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(self, *args, **kwargs)
        except HostError as error:
            raise HostRefused(str(error)) from error
        except (SQLAlchemyError, GitFailed, OSError) as error:
            raise HostUnavailable(f"The embedded host failed: {type(error).__name__}") from error

    return called


def number_in(text: str) -> int | None:
    """An id of the host's; None for what can't be one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < len(str(1 << 63)) else 0
    return number or None
