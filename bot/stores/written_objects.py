"""What deployments have written to object storage as rows, one a destination. They are long lists, and so kept compressed."""

import sqlalchemy as sa
import zstandard

from bot.model.object_deployment import WrittenObjects
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_last
from bot.stores.tables import written_objects

_PUT = Statement(keep_last(written_objects, "destination"))
ONE = Statement(sa.select(written_objects.c.body).where(written_objects.c.destination == sa.bindparam("wanted")))


def pack(written: WrittenObjects) -> bytes:
    return zstandard.compress(codec.WRITTEN_OBJECTS.encode(written).encode())


def keep(transaction: Transaction, destination: str, body: bytes) -> None:
    transaction.run(_PUT, destination=destination, body=body)


def read(transaction: Transaction, destination: str) -> WrittenObjects:
    row = transaction.one(ONE, wanted=destination)
    return WrittenObjects() if row is None else codec.WRITTEN_OBJECTS.decode(zstandard.decompress(row[0]).decode())
