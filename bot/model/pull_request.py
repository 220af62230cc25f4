"""A pull request (a merge request on GitLab) as far as Penstock needs to know it."""

from dataclasses import dataclass

from bot.model.people import Person


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`head` is the newest commit of the source branch, `base` the target branch's as the event told it ("" when it did not). `same_repository` is false for a fork, `labels` are by name (none on a host that has no labels)."""

    number: int
    head: str
    source_branch: str
    target_branch: str
    base: str = ""
    title: str = ""
    author: Person | None = None
    open: bool = True
    merged: bool = False
    draft: bool = False
    same_repository: bool = True
    labels: tuple[str, ...] = ()
