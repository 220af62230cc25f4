"""A revision: the commit an execution runs, and where it came from."""

from dataclasses import dataclass

from bot.model.people import Person
from bot.model.repository import Ref


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit as the event named it.

    `branch` is the branch it was pushed to, or a pull request's source branch; `target_branch` and `pull_request` are
    set for pull requests only. `author` is who wrote the change as the host knows them: the pull request's author, or
    who pushed. `pushed_by` is who brought a pull request to this commit, where it is known: not always its author. `message` is the commit's whole message; `authored_at` its author date, ISO 8601, as Git tells it.
    """

    commit: str
    ref: Ref
    branch: str = ""
    tag: str = ""
    pull_request: int | None = None
    target_branch: str = ""
    author: Person | None = None
    message: str = ""
    authored_at: str = ""
    pushed_by: Person | None = None

    @property
    def short(self) -> str:
        return self.commit[:7]

    @property
    def summary(self) -> str:
        return self.message.split("\n", 1)[0].strip()
