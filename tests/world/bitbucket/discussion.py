"""Comments of a fake Bitbucket: the rules of writing, editing and deleting that Cloud and Data Center share."""

from tests.world.bitbucket.api import Refused
from tests.world.bitbucket.nouns import Account, Comment, Hosted, Repository
from tests.world.bitbucket.teller import Teller

LONGEST = 32768
"""Characters. Cloud: "ensure this value has at most 32768 characters"; Data Center refuses as many already."""


class Discussion:
    def __init__(self, hosted: Hosted, teller: Teller) -> None:
        self._hosted = hosted
        self._teller = teller

    def write(
        self,
        repository: Repository,
        on: int | str,
        by: Account,
        text: str,
        parent: Comment | None = None,
        path: str = "",
    ) -> Comment:
        comment = Comment(next(self._hosted.ids), on, by, checked(text), self._hosted.now(), parent, path)
        repository.comments[comment.id] = comment
        self._teller.comment(repository, comment, by, "created")
        return comment

    def rewrite(self, repository: Repository, comment: Comment, by: Account, text: str) -> None:
        comment.text = checked(text)
        comment.version += 1
        self._teller.comment(repository, comment, by, "edited")

    def remove(self, repository: Repository, comment: Comment, by: Account) -> None:
        comment.deleted, comment.text = True, ""
        self._teller.comment(repository, comment, by, "deleted")

    def found(self, repository: Repository, on: int | str, number: int) -> Comment:
        comment = repository.comments.get(number)
        if comment is None or comment.on != on:
            raise Refused(404, f"Comment {number} does not exist.")
        return comment

    def listed(self, repository: Repository, on: int | str) -> list[Comment]:
        """Oldest first, deleted ones and replies included."""
        return [one for one in repository.comments.values() if one.on == on]


def checked(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Refused(400, "This field may not be blank.")
    if len(text) >= LONGEST:
        raise Refused(400, f"Ensure this value has less than {LONGEST} characters (it has {len(text)}).")
    return text
