"""Commit statuses as rows: the newest of each context on each commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.model.status import StatusState
from providers.local.host.errors import Invalid
from providers.local.host.repositories import Repo
from providers.local.host.schema import statuses

DESCRIPTION_LIMIT = 255
CONTEXT_LIMIT = 255
URL_LIMIT = 2000
MOST_CONTEXTS = 1000


# Made once: to put a statement together takes longer than SQLite does, and statuses are what a bot sends most.
_COLUMNS = statuses.c
_OF_COMMITS = (
    select(
        _COLUMNS.commit_id, _COLUMNS.context, _COLUMNS.state, _COLUMNS.description, _COLUMNS.url, _COLUMNS.updated_at
    )
    .where(_COLUMNS.repository_id == bindparam("repo"), _COLUMNS.commit_id.in_(bindparam("commits", expanding=True)))
    .order_by(func.lower(_COLUMNS.context))
)
_INSERT = upsert(statuses)
_PUT = _INSERT.on_conflict_do_update(
    set_={name: _INSERT.excluded[name] for name in ("state", "description", "url", "updated_at")}
)


@dataclass(frozen=True, slots=True)
class StatusRecord:
    context: str
    state: StatusState
    description: str
    url: str
    updated_at: float


def put(connection: Connection, repo: Repo, commit: str, status: StatusRecord) -> None:
    _check(status)
    if status.context not in (there := of_commit(connection, repo, commit)) and len(there) >= MOST_CONTEXTS:
        raise Invalid(f"A commit has at most {MOST_CONTEXTS} contexts.")
    values = {
        "state": status.state.value,
        "description": status.description,
        "url": status.url,
        "updated_at": status.updated_at,
    }
    key = {"repository_id": repo.id, "commit_id": commit, "context": status.context}
    connection.execute(_PUT, key | values)


def of_commit(connection: Connection, repo: Repo, commit: str) -> dict[str, StatusRecord]:
    return of_commits(connection, repo, [commit]).get(commit, {})


def of_commits(connection: Connection, repo: Repo, commits: Sequence[str]) -> Mapping[str, dict[str, StatusRecord]]:
    """By commit and context, in the order of the contexts' names."""
    found: dict[str, dict[str, StatusRecord]] = {}
    for commit, context, state, *rest in connection.execute(_OF_COMMITS, {"repo": repo.id, "commits": list(commits)}):
        found.setdefault(commit, {})[context] = StatusRecord(context, StatusState(state), *rest)
    return found


def _check(status: StatusRecord) -> None:
    if not status.context or len(status.context) > CONTEXT_LIMIT:
        raise Invalid(f"A status needs a context of at most {CONTEXT_LIMIT} characters.")
    if len(status.description) > DESCRIPTION_LIMIT:
        raise Invalid(f"A status description has at most {DESCRIPTION_LIMIT} characters.")
    if status.url and (len(status.url) > URL_LIMIT or not status.url.startswith(("http://", "https://"))):
        raise Invalid("A status links to an http or https URL.")
