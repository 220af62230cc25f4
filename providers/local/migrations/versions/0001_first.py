"""The first tables. Written out, not taken from `schema.py`, since a step of history must not change with it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.String(140, collation="NOCASE")


def _user(name: str = "user_id", *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id"), nullable=nullable)


def _repository() -> sa.Column[int]:
    return sa.Column("repository_id", sa.Integer, sa.ForeignKey("repositories.id"), nullable=False)


def upgrade() -> None:
    _people()
    _repositories()
    _conversation()
    _outgoing()


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("login", NAME, nullable=False, unique=True),
        sa.Column("admin", sa.Boolean, nullable=False),
        sa.Column("bot", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        _user(),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("expires_at", sa.Float),
    )
    op.create_table(
        "team_members",
        sa.Column("team", NAME, nullable=False),
        _user(),
        sa.PrimaryKeyConstraint("team", "user_id"),
    )


def _repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("full_name", NAME, nullable=False, unique=True),
        sa.Column("default_branch", sa.Text, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "members",
        _repository(),
        _user(),
        sa.Column("role", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "user_id"),
    )
    op.create_table(
        "pull_requests",
        _repository(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        _user("author_id"),
        sa.Column("source_branch", sa.Text, nullable=False),
        sa.Column("target_branch", sa.Text, nullable=False),
        sa.Column("base", sa.String(64), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
        _user("closed_by_id", nullable=True),
        sa.PrimaryKeyConstraint("repository_id", "number"),
    )
    op.create_index("open_pull_requests", "pull_requests", ["repository_id", "state", "source_branch"])


def _conversation() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer, primary_key=True),
        _repository(),
        sa.Column("thread_kind", sa.String(12), nullable=False),
        sa.Column("thread_name", sa.String(64), nullable=False),
        _user("author_id"),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("edited_at", sa.Float),
        sqlite_autoincrement=True,
    )
    op.create_index("comments_of_thread", "comments", ["repository_id", "thread_kind", "thread_name", "id"])
    op.create_table(
        "reactions",
        sa.Column("comment_id", sa.Integer, sa.ForeignKey("comments.id", ondelete="CASCADE"), nullable=False),
        _user(),
        sa.Column("content", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", "user_id", "content"),
    )
    op.create_table(
        "statuses",
        _repository(),
        sa.Column("commit_id", sa.String(64), nullable=False),
        sa.Column("context", sa.String(255), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("description", sa.String(255), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "commit_id", "context"),
    )


def _outgoing() -> None:
    op.create_table(
        "pushes",
        sa.Column("id", sa.Integer, primary_key=True),
        _repository(),
        _user(),
        sa.Column("updates", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uuid", sa.String(36), nullable=False, unique=True),
        _repository(),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
