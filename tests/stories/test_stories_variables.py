"""Variables: what a start sets, what an action's outputs pass on to later actions, and what people see of them (section 6)."""

import json

import pytest

from tests.world.world import MakeWorld, World

pytestmark = pytest.mark.engine

RELEASE = """
stages:
  - name: build
    actions:
      - {name: package, run: package, namespace: pkg}
      - {name: unit, run: unit}
  - name: production
    actions:
      - {name: go-live, approve: {message: "Release #{pkg.VERSION}?"}}
      - {name: roll-out, run_order: 2, run: 'deploy "#{pkg.VERSION}" "#{source.CommitId}"', env: {IMAGE: "web:#{pkg.VERSION}-#{pkg.DIGEST}"}}
"""


async def test_an_output_variable_reaches_later_actions(world: World) -> None:
    """VAR-1, VAR-3, VAR-4: through a namespace, in an approval's message, a command and the environment."""
    repo = await world.repo(RELEASE)
    repo.action("package").succeeds(VERSION="1.2", DIGEST="abc")
    pull_request = await repo.open_pull_request()
    assert "Release 1.2?" in "".join(await pull_request.by_bot())
    await pull_request.comment("/approve", by=world.ben)

    assert await pull_request.status() == "Succeeded"
    [job] = repo.action("roll-out").jobs
    assert job.env["IMAGE"] == "web:1.2-abc"
    assert job.env["PENSTOCK_REF_pkg_VERSION"] == "1.2"
    assert "1.2" not in job.script
    assert job.env["PENSTOCK_REF_source_CommitId"] == pull_request.head.commit


async def test_a_value_is_never_part_of_the_script(make_world: MakeWorld) -> None:
    """VAR-6 and section 2: what comes in is data, and is not looked through for references again."""
    file = """
stages:
  - name: build
    actions:
      - {name: package, run: 'printf "%s\\n" "EVIL=\\$(touch pwned) #{source.CommitId}" >"$PENSTOCK_OUTPUT"', namespace: pkg}
      - {name: show, run_order: 2, run: 'echo "<#{pkg.EVIL}>"; test ! -e pwned'}
"""
    async with make_world(real_jobs=True) as world:
        repo = await world.repo(file)
        push = await repo.push()
        execution = await push.execution()
        assert execution.status == "Succeeded", execution.summary
        show = execution.stages[0].action("show")
        log = await world.page(f"/executions/{execution.id}/logs/build/show/1/raw")
        assert "$(touch pwned)" in log
        assert show.resolved == {"#{pkg.EVIL}": execution.stages[0].action("package").outputs["EVIL"]}


async def test_a_reference_without_a_value_fails_its_action_before_it_begins(world: World) -> None:
    """VAR-10. VAR-5: the failure names the reference, and what there is instead."""
    repo = await world.repo(RELEASE)
    repo.action("package").succeeds(VERSOIN="1.2")
    push = await repo.push()

    assert await push.status() == "Failed"
    assert (await push.execution()).summary == (
        "production/go-live failed: #{pkg.VERSION} has no value: pkg has VERSOIN"
    )
    assert repo.action("roll-out").jobs == []

    await push.comment("/retry")
    assert await push.status() == "Failed", "VAR-10: a retry resolves again, and the value is missing still"


async def test_output_variables_have_a_limit(world: World) -> None:
    """VAR-8."""
    repo = await world.repo(RELEASE)
    repo.action("package").succeeds(VERSION="x" * 122_880)
    push = await repo.push()
    assert await push.status() == "Failed"
    assert "OutputVariablesSizeExceeded" in (await push.execution()).summary


async def test_what_was_used_and_set_is_seen(world: World) -> None:
    """VAR-9, VAR-13: on the page and in the JSON, beside the definition as it was written."""
    repo = await world.repo(RELEASE, approve={})
    repo.action("package").succeeds(VERSION="1.2", DIGEST="abc")
    push = await repo.push("Fix the typo")
    await push.comment("/approve")
    execution = await push.execution()

    page = await world.page(f"/executions/{execution.id}")
    assert "#{pkg.VERSION}" in page
    assert "sets <code>DIGEST</code>" in page
    seen = json.loads(await world.page(f"/api/executions/{execution.id}"))
    assert seen["stages"][0]["actions"][0]["outputs"] == {"VERSION": "1.2", "DIGEST": "abc"}
    assert seen["stages"][1]["actions"][1]["resolved"] == {
        "#{pkg.VERSION}": "1.2",
        "#{pkg.DIGEST}": "abc",
        "#{source.CommitId}": push.commit,
    }
    assert seen["pipeline"]["stages"][1]["actions"][1]["env"] == {"IMAGE": "web:#{pkg.VERSION}-#{pkg.DIGEST}"}


async def test_variables_have_their_default_or_what_the_start_gives(world: World) -> None:
    """VAR-11, VAR-13: and they stay for the life of the execution."""
    file = """
variables: {COUNT: "1"}
stages:
  - name: build
    actions: [{name: unit, run: 'test "#{variables.COUNT}"'}]
"""
    repo = await world.repo(file)
    push = await repo.push()
    await push.comment("/rerun COUNT=2")
    first, second = repo.action("unit").jobs
    assert [job.env["PENSTOCK_REF_variables_COUNT"] for job in (first, second)] == ["1", "2"]
    assert [dict(one.variables) for one in await push.executions()] == [{"COUNT": "1"}, {"COUNT": "2"}]
    assert "<dt>COUNT</dt><dd>2</dd>" in await world.page(f"/executions/{(await push.execution()).id}")


async def test_a_variable_without_a_value_refuses_the_start(world: World) -> None:
    """VAR-11: said on the commit; no execution."""
    repo = await world.repo("variables: {COUNT: }\nstages: [{name: build, actions: [{name: unit, run: unit}]}]\n")
    push = await repo.push()
    assert await push.executions() == []
    assert "Give values for COUNT" in (await push.described())["web"]
