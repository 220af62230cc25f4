"""The host's tables. Their history is in `providers/local/migrations`; queries are with the noun they serve."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# Names compare without case, so that nobody can pose as `Ada` beside `ada`.
NAME = String(140, collation="NOCASE")

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", NAME, nullable=False, unique=True),
    Column("admin", Boolean, nullable=False),
    Column("bot", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

# Only digests are kept. `purpose`: "access" (Git and pages), "session" (a signed-in browser), "sign_in" (one use).
tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("purpose", String(10), nullable=False),
    Column("expires_at", Float),
)

repositories = Table(
    "repositories",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("full_name", NAME, nullable=False, unique=True),
    Column("default_branch", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

members = Table(
    "members",
    metadata,
    Column("repository_id", ForeignKey("repositories.id"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("role", Integer, nullable=False),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team", NAME, primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True),
)

# `state`: "open", "closed", "merged". `head` is the newest commit the host has seen on the source branch while open.
pull_requests = Table(
    "pull_requests",
    metadata,
    Column("repository_id", ForeignKey("repositories.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("author_id", ForeignKey("users.id"), nullable=False),
    Column("source_branch", Text, nullable=False),
    Column("target_branch", Text, nullable=False),
    Column("base", String(64), nullable=False),
    Column("head", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("closed_by_id", ForeignKey("users.id")),
    Index("open_pull_requests", "repository_id", "state", "source_branch"),
)

# A thread is a pull request (`thread_name` its number) or a commit (its id).
comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repositories.id"), nullable=False),
    Column("thread_kind", String(12), nullable=False),
    Column("thread_name", String(64), nullable=False),
    Column("author_id", ForeignKey("users.id"), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("edited_at", Float),
    Index("comments_of_thread", "repository_id", "thread_kind", "thread_name", "id"),
    sqlite_autoincrement=True,
)

reactions = Table(
    "reactions",
    metadata,
    Column("comment_id", ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("content", String(10), primary_key=True),
)

statuses = Table(
    "statuses",
    metadata,
    Column("repository_id", ForeignKey("repositories.id"), primary_key=True),
    Column("commit_id", String(64), primary_key=True),
    Column("context", String(255), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("description", String(255), nullable=False),
    Column("url", Text, nullable=False),
    Column("updated_at", Float, nullable=False),
)

# A change of refs that was let through and whose outcome is not told yet: after a crash, Git's refs say what came of it.
pushes = Table(
    "pushes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("repository_id", ForeignKey("repositories.id"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("updates", Text, nullable=False),
    Column("options", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Webhook deliveries still to be sent, in the order of `id`; a row goes when the receiver has answered 2xx.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("repository_id", ForeignKey("repositories.id"), nullable=False),
    Column("event", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    sqlite_autoincrement=True,
)

__all__ = [
    "comments",
    "deliveries",
    "members",
    "metadata",
    "pull_requests",
    "pushes",
    "reactions",
    "repositories",
    "statuses",
    "team_members",
    "tokens",
    "users",
]
