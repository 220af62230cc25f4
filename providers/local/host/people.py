"""The host's people: users, their tokens and sessions, teams. Functions of a connection; roles are with repositories."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, Select, and_, delete, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from providers.local.host.errors import Invalid, NotFound
from providers.local.host.schema import team_members, tokens, users

LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?")
TOKEN_PREFIX = "pst_"  # noqa: S105  so that a leaked one is recognised
BOT = "penstock"

Purpose = Literal["access", "session", "sign_in"]


@dataclass(frozen=True, slots=True)
class User:
    id: int
    login: str
    admin: bool
    bot: bool


def add_user(connection: Connection, login: str, *, admin: bool = False, bot: bool = False) -> User:
    if not LOGIN.fullmatch(login):
        raise Invalid("A login has 1 to 39 letters, digits and dashes, and neither begins nor ends with a dash.")
    if find_user(connection, login) is not None:
        raise Invalid(f"There is a user {login} already.")
    made = connection.execute(insert(users).values(login=login, admin=admin, bot=bot))
    return User(int(made.lastrowid), login, admin, bot)


def find_user(connection: Connection, login: str) -> User | None:
    return _user(connection.execute(_users().where(users.c.login == login)).first())


def user_by_id(connection: Connection, number: int) -> User | None:
    return _user(connection.execute(_users().where(users.c.id == number)).first())


def issue_token(connection: Connection, user: User, purpose: Purpose, expires_at: float | None = None) -> str:
    """A new secret of 256 random bits; only its digest is kept, which needs no salt at that strength."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = {"digest": digest(token), "user_id": user.id, "purpose": purpose, "expires_at": expires_at}
    connection.execute(insert(tokens).values(row))
    return token


def user_of_token(connection: Connection, token: str, purpose: Purpose, now: float) -> User | None:
    valid = and_(
        tokens.c.digest == digest(token),
        tokens.c.purpose == purpose,
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now),
    )
    return _user(connection.execute(_users().join(tokens, tokens.c.user_id == users.c.id).where(valid)).first())


def revoke_token(connection: Connection, token: str) -> None:
    connection.execute(delete(tokens).where(tokens.c.digest == digest(token)))


def drop_expired(connection: Connection, now: float) -> None:
    connection.execute(delete(tokens).where(tokens.c.expires_at <= now))


def add_to_team(connection: Connection, team: str, user: User) -> None:
    owner, _, name = team.partition("/")
    if not LOGIN.fullmatch(owner) or not LOGIN.fullmatch(name):
        raise Invalid("A team is named owner/team, in letters, digits and dashes.")
    connection.execute(upsert(team_members).values(team=team, user_id=user.id).on_conflict_do_nothing())


def in_team(connection: Connection, team: str, user_id: int) -> bool:
    query = select(team_members.c.user_id).where(team_members.c.team == team, team_members.c.user_id == user_id)
    return connection.execute(query).first() is not None


def the_user(connection: Connection, login: str) -> User:
    found = find_user(connection, login)
    if found is None:
        raise NotFound(f"There is no user {login}.")
    return found


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _users() -> Select[int, str, bool, bool]:
    return select(users.c.id, users.c.login, users.c.admin, users.c.bot)


def _user(row: Row[int, str, bool, bool] | None) -> User | None:
    return None if row is None else User(*row)
