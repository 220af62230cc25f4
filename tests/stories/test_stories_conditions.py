"""Conditions keep a stage shut, skip it, fail it or roll it back (section 16; features 67 to 71 and 76)."""

from typing import Any

import pytest
import yaml

from bot.model.condition import ConditionKind, ConditionStatus, RuleStatus
from tests.world.world import World

pytestmark = pytest.mark.engine


def file(stage: dict[str, Any], **keys: Any) -> str:
    """`build -> prod -> end`, with further keys for prod."""
    prod = {"name": "prod", **stage, "actions": [{"name": "roll-out", "run": "roll-out"}]}
    build = {"name": "build", "actions": [{"name": "unit", "run": "unit", "namespace": "pkg"}]}
    end = {"name": "end", "actions": [{"name": "tell", "run": "tell"}]}
    return str(yaml.safe_dump({**keys, "stages": [build, prod, end]}, sort_keys=False)) + "\n"


def check(expression: str, result: str, key: str = "before_entry", name: str = "fresh") -> dict[str, Any]:
    return {key: {"result": result, "rules": [{"name": name, "check": expression}]}}


async def test_feature_67_entry_condition_that_fails_the_stage(world: World) -> None:
    """CND-1: no action of the stage has a record."""
    repo = await world.repo(file(check("variables.REGION == 'eu'", "fail"), variables={"REGION": "us"}))
    push = await repo.push()
    execution = await push.execution()

    assert await push.status() == "Failed"
    assert repo.action("roll-out").jobs == []
    assert execution.stages[1].action("roll-out").attempt == 0
    described = await push.described()
    assert described["web/prod"].startswith("failed: before entry, fresh: `variables.REGION == 'eu'` is false")
    assert "is 'us'" in (await world.page(f"/executions/{execution.id}")).replace("&#39;", "'")


async def test_feature_67_entry_condition_that_holds(world: World) -> None:
    repo = await world.repo(file(check("variables.REGION == 'eu'", "fail"), variables={"REGION": "eu"}))
    push = await repo.push()

    assert await push.status() == "Succeeded"
    assert world.script.order == ["unit", "roll-out", "tell"]


async def test_feature_68_entry_condition_that_skips_the_stage(world: World) -> None:
    """CND-4: the pipeline goes on."""
    repo = await world.repo(file(check("pkg.CHANGED == 'yes'", "skip")))
    repo.action("unit").succeeds(CHANGED="no")
    push = await repo.push()

    assert await push.status() == "Succeeded"
    assert world.script.order == ["unit", "tell"]
    assert (await push.described())["web/prod"].startswith("skipped: before entry, fresh:")

    repo.action("unit").succeeds(CHANGED="yes")
    await repo.push()
    assert world.script.order[2:] == ["unit", "roll-out", "tell"]


async def test_cnd_2_what_cannot_be_evaluated_keeps_the_stage_shut(world: World) -> None:
    """RUL-4."""
    repo = await world.repo(file(check("pkg.VERSOIN != ''", "fail")))
    push = await repo.push()
    entry = (await push.execution()).stages[1].before_entry

    assert entry is not None
    assert entry.status is ConditionStatus.ERRORED
    assert entry.rules[0].summary == "`pkg.VERSOIN != ''` has no value: there is no VERSOIN"
    assert await push.status() == "Failed"


async def test_feature_69_success_condition_that_fails_the_stage(world: World) -> None:
    repo = await world.repo(file({"on_success": {"rules": [{"name": "smoke", "run": "smoke"}]}}))
    repo.action("on_success:smoke").fails(3, log="nobody answers\n")
    push = await repo.push()

    assert await push.status() == "Failed"
    assert world.script.order == ["unit", "roll-out", "on_success:smoke"]
    assert (await push.described())["web/prod"].startswith("failed: on success, smoke: exit status 3")


async def test_feature_69_success_condition_that_rolls_back(world: World) -> None:
    stage = {"on_success": {"result": "rollback", "rules": [{"name": "smoke", "run": "smoke"}]}}
    repo = await world.repo(file(stage))
    first = await repo.push("good")
    repo.action("on_success:smoke").fails()
    second = await repo.push("bad")

    executions = await repo.executions()
    assert [str(each.status) for each in executions] == ["Succeeded", "Failed", "Succeeded"]
    assert [each.type.value for each in executions] == ["STANDARD", "STANDARD", "ROLLBACK"]
    assert executions[2].revision.commit == first.commit
    assert executions[1].rolled_back_by_number == 3
    assert "rolled back by execution 3" in (await second.described())["web"]


@pytest.mark.parametrize(
    ("status", "types"), [(0, ["STANDARD", "STANDARD", "ROLLBACK"]), (1, ["STANDARD", "STANDARD"])]
)
async def test_feature_70_failure_condition_rolls_back_only_when_it_is_met(
    world: World, status: int, types: list[str]
) -> None:
    stage = {"on_failure": {"result": "rollback", "rules": [{"name": "harm", "run": "harm"}]}}
    repo = await world.repo(file(stage))
    await repo.push("good")
    repo.action("roll-out").fails()
    if status:
        repo.action("on_failure:harm").fails()
    push = await repo.push("bad")

    assert await push.status() == "Failed"
    assert [each.type.value for each in await repo.executions()] == types


