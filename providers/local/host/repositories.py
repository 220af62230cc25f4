"""Repositories and who may do what in them. Functions of a connection; the bare repositories themselves are Git's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, bindparam, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model.people import Role
from providers.local.host.errors import Forbidden, Invalid, NotFound
from providers.local.host.people import LOGIN, User, the_user
from providers.local.host.schema import members, repositories, users

NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,100}(?<!\.git)(?<!\.)")
BRANCH = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]{1,200}")


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository as the host keeps it; the bot's own noun is `bot.model.repository.Repository`."""

    id: int
    full_name: str
    default_branch: str
    private: bool


def create(connection: Connection, full_name: str, default_branch: str, *, private: bool) -> Repo:
    owner, _, name = full_name.partition("/")
    if not LOGIN.fullmatch(owner) or not NAME.fullmatch(name):
        raise Invalid(
            "A repository is named owner/name, in letters, digits, dashes, and in its name dots and underscores."
        )
    if not is_branch_name(default_branch):
        raise Invalid(f"{default_branch!r} can't be a branch's name.")
    if _first(connection, _BY_NAME, {"full_name": full_name}) is not None:
        raise Invalid(f"There is a repository {full_name} already.")
    row = {"full_name": full_name, "default_branch": default_branch, "private": private}
    made = connection.execute(insert(repositories).values(row))
    return Repo(int(made.lastrowid), full_name, default_branch, private)


def is_branch_name(name: str) -> bool:
    """Git's rules (git-check-ref-format), as far as a name typed by a person can break them."""
    parts = name.split("/")
    return (
        BRANCH.fullmatch(name) is not None
        and ".." not in name
        and "@{" not in name
        and all(part and not part.startswith(".") and not part.endswith((".lock", ".")) for part in parts)
    )


def by_name(connection: Connection, full_name: str) -> Repo:
    found = _first(connection, _BY_NAME, {"full_name": full_name})
    if found is None:
        raise NotFound("There is no such repository.")
    return found


def by_id(connection: Connection, number: int) -> Repo:
    found = _first(connection, _BY_ID, {"number": number})
    if found is None:
        raise NotFound("There is no such repository.")
    return found


def everything(connection: Connection) -> list[Repo]:
    rows = connection.execute(_repositories().order_by(repositories.c.full_name))
    return [Repo(*row) for row in rows]


def visible(connection: Connection, user: User | None) -> list[Repo]:
    return [repo for repo in everything(connection) if role_of(connection, repo, user) >= Role.READ]


def set_members(connection: Connection, repo: Repo, roles: Mapping[str, Role]) -> None:
    """Give people these roles; Role.NONE takes it away. Others keep theirs."""
    for login, role in roles.items():
        row = {"repository_id": repo.id, "user_id": the_user(connection, login).id, "role": int(role)}
        statement = upsert(members).values(row).on_conflict_do_update(set_={"role": int(role)})
        connection.execute(statement)


def role_of(connection: Connection, repo: Repo, user: User | None) -> Role:
    floor = Role.NONE if repo.private else Role.READ
    if user is None:
        return floor
    if user.admin:
        return Role.ADMIN
    given = connection.execute(_ROLE, {"repo": repo.id, "user": user.id}).scalar()
    return max(floor, Role(given or 0))


def people_of(connection: Connection, repo: Repo) -> list[tuple[str, Role]]:
    query = (
        select(users.c.login, members.c.role)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.repository_id == repo.id, members.c.role > 0)
        .order_by(members.c.role.desc(), users.c.login)
    )
    return [(login, Role(role)) for login, role in connection.execute(query)]


def require(connection: Connection, repo: Repo, user: User | None, role: Role) -> None:
    """Raises NotFound when the user may not even see the repository, Forbidden when only this is too much."""
    has = role_of(connection, repo, user)
    if has < Role.READ:
        raise NotFound("There is no such repository.")
    if has < role:
        raise Forbidden(f"This needs the role {role.name.lower()} in {repo.full_name}.")


def _repositories() -> Select[int, str, str, bool]:
    columns = repositories.c
    return select(columns.id, columns.full_name, columns.default_branch, columns.private)


# Made once: to put a statement together takes longer than SQLite does, and almost every call begins with these.
_BY_NAME = _repositories().where(repositories.c.full_name == bindparam("full_name"))
_BY_ID = _repositories().where(repositories.c.id == bindparam("number"))
_ROLE = select(members.c.role).where(
    members.c.repository_id == bindparam("repo"), members.c.user_id == bindparam("user")
)


def _first(connection: Connection, query: Select[int, str, str, bool], values: Mapping[str, str | int]) -> Repo | None:
    row: Row[int, str, str, bool] | None = connection.execute(query, values).first()
    return None if row is None else Repo(*row)
