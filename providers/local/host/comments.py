"""Comments on pull requests and commits, and reactions to them, as rows. Who may write is asked before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model.host_event import Thread, ThreadKind
from providers.local.host.errors import Invalid, NotFound
from providers.local.host.people import User
from providers.local.host.repositories import Repo
from providers.local.host.schema import comments, reactions, users

BODY_LIMIT = 65_536
PAGE = 100
REACTIONS: Mapping[str, str] = {
    "+1": "👍",
    "-1": "👎",
    "eyes": "👀",
    "confused": "😕",
    "heart": "❤️",
    "hooray": "🎉",
    "rocket": "🚀",
    "laugh": "😄",
}


@dataclass(frozen=True, slots=True)
class CommentRecord:
    """`reactions` maps a content ("+1") to the logins of those who gave it."""

    id: int
    thread: Thread
    author: User
    body: str
    created_at: float
    edited_at: float | None
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def add(connection: Connection, repo: Repo, thread: Thread, by: User, body: str, at: float) -> CommentRecord:
    row = {
        "repository_id": repo.id,
        "thread_kind": thread.kind.value,
        "thread_name": thread.name,
        "author_id": by.id,
        "body": _checked(body),
        "created_at": at,
    }
    made = connection.execute(insert(comments).values(row))
    return get(connection, repo, int(made.lastrowid))


def get(connection: Connection, repo: Repo, number: int) -> CommentRecord:
    found = _read(connection, _comments(repo).where(comments.c.id == number)) if number < 1 << 63 else []
    if not found:
        raise NotFound("There is no such comment.")
    return found[0]


def edit(connection: Connection, repo: Repo, number: int, body: str, at: float) -> CommentRecord:
    one = (comments.c.repository_id == repo.id) & (comments.c.id == number)
    connection.execute(update(comments).where(one).values(body=_checked(body), edited_at=at))
    return get(connection, repo, number)


def remove(connection: Connection, repo: Repo, number: int) -> None:
    get(connection, repo, number)
    connection.execute(delete(comments).where(comments.c.repository_id == repo.id, comments.c.id == number))


def react(connection: Connection, repo: Repo, number: int, by: User, content: str) -> None:
    """Harmless when it is there already."""
    if content not in REACTIONS:
        raise Invalid(f"A reaction is one of {', '.join(REACTIONS)}.")
    get(connection, repo, number)
    row = {"comment_id": number, "user_id": by.id, "content": content}
    connection.execute(upsert(reactions).values(row).on_conflict_do_nothing())


def marked(connection: Connection, repo: Repo, thread: Thread, by: User, marker: str) -> CommentRecord | None:
    """The first comment of `by` in the thread that holds the marker."""
    query = _thread(repo, thread).where(comments.c.author_id == by.id, func.instr(comments.c.body, marker) > 0)
    found = _read(connection, query.order_by(comments.c.id).limit(1))
    return found[0] if found else None


def page(connection: Connection, repo: Repo, thread: Thread, before: int | None = None) -> list[CommentRecord]:
    """The newest PAGE comments (older than the one with the id `before`), oldest first."""
    query = _thread(repo, thread)
    if before is not None:
        query = query.where(comments.c.id < before)
    return _read(connection, query.order_by(comments.c.id.desc()).limit(PAGE))[::-1]


def everything(connection: Connection, repo: Repo, thread: Thread) -> list[CommentRecord]:
    return _read(connection, _thread(repo, thread).order_by(comments.c.id))


def _checked(body: str) -> str:
    body = body.replace("\0", "").replace("\r\n", "\n").encode("utf-8", "replace").decode()
    if not body.strip():
        raise Invalid("A comment needs some words.")
    if len(body) > BODY_LIMIT:
        raise Invalid(f"A comment has at most {BODY_LIMIT} characters.")
    return body


def _comments(repo: Repo) -> Select[*tuple[Any, ...]]:
    return (
        select(comments, users.c.id, users.c.login, users.c.admin, users.c.bot)
        .join(users, users.c.id == comments.c.author_id)
        .where(comments.c.repository_id == repo.id)
    )


def _thread(repo: Repo, thread: Thread) -> Select[*tuple[Any, ...]]:
    return _comments(repo).where(comments.c.thread_kind == thread.kind.value, comments.c.thread_name == thread.name)


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[CommentRecord]:
    rows = [row._mapping for row in connection.execute(query)]  # noqa: SLF001  SQLAlchemy's public way to columns
    given = _reactions(connection, [row[comments.c.id] for row in rows])
    return [
        CommentRecord(
            id=row[comments.c.id],
            thread=Thread(ThreadKind(row[comments.c.thread_kind]), row[comments.c.thread_name]),
            author=User(row[users.c.id], row[users.c.login], row[users.c.admin], row[users.c.bot]),
            body=row[comments.c.body],
            created_at=row[comments.c.created_at],
            edited_at=row[comments.c.edited_at],
            reactions=given.get(row[comments.c.id], {}),
        )
        for row in rows
    ]


def _reactions(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, tuple[str, ...]]]:
    query = (
        select(reactions.c.comment_id, reactions.c.content, users.c.login)
        .join(users, users.c.id == reactions.c.user_id)
        .where(reactions.c.comment_id.in_(numbers))
        .order_by(reactions.c.content, users.c.login)
    )
    given: dict[int, dict[str, tuple[str, ...]]] = {}
    for number, content, login in connection.execute(query) if numbers else ():
        of_comment = given.setdefault(number, {})
        of_comment[content] = (*of_comment.get(content, ()), login)
    return given