async def test_feature_71_override_while_the_rule_runs(world: World) -> None:
    """Section 16.2: the condition is Overridden, the rule Abandoned, the stage proceeds; who, when and why is kept and shown."""
    repo = await world.repo(file({"before_entry": {"rules": [{"name": "soak", "run": "soak"}]}}))
    repo.action("before_entry:soak").held()
    push = await repo.push()
    assert (await push.described())["web/prod"] == "being judged, before entry: soak"
    assert repo.action("before_entry:soak").running

    given = await push.comment("/override prod the fix can't wait", by=world.ben)
    assert await push.status() == "Succeeded"
    assert not repo.action("before_entry:soak").running
    assert len(await push.reactions(given)) == 1
    execution = await push.execution()
    entry = execution.stages[1].before_entry
    assert entry is not None
    assert entry.override is not None
    assert (entry.status, entry.rules[0].status) == (ConditionStatus.OVERRIDDEN, RuleStatus.ABANDONED)
    assert (entry.override.by.login, entry.override.reason, entry.override.at) == (
        "ben",
        "the fix can't wait",
        world.clock.at,
    )
    page = await world.page(f"/executions/{execution.id}")
    assert "<strong>overridden</strong>" in page
    assert "by <strong>ben</strong>" in page
    assert "the fix can&#39;t wait" in page


async def test_feature_71_override_after_it_has_failed(world: World) -> None:
    repo = await world.repo(file(check("false", "fail")))
    push = await repo.push()
    assert await push.status() == "Failed"
    await push.comment("/override prod")

    assert await push.status() == "Succeeded"
    assert world.script.order == ["unit", "roll-out", "tell"]


async def test_feature_71_override_is_refused_for_a_stage_that_is_skipped(world: World) -> None:
    skipping = {"before_entry": {"result": "skip", "rules": [{"name": "never", "invoke": "gate"}]}}
    repo = await world.repo(file(skipping))
    push = await repo.push()
    assert await push.status() == "Succeeded", "the endpoint is unknown, so the stage is skipped"

    given = await push.comment("/override prod")
    assert (
        await push.answers()
        == ["No condition of `prod` holds an execution back. `/status` tells what runs, and what it waits for.\n"]
        or "No condition of" in (await push.answers())[0]
    )
    assert await push.reactions(given) != ("+1",)


async def test_override_needs_the_right_role_and_stage(world: World) -> None:
    repo = await world.repo(file(check("false", "fail")))
    push = await repo.push()
    await push.comment("/override prod", by=world.cleo)
    await push.comment("/override nowhere")

    first, second = await push.answers()
    assert "needs the write role" in first
    assert "There is no `nowhere` here" in second
    assert await push.status() == "Failed"


async def test_ret_7_a_retry_judges_the_conditions_anew(world: World) -> None:
    repo = await world.repo(file({"before_entry": {"rules": [{"name": "ready", "run": "ready"}]}}))
    repo.action("before_entry:ready").fails()
    push = await repo.push()
    assert await push.status() == "Failed"
    await push.comment("/retry")

    assert await push.status() == "Succeeded"
    assert len(repo.action("before_entry:ready").jobs) == 2


async def test_stp_6_abandon_kills_a_rules_commands(world: World) -> None:
    repo = await world.repo(file({"before_entry": {"rules": [{"name": "soak", "run": "soak"}]}}))
    repo.action("before_entry:soak").held()
    push = await repo.push()
    await push.comment("/stop abandon enough")

    assert await push.status() == "Stopped"
    assert not repo.action("before_entry:soak").running


async def test_feature_76_every_evaluation_is_kept_with_what_went_into_it(world: World) -> None:
    """RUL-8: input, resolved configuration, result and times, in the store, as JSON and on the page."""
    repo = await world.repo(
        file(
            {"before_entry": {"rules": [{"name": "ready", "run": "test #{variables.REGION} = eu"}]}},
            variables={"REGION": "eu"},
        )
    )
    repo.action("before_entry:ready").fails(log="not yet\n")
    push = await repo.push()
    await push.comment("/retry")
    execution = await push.execution()

    kept = execution.stages[1].condition(ConditionKind.BEFORE_ENTRY)
    assert kept is not None
    assert (kept.attempt, kept.rules[0].configuration) == (
        2,
        {"commands": "test #{variables.REGION} = eu", "#{variables.REGION}": "eu"},
    )
    told = [entry.event for entry in await world.store.history(execution.id) if entry.event.kind == "rule_finished"]
    assert [(event.attempt, str(event.status), event.summary) for event in told] == [
        (1, "Failed", "exit status 1"),
        (2, "Succeeded", ""),
    ]
    plain = await world.json(f"/api/executions/{execution.id}")
    assert plain["stages"][1]["before_entry"]["rules"][0]["status"] == "Succeeded"
    page = await world.page(f"/executions/{execution.id}")
    assert "before entry" in page
    assert "ready" in page
    log = await world.page(f"/executions/{execution.id}/logs/prod/before_entry:ready/1/raw")
    assert log == "not yet\n"
