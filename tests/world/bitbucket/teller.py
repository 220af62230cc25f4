"""What a fake Bitbucket tells its webhooks of; Cloud and Data Center each in their own payloads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tests.world.bitbucket.nouns import Account, Comment, PullRequest, Repository

PullRequestNews = Literal[
    "opened", "updated", "edited", "retargeted", "made_ready", "declined", "merged", "reopened", "deleted"
]
CommentNews = Literal["created", "edited", "deleted"]


@dataclass(frozen=True)
class RefChange:
    """A ref as Git names it, and the objects that it named before and names now."""

    ref: str
    before: str | None
    after: str | None


class Teller(Protocol):
    async def pushed(self, repository: Repository, by: Account, changes: Sequence[RefChange]) -> None: ...

    def pull_request(
        self, repository: Repository, pull: PullRequest, by: Account, news: PullRequestNews, was: str = ""
    ) -> None:
        """`was` is the target branch before a new one was chosen, or the head's commit before it moved."""

    def repository(self, repository: Repository, by: Account, was: str) -> None:
        """It has another name than `was`."""

    def comment(self, repository: Repository, comment: Comment, by: Account, news: CommentNews) -> None: ...
