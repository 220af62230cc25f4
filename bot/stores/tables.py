"""The schema as Core tables: what the statements are made of. How a database gets to it is `migrations`; a test compares the two.

JSON is text, made and read by `codec`. Columns beside a body are copies of what is in it, for finding rows. A `sequence`
orders rows as they were written and is never used twice.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly this type.
Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _sequence(name: str = "sequence") -> sa.Column[int]:
    return sa.Column(name, Sequence, primary_key=True, autoincrement=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _reference(name: str, to: str) -> sa.Column[int]:
    return sa.Column(name, Sequence, sa.ForeignKey(to), nullable=False)


def _time(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False)


deliveries = sa.Table(
    "deliveries",
    metadata,
    _sequence(),
    _text("provider"),
    _text("id"),
    _time("received_at"),
    _text("outcome"),
    _text("reason"),
    _text("headers"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("provider", "id"),
    sqlite_autoincrement=True,
)
PENDING = sa.text("outcome = 'pending'")
sa.Index(
    "ix_deliveries_pending",
    deliveries.c.outcome,
    deliveries.c.sequence,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)

repositories = sa.Table(
    "repositories",
    metadata,
    _sequence("repository"),
    _text("provider"),
    _text("id"),
    sa.Column("full_name", sa.Text, nullable=False, index=True),
    _text("default_branch"),
    sa.Column("gone", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("provider", "id"),
)

former_names = sa.Table(
    "former_names",
    metadata,
    _text("provider"),
    _text("full_name"),
    _reference("repository", "repositories.repository"),
    sa.PrimaryKeyConstraint("provider", "full_name"),
)

intakes = sa.Table(
    "intakes",
    metadata,
    _reference("repository", "repositories.repository"),
    _text("ref"),
    _text("body"),
    sa.PrimaryKeyConstraint("repository", "ref"),
)

# What refs were when they were last looked at, where no delivery has told of them yet: the others' are in `intakes`.
seen_refs = sa.Table(
    "seen_refs",
    metadata,
    sa.Column("repository", Sequence, sa.ForeignKey("repositories.repository"), primary_key=True, autoincrement=False),
    _text("body"),
)

# Comments with commands, and which delivery brought each.
comments = sa.Table(
    "comments",
    metadata,
    _text("provider"),
    _text("id"),
    _text("delivery"),
    sa.PrimaryKeyConstraint("provider", "id"),
)

lanes = sa.Table(
    "lanes",
    metadata,
    _sequence("lane"),
    _text("key"),
    _reference("repository", "repositories.repository"),
    _text("pipeline"),
    _text("ref"),
    _number("version"),
    _text("slots"),
    sa.UniqueConstraint("key"),
    sa.Index(None, "repository", "ref"),
)

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    _text("body"),
)

executions = sa.Table(
    "executions",
    metadata,
    _sequence(),
    _text("id"),
    _number("number"),
    _reference("lane", "lanes.lane"),
    _reference("repository", "repositories.repository"),
    _text("pipeline"),
    _text("ref"),
    _text("revision"),
    _text("status"),
    sa.Column("live", sa.Boolean, nullable=False),
    _time("started_at"),
    _text("body"),
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
    _text("execution"),
    _text("stage"),
    _number("sequence"),
    _reference("lane", "lanes.lane"),
    _reference("repository", "repositories.repository"),
    _text("pipeline"),
    _text("definition"),
    sa.PrimaryKeyConstraint("execution", "stage"),
    sa.Index(None, "lane", "stage", "definition", "sequence"),
    sa.Index(None, "repository", "pipeline", "stage", "sequence"),
)

history = sa.Table(
    "history",
    metadata,
    _sequence(),
    _reference("lane", "lanes.lane"),
    _text("event"),
    _text("body"),
    sa.UniqueConstraint("lane", "event"),
    sqlite_autoincrement=True,
)

# Which executions an event changed: one event may start one and supersede another.
history_executions = sa.Table(
    "history_executions",
    metadata,
    _text("execution"),
    _reference("history", "history.sequence"),
    sa.PrimaryKeyConstraint("execution", "history"),
    sa.Index(None, "history"),
    sqlite_with_rowid=False,
)

outbox = sa.Table(
    "outbox",
    metadata,
    _sequence(),
    _text("key"),
    _number("stamp"),
    _text("lane"),
    _time("due"),
    _number("attempts"),
    _text("body"),
    sa.UniqueConstraint("key"),
    sa.Index(None, "due", "sequence"),
    sqlite_autoincrement=True,
)

reported = sa.Table(
    "reported",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    _text("digest"),
    _text("remote_id"),
)

environments = sa.Table(
    "environments",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    _number("version"),
    _text("line"),
)

# What each pipeline was on its home branch, one row a change of its content.
versions = sa.Table(
    "versions",
    metadata,
    _reference("repository", "repositories.repository"),
    _text("pipeline"),
    _number("version"),
    _text("digest"),
    _text("cause"),
    sa.PrimaryKeyConstraint("repository", "pipeline", "version"),
)

# Where people were asked for an execution's approvals, if that is not its pull request.
questions = sa.Table(
    "questions",
    metadata,
    sa.Column("execution", sa.Text, primary_key=True),
    _reference("repository", "repositories.repository"),
    _text("thread"),
    sa.Index(None, "repository", "thread"),
)

# What tests and coverage came to, one row an attempt at an action.
results = sa.Table(
    "results",
    metadata,
    _text("execution"),
    _text("stage"),
    _text("action"),
    _number("attempt"),
    _reference("repository", "repositories.repository"),
    _text("pipeline"),
    _number("number"),
    _text("ref"),
    _text("revision"),
    _text("body"),
    sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt"),
)
_PLACE = (results.c.repository, results.c.pipeline, results.c.stage, results.c.action)
sa.Index("ix_results_ref", *_PLACE, results.c.ref, results.c.number)
sa.Index("ix_results_revision", *_PLACE, results.c.revision, results.c.number)

# What actions' logs remark about lines of files, one row an attempt at an action.
annotations = sa.Table(
    "annotations",
    metadata,
    _text("execution"),
    _text("stage"),
    _text("action"),
    _number("attempt"),
    _text("body"),
    sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt"),
)

# Batches of builds, one row an attempt at an action.
batches = sa.Table(
    "batches",
    metadata,
    _text("execution"),
    _text("stage"),
    _text("action"),
    _number("attempt"),
    _text("body"),
    sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt"),
)

# Deployments to servers; the newest success of a group outlives its execution, since it is what a rollback brings back.
server_deployments = sa.Table(
    "server_deployments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _text("execution"),
    _text("deployment_group"),
    _text("status"),
    _time("created_at"),
    _text("body"),
)
sa.Index("ix_server_deployments_execution", server_deployments.c.execution)
sa.Index("ix_server_deployments_group", server_deployments.c.deployment_group, server_deployments.c.created_at)

# What deployments have written to object storage, by destination. Not a matter of history: it says what is there now.
written_objects = sa.Table(
    "written_objects",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

# The master keys that there were, the oldest first, each wrapped with the one that was there when it was written.
sealing_keys = sa.Table(
    "sealing_keys",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _number("place"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

# What hosts are told and tell in secret, each wrapped with a master key. `ends` is 0 for what does not end.
kept_secrets = sa.Table(
    "kept_secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _text("kind"),
    _text("provider"),
    _text("repository"),
    _text("full_name"),
    _time("ends"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

# What builds keep for the builds after them.
caches = sa.Table(
    "caches",
    metadata,
    _reference("repository", "repositories.repository"),
    _text("scope"),
    _text("version"),
    _text("ref"),
    _text("key"),
    _text("artifact"),
    _number("size"),
    _time("at"),
    _time("used"),
    sa.PrimaryKeyConstraint("repository", "scope", "version", "ref", "key"),
)
