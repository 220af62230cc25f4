"""What actions leave behind: results, remarks, batches, deployments, caches."""

import sqlalchemy as sa

from bot.stores.tables.columns import metadata, number, reference, text, time

# What tests and coverage came to, one row an attempt at an action.
results = sa.Table(
    "results",
    metadata,
    text("execution"),
    text("stage"),
    text("action"),
    number("attempt"),
    reference("repository", "repositories.repository"),
    text("pipeline"),
    number("number"),
    text("ref"),
    text("revision"),
    text("body"),
    sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt"),
)
_PLACE = (results.c.repository, results.c.pipeline, results.c.stage, results.c.action)
sa.Index("ix_results_ref", *_PLACE, results.c.ref, results.c.number)
sa.Index("ix_results_revision", *_PLACE, results.c.revision, results.c.number)

# What actions' logs remark about lines of files, one row an attempt at an action.
annotations = sa.Table(
    "annotations",
    metadata,
    text("execution"),
    text("stage"),
    text("action"),
    number("attempt"),
    text("body"),
    sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt"),
)

# Batches of builds, one row an attempt at an action.
batches = sa.Table(
    "batches",
    metadata,
    text("execution"),
    text("stage"),
    text("action"),
    number("attempt"),
    text("body"),
    sa.PrimaryKeyConstraint("execution", "stage", "action", "attempt"),
)

# Deployments to servers; the newest success of a group outlives its execution, since it is what a rollback brings back.
server_deployments = sa.Table(
    "server_deployments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    text("execution"),
    text("deployment_group"),
    text("status"),
    time("created_at"),
    text("body"),
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

# What builds keep for the builds after them.
caches = sa.Table(
    "caches",
    metadata,
    reference("repository", "repositories.repository"),
    text("scope"),
    text("version"),
    text("ref"),
    text("key"),
    text("artifact"),
    number("size"),
    time("at"),
    time("used"),
    sa.PrimaryKeyConstraint("repository", "scope", "version", "ref", "key"),
)
