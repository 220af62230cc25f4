"""`run-as`: as whom commands may run (PHS-6). Builds share the bot's own user, so no other can be had."""

import os
import pwd
from collections.abc import Sequence


class UserRefused(Exception):
    """Commands are to run as somebody that the bot can't make them run as; the text has the remedy."""


def check_users(names: Sequence[str]) -> None:
    """Raises UserRefused for anybody but the bot's own user; "" asks for nobody."""
    own = _own()
    for name in names:
        if name and name != own:
            remedy = f"Remove `run-as`, or run the bot as {name}."
            raise UserRefused(f"run-as {name}: builds run as {own} here, as the bot itself does. {remedy}")


def _own() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
