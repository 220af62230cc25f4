"""Pull requests as rows: opened, moved to a new head, closed, reopened, merged. Git's part and the webhooks are elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from providers.local.host.errors import Invalid, NotFound
from providers.local.host.people import User
from providers.local.host.repositories import Repo
from providers.local.host.schema import pull_requests, users

State = Literal["open", "closed", "merged"]
TITLE_LIMIT = 255


@dataclass(frozen=True, slots=True)
class PullRequestRecord:
    """`base` is the target's head when it was opened or merged: what its commits are counted from."""

    number: int
    title: str
    author: User
    source_branch: str
    target_branch: str
    base: str
    head: str
    state: State
    created_at: float
    closed_at: float | None

    @property
    def open(self) -> bool:
        return self.state == "open"


def add(
    connection: Connection, repo: Repo, by: User, source: str, target: str, base: str, head: str, title: str, at: float
) -> PullRequestRecord:
    title = " ".join(title.split())
    if not title or len(title) > TITLE_LIMIT:
        raise Invalid(f"A pull request needs a title of at most {TITLE_LIMIT} characters.")
    if source == target:
        raise Invalid("A pull request joins two different branches.")
    if (same := open_between(connection, repo, source, target)) is not None:
        raise Invalid(f"Pull request #{same.number} joins these branches already.")
    newest = select(func.max(pull_requests.c.number)).where(pull_requests.c.repository_id == repo.id)
    number = (connection.execute(newest).scalar() or 0) + 1
    row = {
        "repository_id": repo.id,
        "number": number,
        "title": title,
        "author_id": by.id,
        "source_branch": source,
        "target_branch": target,
        "base": base,
        "head": head,
        "state": "open",
        "created_at": at,
    }
    connection.execute(insert(pull_requests).values(row))
    return get(connection, repo, number)


def get(connection: Connection, repo: Repo, number: int) -> PullRequestRecord:
    row = None
    if number < 1 << 63:
        row = connection.execute(_of(repo).where(pull_requests.c.number == number)).first()
    if row is None:
        raise NotFound(f"There is no pull request #{number} in {repo.full_name}.")
    return _record(row)


def listing(connection: Connection, repo: Repo, count: int = 100) -> list[PullRequestRecord]:
    """The newest, open ones first."""
    order = (pull_requests.c.state != "open", pull_requests.c.number.desc())
    return [_record(row) for row in connection.execute(_of(repo).order_by(*order).limit(count))]


def all_open(connection: Connection, repo: Repo) -> list[PullRequestRecord]:
    query = _of(repo).where(pull_requests.c.state == "open").order_by(pull_requests.c.number)
    return [_record(row) for row in connection.execute(query)]


def open_from(connection: Connection, repo: Repo, source: str) -> list[PullRequestRecord]:
    query = _of(repo).where(pull_requests.c.state == "open", pull_requests.c.source_branch == source)
    return [_record(row) for row in connection.execute(query.order_by(pull_requests.c.number))]


def has_merged(connection: Connection, repo: Repo, author: str) -> bool:
    """Whether one of that person's, by their id, was merged."""
    query = _of(repo).where(pull_requests.c.state == "merged").order_by(pull_requests.c.number)
    return any(str(_record(row).author.id) == author for row in connection.execute(query))


def with_head(connection: Connection, repo: Repo, heads: Sequence[str]) -> list[PullRequestRecord]:
    """Those whose head is one of these, the newest first."""
    query = _of(repo).where(pull_requests.c.head.in_(heads)).order_by(pull_requests.c.number.desc())
    return [_record(row) for row in connection.execute(query)]


def open_into(connection: Connection, repo: Repo, target: str) -> list[PullRequestRecord]:
    query = _of(repo).where(pull_requests.c.state == "open", pull_requests.c.target_branch == target)
    return [_record(row) for row in connection.execute(query.order_by(pull_requests.c.number))]


def open_between(connection: Connection, repo: Repo, source: str, target: str) -> PullRequestRecord | None:
    same = [one for one in open_from(connection, repo, source) if one.target_branch == target]
    return same[0] if same else None


def move(connection: Connection, repo: Repo, number: int, head: str) -> PullRequestRecord:
    _set(connection, repo, number, head=head)
    return get(connection, repo, number)


def retitle(connection: Connection, repo: Repo, number: int, title: str) -> None:
    _set(connection, repo, number, title=" ".join(title.split()))


def close(
    connection: Connection, repo: Repo, number: int, by: User, at: float, *, state: State = "closed"
) -> PullRequestRecord:
    if not get(connection, repo, number).open:
        raise Invalid(f"Pull request #{number} is closed already.")
    _set(connection, repo, number, state=state, closed_at=at, closed_by_id=by.id)
    return get(connection, repo, number)


def reopen(connection: Connection, repo: Repo, number: int, head: str) -> PullRequestRecord:
    one = get(connection, repo, number)
    if one.state != "closed":
        raise Invalid(f"Pull request #{number} is {one.state}: only a closed one can be opened again.")
    if (same := open_between(connection, repo, one.source_branch, one.target_branch)) is not None:
        raise Invalid(f"Pull request #{same.number} joins these branches already.")
    _set(connection, repo, number, state="open", closed_at=None, closed_by_id=None, head=head)
    return get(connection, repo, number)


def _set(connection: Connection, repo: Repo, number: int, **values: object) -> None:
    one = (pull_requests.c.repository_id == repo.id) & (pull_requests.c.number == number)
    connection.execute(update(pull_requests).where(one).values(**values))


Columns = tuple[int, str, str, str, str, str, State, float, float | None, int, str, bool, bool]


def _of(repo: Repo) -> Select[*Columns]:
    one, by = pull_requests.c, users.c
    return (
        select(
            one.number,
            one.title,
            one.source_branch,
            one.target_branch,
            one.base,
            one.head,
            one.state,
            one.created_at,
            one.closed_at,
            by.id,
            by.login,
            by.admin,
            by.bot,
        )
        .join(users, users.c.id == pull_requests.c.author_id)
        .where(pull_requests.c.repository_id == repo.id)
    )


def _record(row: Row[*Columns]) -> PullRequestRecord:
    number, title, source, target, base, head, state, created_at, closed_at, user, login, admin, bot = row
    author = User(user, login, admin, bot)
    return PullRequestRecord(number, title, author, source, target, base, head, state, created_at, closed_at)
