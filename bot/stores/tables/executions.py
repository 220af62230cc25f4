"""Lanes and their executions, what was decided about them, and what is to be performed and was told."""

import sqlalchemy as sa

from bot.stores.tables.columns import metadata, number, numbered, reference, text, time

lanes = sa.Table(
    "lanes",
    metadata,
    numbered("lane"),
    text("key"),
    reference("repository", "repositories.repository"),
    text("pipeline"),
    text("ref"),
    number("version"),
    text("slots"),
    sa.UniqueConstraint("key"),
    sa.Index(None, "repository", "ref"),
)

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    text("body"),
)

executions = sa.Table(
    "executions",
    metadata,
    numbered(),
    text("id"),
    number("number"),
    reference("lane", "lanes.lane"),
    reference("repository", "repositories.repository"),
    text("pipeline"),
    text("ref"),
    text("revision"),
    text("status"),
    sa.Column("live", sa.Boolean, nullable=False),
    time("started_at"),
    text("body"),
    sa.Column("outside", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("id"),
    # Numbers are given from memory: two processes that gave the same one are found out here.
    sa.UniqueConstraint("repository", "pipeline", "number"),
    # One index a way of listing, each ending in the order of the list, so that a page costs the same at any depth.
    sa.Index(None, "repository", "sequence"),
    sa.Index(None, "repository", "pipeline", "sequence"),
    sa.Index(None, "repository", "ref", "sequence"),
    sa.Index(None, "pipeline", "sequence"),
    sa.Index(None, "ref", "sequence"),
    sa.Index(None, "revision", "sequence"),
    sa.Index(None, "lane", "sequence"),
    sqlite_autoincrement=True,
)
LIVE = sa.text("live")
# Few of all executions are live: these two stay small however long the history gets.
sa.Index("ix_executions_live", executions.c.live, executions.c.sequence, sqlite_where=LIVE, postgresql_where=LIVE)
sa.Index("ix_executions_live_lane", executions.c.lane, executions.c.sequence, sqlite_where=LIVE, postgresql_where=LIVE)

# The stages that executions have succeeded in. `definition` is what the execution ran, "" where nobody can roll back to it.
successes = sa.Table(
    "successes",
    metadata,
    text("execution"),
    text("stage"),
    number("sequence"),
    reference("lane", "lanes.lane"),
    reference("repository", "repositories.repository"),
    text("pipeline"),
    text("definition"),
    sa.PrimaryKeyConstraint("execution", "stage"),
    sa.Index(None, "lane", "stage", "definition", "sequence"),
    sa.Index(None, "repository", "pipeline", "stage", "sequence"),
)

history = sa.Table(
    "history",
    metadata,
    numbered(),
    reference("lane", "lanes.lane"),
    text("event"),
    text("body"),
    sa.UniqueConstraint("lane", "event"),
    sqlite_autoincrement=True,
)

# Which executions an event changed: one event may start one and supersede another.
history_executions = sa.Table(
    "history_executions",
    metadata,
    text("execution"),
    reference("history", "history.sequence"),
    sa.PrimaryKeyConstraint("execution", "history"),
    sa.Index(None, "history"),
    sqlite_with_rowid=False,
)

outbox = sa.Table(
    "outbox",
    metadata,
    numbered(),
    text("key"),
    number("stamp"),
    text("lane"),
    time("due"),
    number("attempts"),
    text("body"),
    sa.UniqueConstraint("key"),
    sa.Index(None, "due", "sequence"),
    sqlite_autoincrement=True,
)

reported = sa.Table(
    "reported",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    text("digest"),
    text("remote_id"),
)

environments = sa.Table(
    "environments",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    number("version"),
    text("line"),
)

# What each pipeline was on its home branch, one row a change of its content.
versions = sa.Table(
    "versions",
    metadata,
    reference("repository", "repositories.repository"),
    text("pipeline"),
    number("version"),
    text("digest"),
    text("cause"),
    sa.PrimaryKeyConstraint("repository", "pipeline", "version"),
)

# Where people were asked for an execution's approvals, if that is not its pull request.
questions = sa.Table(
    "questions",
    metadata,
    sa.Column("execution", sa.Text, primary_key=True),
    reference("repository", "repositories.repository"),
    text("thread"),
    sa.Index(None, "repository", "thread"),
)
