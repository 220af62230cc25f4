"""The schema as Core tables: what the statements are made of. How a database gets to it is `migrations`; a test compares the two.

Columns beside a body are copies of what is in it, for finding rows.
"""

from bot.stores.tables.columns import metadata
from bot.stores.tables.executions import (
    LIVE,
    definitions,
    environments,
    executions,
    history,
    history_executions,
    lanes,
    outbox,
    questions,
    reported,
    successes,
    versions,
)
from bot.stores.tables.hosts import PENDING, comments, deliveries, former_names, intakes, repositories, seen_refs
from bot.stores.tables.left_behind import annotations, batches, caches, results, server_deployments, written_objects
from bot.stores.tables.secrets import kept_secrets, sealing_keys

__all__ = [
    "LIVE",
    "PENDING",
    "annotations",
    "batches",
    "caches",
    "comments",
    "definitions",
    "deliveries",
    "environments",
    "executions",
    "former_names",
    "history",
    "history_executions",
    "intakes",
    "kept_secrets",
    "lanes",
    "metadata",
    "outbox",
    "questions",
    "reported",
    "repositories",
    "results",
    "sealing_keys",
    "seen_refs",
    "server_deployments",
    "successes",
    "versions",
    "written_objects",
]
