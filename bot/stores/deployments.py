"""Deployments to servers as rows; found by their ids, by execution, and the newest of a group."""

import sqlalchemy as sa

from bot.model.deployment import Deployment, DeploymentStatus
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import server_deployments

_C = server_deployments.c
_PUT = Statement(keep_last(server_deployments, "id"))
ONE = Statement(sa.select(_C.body).where(_C.id == sa.bindparam("wanted")))
OF_EXECUTION = Statement(
    sa.select(_C.body).where(_C.execution == sa.bindparam("wanted")).order_by(_C.created_at, _C.id)
)
OF_GROUP = Statement(
    sa.select(_C.body)
    .where(_C.deployment_group == sa.bindparam("wanted"), _C.status.in_((sa.bindparam("one"), sa.bindparam("other"))))
    .order_by(_C.created_at.desc(), _C.id.desc())
    .limit(1)
)

_ENDED: list[sa.ColumnElement[str]] = [sa.literal_column(f"'{status}'") for status in DeploymentStatus if status.ended]
OPEN = Statement(
    sa.select(_C.body)
    .where(_C.deployment_group == sa.bindparam("wanted"), *(_C.status != ended for ended in _ENDED))
    .order_by(_C.created_at, _C.id)
)


def keep(transaction: Transaction, deployment: Deployment) -> None:
    transaction.run(
        _PUT,
        id=deployment.id,
        execution=deployment.execution,
        deployment_group=deployment.group,
        status=deployment.status.value,
        created_at=deployment.created_at,
        body=codec.DEPLOYMENT.encode(deployment),
    )


def one(transaction: Transaction, deployment: str) -> Deployment | None:
    row = transaction.one(ONE, wanted=deployment)
    return None if row is None else codec.DEPLOYMENT.decode(row[0])


def of_execution(transaction: Transaction, execution: str) -> list[Deployment]:
    return [codec.DEPLOYMENT.decode(body) for (body,) in transaction.all(OF_EXECUTION, wanted=execution)]


def last(transaction: Transaction, group: str, *, succeeded: bool) -> Deployment | None:
    success = DeploymentStatus.SUCCEEDED.value
    statuses = (success, success) if succeeded else (DeploymentStatus.FAILED.value, DeploymentStatus.STOPPED.value)
    row = transaction.one(OF_GROUP, wanted=group, one=statuses[0], other=statuses[1])
    return None if row is None else codec.DEPLOYMENT.decode(row[0])


def open_of(transaction: Transaction, group: str) -> list[Deployment]:
    return [codec.DEPLOYMENT.decode(body) for (body,) in transaction.all(OPEN, wanted=group)]
