"""Deployments that wait, and are let go on by a comment: who may, and what is said. What they do meanwhile is told in tests/deploying."""

import pytest

from bot.model.deployment_wait import WaitType
from tests.world.world import World

pytestmark = pytest.mark.engine

FILE = "name: web\nstages: [{name: prod, actions: [{name: go, run: go}]}]\n"


async def test_bgr_4_each_wait_is_ended_by_whoever_may_write_and_nothing_else_is(world: World) -> None:
    repo = await world.repo(FILE)
    repo.action("go").held()
    pull_request = await repo.open_pull_request()
    push = pull_request.head
    await pull_request.comment("/continue")
    await push.waits(WaitType.READY)
    assert (await push.described())["web"].startswith("0 of 1 stage · waiting to shift the traffic: prod/go")
    refused = await pull_request.comment("/continue", by=world.cleo)
    obeyed = await pull_request.comment("/continue prod", by=world.ben)
    assert [await pull_request.reactions(each) for each in (refused, obeyed)] == [("confused",), ("+1",)]
    await push.waits(WaitType.TERMINATION)
    await pull_request.comment("/continue prod/go")
    nothing, not_allowed = await pull_request.answers()
    assert "No deployment waits here" in nothing
    assert "needs the write role" in not_allowed
    let_go = (await push.execution()).stages[0].action("go").let_go
    assert [(one.type, one.by.login) for one in let_go] == [(WaitType.READY, "ben"), (WaitType.TERMINATION, "ada")]
    await repo.action("go").end()
    assert await pull_request.status() == "Succeeded"
