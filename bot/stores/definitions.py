"""Pipeline definitions by digest: written once, read through a small cache, since one serves thousands of executions."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

import sqlalchemy as sa

from bot.model.pipeline import Pipeline
from bot.stores import codec
from bot.stores.statements import Statement, Transaction, keep_first
from bot.stores.tables import definitions

READ = Statement(sa.select(definitions.c.body).where(definitions.c.digest == sa.bindparam("wanted")))
_ADD = Statement(keep_first(definitions))

KEPT = 512


class Definitions:
    """Used by the writer and the readers at once. A cached definition may be one that was rolled back: a digest says what it is."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, Pipeline] = OrderedDict()
        self._written: set[str] = set()

    def write(self, transaction: Transaction, pipelines: Iterable[Pipeline]) -> None:
        for pipeline in pipelines:
            if pipeline.digest in self._written:
                continue
            transaction.run(_ADD, digest=pipeline.digest, body=codec.PIPELINE.encode(pipeline))
            if len(self._written) >= self._kept:
                self._written.clear()
            self._written.add(pipeline.digest)
            self._remember(pipeline)

    def forget_written(self) -> None:
        """After a rollback, in the writer's thread: which are on disk has to be found out again."""
        self._written.clear()

    def read(self, transaction: Transaction, digest: str) -> Pipeline:
        with self._lock:
            known = self._cache.get(digest)
            if known is not None:
                self._cache.move_to_end(digest)
                return known
        row = transaction.one(READ, wanted=digest)
        if row is None:
            raise LookupError(f"no definition has the digest {digest!r}")
        pipeline = codec.PIPELINE.decode(row[0])
        self._remember(pipeline)
        return pipeline

    def _remember(self, pipeline: Pipeline) -> None:
        with self._lock:
            self._cache[pipeline.digest] = pipeline
            if len(self._cache) > self._kept:
                self._cache.popitem(last=False)
