"""The engine beside a store of which nobody knows whether it has written: what is there is the truth, and what it ordered is looked for."""

from collections.abc import Sequence

import pytest

from bot.ports import Commit, OutboxEntry, StoreUnavailable
from bot.runtime.engine import Engine
from bot.stores.memory import MemoryStore
from tests.core.lane import Lane, pipeline, stage


class Ordered:
    """`looks` counts how often it was told that there may be orders that nobody has told it of."""

    def __init__(self) -> None:
        self.entries: list[OutboxEntry] = []
        self.looks = 0

    def order(self, entries: Sequence[OutboxEntry]) -> None:
        self.entries += entries

    def doubt(self) -> None:
        self.looks += 1


@pytest.mark.parametrize("written", [True, False])
async def test_after_a_commit_that_failed_the_lane_is_as_the_store_has_it(
    monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    lane, store, ordered = Lane(pipeline(stage("build"))), MemoryStore(), Ordered()
    key = lane.state.key
    lane.start()
    lane.finish("e1")
    start, finish = lane.events
    engine = Engine(store, ordered, lambda *_: None)
    await engine.tell(key, start)
    really = store.commit

    async def failing(commit: Commit) -> Sequence[OutboxEntry] | None:
        if written:
            await really(commit)
        raise StoreUnavailable("no answer")

    with monkeypatch.context() as down:
        down.setattr(store, "commit", failing)
        with pytest.raises(StoreUnavailable):
            await engine.tell(key, finish)
    assert ordered.looks == 1
    assert bool((await engine.lane(key)).executions) is not written
    found = await engine.execution("e1")
    assert found is not None
    assert found[0].status.ended is written
    decided = await engine.tell(key, finish)
    assert (decided is None) is written, "what was written is not decided again"
