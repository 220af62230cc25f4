"""Who owns what a revision changes, as an approval by code owners has found it when it began. How it is found: `bot.owners`."""

from dataclasses import dataclass

CODEOWNERS = "codeowners"
"""The entry of a `by:` list that stands for the owners of the files that have changed."""


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """Files with the same owners: `needed` of them have to approve.

    `owners` are entries as a `by:` list has them (`user:ada`, `team:acme/core`), `patterns` the lines of the file that name them.
    """

    owners: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    needed: int = 1


@dataclass(frozen=True, slots=True)
class Owners:
    """No `groups`: nobody owns what has changed. `problem`: why it can't be known yet, and what mends that; then nobody may answer.

    `passed_over` tells the lines of the file that can't be read. `looks` counts how often it was looked for.
    """

    groups: tuple[OwnerGroup, ...] = ()
    problem: str = ""
    passed_over: tuple[str, ...] = ()
    looks: int = 1
