"""Approvals by code owners: who they are is read where a change is to go, and each group of them has to approve."""

import pytest

from tests.world.world import World

BY_OWNERS = {"by": ["codeowners"]}


@pytest.mark.needs("teams")
async def test_apr_8_each_group_of_owners_of_what_a_pull_request_changes_approves(world: World) -> None:
    await world.host.team("acme/core", [world.cleo])
    dan = world.called(world.dan)
    repo = await world.repo("build -> prod!", approve=BY_OWNERS)
    await repo.push(files={"CODEOWNERS": f"src/ @acme/core\ndocs/ @{dan}\nother/ @nobody\n"})
    files = {"src/a": "a", "docs/b": "b", "c": "c", "CODEOWNERS": f"* @{world.called(world.ada)}\n"}
    pull_request = await repo.open_pull_request(files=files)
    assert await pull_request.status() == "InProgress"
    [told] = await pull_request.by_bot()
    assert "acme/core" in told
    assert "0 of 2 groups have approved" in told

    await pull_request.comment("/approve", by=world.ada)
    assert f"can be answered by acme/core, {dan} only" in (await pull_request.answers())[0]
    await pull_request.comment("/approve", by=world.cleo)
    assert await pull_request.status() == "InProgress"
    assert "1 of 2 groups have approved" in (await pull_request.by_bot())[0]
    await pull_request.comment("/approve", by=world.dan)
    assert await pull_request.status() == "Succeeded"


@pytest.mark.anywhere
async def test_apr_8_without_a_file_nobody_may_answer_until_there_is_one(world: World) -> None:
    repo = await world.repo("build -> prod!", approve=BY_OWNERS)
    pull_request = await repo.open_pull_request(files={"src/a": "a", "CODEOWNERS": "* @ada\n"})
    await pull_request.comment("/approve", by=world.ada)
    assert "add .github/CODEOWNERS there" in (await pull_request.answers())[0]
    [waits] = await repo.executions()
    obeyed = await world.bot.operator.obey("approve", waits.id, "", "an order")
    assert obeyed.refusal is not None
    await world.settled()
    [waits] = await repo.executions()
    owners = waits.current.action("prod").owners
    assert owners is not None
    assert owners.looks == 3, "each answer has them looked for"
    assert await pull_request.status() == "InProgress"

    await repo.push(files={".github/CODEOWNERS": "src/ ada@example.com\n"})
    await world.wind(seconds=120)
    assert "the host does not tell whose account that is" in (await pull_request.by_bot())[0]

    await repo.push(files={".github/CODEOWNERS": "src/ @ben\n!src/ @cleo\n"})
    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "InProgress", "owners are looked for because somebody answers"
    [execution] = [one for one in await repo.executions() if one.revision.pull_request]
    assert "Code owners</dt><dd>waits for owners of src/: ben</dd>" in await world.page(f"/executions/{execution.id}")
    assert "line 2: GitHub has no patterns that begin with" in (await pull_request.by_bot())[0]
    await pull_request.comment("/approve", by=world.ben)
    assert await pull_request.status() == "Succeeded"


@pytest.mark.anywhere
async def test_apr_8_of_a_push_counts_what_the_stage_has_not_had_yet(world: World) -> None:
    repo = await world.repo("prod!", approve=BY_OWNERS)
    first = await repo.push(files={"CODEOWNERS": "src/ @ben\ndocs/ @cleo\n", "src/a": "a"})
    await first.comment("/approve", by=world.ben)
    assert await first.status() == "Succeeded"

    rejected = await repo.push(files={"docs/b": "b"})
    await rejected.comment("/reject", by=world.cleo)
    assert await rejected.status() == "Failed"
    last = await repo.push(files={"c": "c"})
    await last.comment("/approve", by=world.ben)
    assert await last.status() == "InProgress"
    await last.comment("/approve", by=world.cleo)
    assert await last.status() == "Succeeded"

    unowned = await repo.push(files={"d": "d"})
    await unowned.comment("/approve", by=world.ben)
    assert await unowned.status() == "Succeeded"
