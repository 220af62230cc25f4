"""The paths of an appspec: those of the bundle, which never leave it, and those of targets, which are absolute."""

import posixpath
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from bot.definition.document import quoted
from bot.definition.foreign import Text
from bot.definition.grammar.text import refuse


def _inside(value: str) -> str:
    r"""INS-1: `/` and `\` are the whole bundle; a slash in front means its root, as the agent reads it."""
    return "" if value in ("/", "\\") else _location(value)


def _location(value: str) -> str:
    if ".." in value.split("/"):
        raise refuse(f"{quoted(value)} leads out of the bundle.", "Write a path from the bundle's root, without `..`.")
    path = posixpath.normpath(value.lstrip("/")) if value.strip("/ ") else ""
    if path in ("", "."):
        raise refuse("It names no file of the bundle.", "Write a path from the bundle's root.")
    return path


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise refuse(f"{quoted(value)} is no absolute path.", "Begin it with `/`.")
    if ".." in value.split("/"):
        raise refuse(f"{quoted(value)} goes up with `..`.", "Write where it leads.")
    return "/" + posixpath.normpath(value).strip("/")


def _folder_or_root(value: str) -> str:
    """`.` and `./` are the root, too."""
    return _inside("/" if value in (".", "./") else value)


Inside: TypeAlias = Annotated[Text, AfterValidator(_folder_or_root)]
Location: TypeAlias = Annotated[Text, AfterValidator(_location)]
Absolute: TypeAlias = Annotated[Text, AfterValidator(_absolute)]
