"""One pipeline starting another: `triggers: {pipelines: [...]}`."""

from tests.world.world import World

FILES = {
    "build": "name: build\nstages: [{name: build, actions: [{name: unit, run: unit}]}]\n",
    "deploy": "name: deploy\ntriggers: {pipelines: build}\nstages: [{name: go, actions: [{name: ship, run: ship}]}]\n",
    "tell": "name: tell\ntriggers: {pipelines: [deploy]}\nstages: [{name: go, actions: [{name: mail, run: mail}]}]\n",
}


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


async def test_a_failure_starts_nothing(world: World) -> None:
    repo = await world.repo(FILES)
    repo.action("unit").fails()
    push = await repo.push()
    assert [one.lane.pipeline for one in await push.executions()] == ["build"]
    await push.comment("/why")
    assert "it starts when build succeeds" in (await push.answers())[0]
    await push.comment("/retry")
    assert [one.lane.pipeline for one in await push.executions()] == ["build", "deploy", "tell"]


async def test_a_circle_is_refused_in_words(world: World) -> None:
    repo = await world.repo(
        {**FILES, "build": FILES["build"].replace("stages", "triggers: {push: true, pipelines: tell}\nstages")}
    )
    push = await repo.push()
    assert await push.executions() == []
    assert "over and over: build → tell → deploy → build" in (await push.described())["build"]


async def test_a_pipeline_that_is_not_there_is_a_problem(world: World) -> None:
    repo = await world.repo({**FILES, "deploy": FILES["deploy"].replace("pipelines: build", "pipelines: biuld")})
    push = await repo.push()
    assert "Did you mean `build`?" in (await push.described())["deploy"]
