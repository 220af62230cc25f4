"""How names, folders and repositories are written in the targets file, wherever they stand there."""

from typing import Annotated

from pydantic import AfterValidator, Field

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


def _absolute(path: str) -> str:
    if path and (not path.startswith("/") or ".." in path.split("/")):
        raise ValueError("must be an absolute path without `..`")
    return path.rstrip("/")


def _pattern(pattern: str) -> str:
    host, colon, name = pattern.partition(":")
    if not (host and colon and "/" in name):
        raise ValueError("must hold repositories with their hosts, such as github:acme/web or gitlab:acme/*")
    return pattern


Folder = Annotated[str, AfterValidator(_absolute)]
Pattern = Annotated[str, AfterValidator(_pattern)]
