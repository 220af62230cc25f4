"""Pages of what actions and rules came to, newest first, across the executions that a filter names (section 19.5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.model.execution import Execution
from bot.ports import ExecutionFilter, Store

BATCH = 50
FARTHEST = 2000
"""How many executions are looked through for one page; what is older is a page further."""


class Record(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Records(Generic[R]):
    """`next` is where the next page begins, "" when this is the last one."""

    found: Sequence[R]
    next: str


async def page_of_records(
    store: Store, which: ExecutionFilter, of: Callable[[Execution], Sequence[R]], limit: int, before: str = ""
) -> Records[R]:
    """`of` makes an execution's records. `before` is the `next` of the page before: a record's key, or an execution's id."""
    execution = before.partition("/")[0]
    found = await _rest_of(store, execution, before, of) if "/" in before else []
    seen = 0
    while len(found) <= limit and seen < FARTHEST:
        batch = await store.executions(which, BATCH, execution)
        for each in batch:
            found += of(each)
        seen += len(batch)
        if len(batch) < BATCH:
            break
        execution = batch[-1].id
    else:
        if len(found) <= limit:
            return Records(found, execution)
    return Records(found[:limit], found[limit - 1].key if len(found) > limit else "")


async def records_of(
    store: Store, execution: str, of: Callable[[Execution], Sequence[R]], limit: int, before: str = ""
) -> Records[R]:
    """The same of one execution."""
    known = await store.execution(execution)
    found = _behind(of(known[0]), before) if known else []
    return Records(found[:limit], found[limit - 1].key if len(found) > limit else "")


async def _rest_of(store: Store, execution: str, before: str, of: Callable[[Execution], Sequence[R]]) -> list[R]:
    known = await store.execution(execution)
    return _behind(of(known[0]), before) if known else []


def _behind(records: Sequence[R], before: str) -> list[R]:
    """Those behind the one of that key; all of them when it is not there."""
    keys = [record.key for record in records]
    return list(records[keys.index(before) + 1 :] if before in keys else records)
