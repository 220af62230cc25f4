"""The results of tests and coverage as rows, one an attempt at an action; found by execution, by ref and by commit."""

import sqlalchemy as sa

from bot.model.repository import Repository
from bot.model.results import ResultsRecord
from bot.stores import codec
from bot.stores.repositories import Repositories, find
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import results

_OF_ACTION = (
    results.c.repository == sa.bindparam("row"),
    results.c.pipeline == sa.bindparam("name"),
    results.c.stage == sa.bindparam("of_stage"),
    results.c.action == sa.bindparam("of_action"),
)
OF_EXECUTION = Statement(sa.select(results.c.body).where(results.c.execution == sa.bindparam("wanted")))
ON_REF = Statement(
    sa.select(results.c.body)
    .where(*_OF_ACTION, results.c.ref == sa.bindparam("place"))
    .order_by(results.c.number.desc(), results.c.attempt.desc())
    .limit(sa.bindparam("most"))
)
AT_COMMIT = Statement(
    sa.select(results.c.body)
    .where(*_OF_ACTION, results.c.revision == sa.bindparam("commit"))
    .order_by(results.c.number.desc(), results.c.attempt.desc())
    .limit(sa.bindparam("most"))
)
_PUT = Statement(keep_last(results, "execution", "stage", "action", "attempt"))


def keep(
    transaction: Transaction, repositories: Repositories, repository: Repository, pipeline: str, record: ResultsRecord
) -> None:
    transaction.run(
        _PUT,
        execution=record.execution,
        stage=record.stage,
        action=record.action,
        attempt=record.attempt,
        repository=repositories.row(transaction, repository),
        pipeline=pipeline,
        number=record.number,
        ref=record.ref,
        revision=record.commit,
        body=codec.RESULTS.encode(record),
    )


def of_execution(transaction: Transaction, execution: str) -> list[ResultsRecord]:
    return [codec.RESULTS.decode(body) for (body,) in transaction.all(OF_EXECUTION, wanted=execution)]


def past(
    transaction: Transaction,
    repository: Repository,
    pipeline: str,
    place: tuple[str, str],
    ref: str,
    commit: str,
    limit: int,
) -> list[ResultsRecord]:
    """Of the action at that place (stage, name): on the ref, or else at the commit."""
    known = find(transaction, repository)
    if known is None:
        return []
    asked = {"row": known[0], "name": pipeline, "of_stage": place[0], "of_action": place[1], "most": limit}
    rows = transaction.all(ON_REF, place=ref, **asked) if ref else transaction.all(AT_COMMIT, commit=commit, **asked)
    return [codec.RESULTS.decode(body) for (body,) in rows]
