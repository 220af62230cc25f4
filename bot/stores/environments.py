"""Environments as rows: who holds each and who waits for it. What follows from a claim is decided in the core."""

import sqlalchemy as sa

from bot.model.environment import EnvironmentKey, EnvironmentState
from bot.ports import ConcurrentChange, EnvironmentCommit, OutboxEntry
from bot.stores import codec, outbox
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import environments

READ = Statement(
    sa.select(environments.c.version, environments.c.line).where(environments.c.key == sa.bindparam("wanted"))
)
_PUT = Statement(keep_last(environments, "key"))


def read(transaction: Transaction, key: EnvironmentKey) -> EnvironmentState:
    row = transaction.one(READ, wanted=key.id)
    return EnvironmentState(key) if row is None else EnvironmentState(key, codec.CLAIMANTS.decode(row[1]), row[0])


def write(transaction: Transaction, commit: EnvironmentCommit) -> list[OutboxEntry]:
    """Raises ConcurrentChange, before anything is written, when it is not as it was decided on."""
    after = commit.after
    row = transaction.one(READ, wanted=after.key.id)
    if (row[0] if row else 0) != commit.before.version:
        raise ConcurrentChange(after.key.id)
    transaction.run(_PUT, key=after.key.id, version=after.version, line=codec.CLAIMANTS.encode(after.line))
    return outbox.write(transaction, "", commit.effects)
