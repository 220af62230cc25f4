"""One pipeline starting another: `triggers: {pipelines: [...]}`."""

import pytest

from tests.world.world import World

FILES = {
    "build": "name: build\nstages: [{name: build, actions: [{name: unit, run: unit}]}]\n",
    "deploy": "name: deploy\ntriggers: {pipelines: build}\nstages: [{name: go, actions: [{name: ship, run: ship}]}]\n",
    "tell": "name: tell\ntriggers: {pipelines: [deploy]}\nstages: [{name: go, actions: [{name: mail, run: mail}]}]\n",
}


@pytest.mark.engine
async def test_a_success_starts_what_follows_on_the_same_ref(world: World) -> None:
    repo = await world.repo(FILES)
    pull_request = await repo.open_pull_request(by=world.ben)
    build, deploy, tell = await pull_request.head.executions()
    assert [one.lane.pipeline for one in (build, deploy, tell)] == ["build", "deploy", "tell"]
    assert all(str(one.status) == "Succeeded" for one in (build, deploy, tell))
    assert {one.lane.ref for one in (build, deploy, tell)} == {build.lane.ref}
    trigger = deploy.trigger
    assert (str(trigger.kind), trigger.detail, trigger.execution) == ("pipeline", "build #1 succeeded", build.id)
    assert trigger.by is not None
    assert trigger.by.login == "ben"
    page = await world.page(f"/executions/{deploy.id}")
    assert f'<a href="/executions/{build.id}">another pipeline by ben · build #1 succeeded</a>' in page
    assert set(await pull_request.head.statuses()) >= {"build", "deploy", "tell"}


@pytest.mark.engine
async def test_a_failure_starts_nothing(world: World) -> None:
    repo = await world.repo(FILES)
    repo.action("unit").fails()
    push = await repo.push()
    assert [one.lane.pipeline for one in await push.executions()] == ["build"]
    await push.comment("/why")
    assert "it starts when build succeeds" in (await push.answers())[0]
    await push.comment("/retry")
    assert [one.lane.pipeline for one in await push.executions()] == ["build", "deploy", "tell"]


@pytest.mark.engine
async def test_a_circle_is_refused_in_words(world: World) -> None:
    repo = await world.repo(
        {**FILES, "build": FILES["build"].replace("stages", "triggers: {push: true, pipelines: tell}\nstages")}
    )
    push = await repo.push()
    assert await push.executions() == []
    assert "over and over: build → tell → deploy → build" in (await push.described())["build"]


@pytest.mark.engine
async def test_a_pipeline_that_is_not_there_is_a_problem(world: World) -> None:
    repo = await world.repo({**FILES, "deploy": FILES["deploy"].replace("pipelines: build", "pipelines: biuld")})
    push = await repo.push()
    assert "Did you mean `build`?" in (await push.described())["deploy"]


INVOKING = {
    "build": """
name: build
stages:
  - name: build
    actions:
      - {name: unit, run: unit, namespace: pkg}
      - {name: next, run_order: 2, invoke: {pipeline: deploy, variables: {TAG: "v#{pkg.VERSION}"}}, namespace: started}
      - {name: after, run_order: 3, run: "echo #{started.PipelineExecutionId}"}
""",
    "deploy": """
name: deploy
triggers: {}
variables: {TAG: none, REGION: eu-west-1}
stages: [{name: go, actions: [{name: ship, run: "ship #{variables.TAG}"}]}]
""",
}


@pytest.mark.engine
async def test_inv_2_an_action_starts_another_pipeline_with_variables_and_waits_for_nothing(world: World) -> None:
    """INV-2, C20, feature 26: it succeeds when the other has started, whatever becomes of that."""
    repo = await world.repo(INVOKING)
    repo.action("unit").succeeds(VERSION="1.2")
    repo.action("ship").fails()
    push = await repo.push(by=world.ben)
    build, deploy = await push.executions()
    assert (str(build.status), str(deploy.status)) == ("Succeeded", "Failed")
    assert deploy.variables == {"TAG": "v1.2", "REGION": "eu-west-1"}
    run = build.stage_run("build").action("next")
    assert (run.summary, run.outputs) == ("started deploy #1", {"PipelineExecutionId": deploy.id})
    assert deploy.revision == build.revision
    trigger = deploy.trigger
    assert (str(trigger.kind), trigger.detail, trigger.execution) == (
        "pipeline",
        "invoked by build #1: build/next",
        build.id,
    )
    assert trigger.by is not None
    assert trigger.by.login == "ben"


@pytest.mark.anywhere
async def test_inv_2_what_the_other_refuses_fails_the_action(world: World) -> None:
    repo = await world.repo(
        {
            **INVOKING,
            "deploy": INVOKING["deploy"]
            .replace("TAG: none", "LABEL: none")
            .replace("variables.TAG", "variables.LABEL"),
        }
    )
    repo.action("unit").succeeds(VERSION="1.2")
    execution = await (await repo.push()).execution()
    run = execution.stage_run("build").action("next")
    assert str(run.error) == "ConfigurationError"
    assert "TAG" in run.summary
