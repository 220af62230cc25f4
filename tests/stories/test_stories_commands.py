"""Commands in comments: stop, retry, rerun, and the questions. Answers to approvals have a file of their own."""

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.world.world import World


@pytest.mark.engine
async def test_stop_lets_running_actions_finish_and_begins_nothing_more(world: World) -> None:
    repo = await world.repo("build: unit > package -> prod")
    repo.action("unit").held()
    pull_request = await repo.open_pull_request()
    comment = await pull_request.comment("/stop wrong branch", by=world.ben)
    assert await pull_request.status() == "Stopping"
    assert repo.action("unit").running
    assert await pull_request.reactions(comment) == ("+1",)

    await repo.action("unit").end()
    assert await pull_request.status() == "Stopped"
    assert repo.action("package").jobs == []
    assert (await pull_request.head.described())["web"] == "stopped by ben: wrong branch · 0 of 2 stages"
    assert set((await pull_request.head.statuses()).values()) == {"failure"}


@pytest.mark.engine
async def test_stop_abandon_kills(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/stop")
    await pull_request.comment("/stop")
    assert "is stopping already" in (await pull_request.answers())[0]
    await pull_request.comment("/stop abandon wrong branch")

    assert await pull_request.status() == "Stopped"
    assert not repo.action("build").running
    assert str((await pull_request.head.execution()).stages[0].actions[0].status) == "Abandoned"
    assert (await pull_request.head.described())["web"] == "stopped by ada: wrong branch · 0 of 2 stages"


@pytest.mark.engine
async def test_retry_runs_only_what_failed(world: World) -> None:
    repo = await world.repo("build: unit+lint -> prod")
    repo.action("unit").fails()
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/retry")

    assert await pull_request.status() == "Succeeded"
    assert [len(repo.action(name).jobs) for name in ("unit", "lint", "prod")] == [2, 1, 1]
    assert repo.action("unit").jobs[1].env["PENSTOCK_ATTEMPT"] == "2"
    [execution] = await pull_request.head.executions()
    build = execution.stages[0]
    assert (build.attempts, [(run.name, run.attempt, str(run.status)) for run in build.past]) == (
        2,
        [("unit", 1, "Failed")],
    )


@pytest.mark.engine
async def test_retry_all_runs_the_whole_stage_again(world: World) -> None:
    repo = await world.repo("build: unit+lint -> prod")
    repo.action("unit").fails()
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/retry build all")

    assert [len(repo.action(name).jobs) for name in ("unit", "lint", "prod")] == [2, 2, 1]


@pytest.mark.engine
async def test_retry_of_what_has_been_stopped(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/stop abandon")
    await pull_request.comment("/retry")

    assert await pull_request.status() == "Succeeded"


@pytest.mark.engine
async def test_there_is_nothing_to_retry_where_nothing_failed(world: World) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/retry")

    assert "nothing to retry" in (await pull_request.answers())[0]


@pytest.mark.engine
async def test_a_stage_retries_itself_once_where_the_file_says_so(world: World) -> None:
    """RET-10, RET-11."""
    file = "stages:\n  - name: build\n    on_failure: {result: retry}\n    actions: [{name: unit, run: unit}]\n"
    repo = await world.repo(file)
    repo.action("unit").fails()
    first = await repo.push()
    assert await first.status() == "Succeeded"
    build = (await first.execution()).stages[0]
    assert (build.attempts, build.auto_retries, build.latest_retry) == (2, 1, "AutomatedStageRetry")

    repo.action("unit").fails()
    repo.action("unit").fails()
    second = await repo.push()
    assert await second.status() == "Failed"
    assert len(repo.action("unit").jobs) == 4


@pytest.mark.engine
async def test_rerun_begins_anew_with_other_variables(world: World) -> None:
    """RUN-5."""
    file = (
        "variables: {REGION: eu-west-1}\n"
        "stages: [{name: deploy, actions: [{name: deploy, run: 'deploy #{variables.REGION}'}]}]\n"
    )
    repo = await world.repo(file)
    pull_request = await repo.open_pull_request()
    comment = await pull_request.comment('/rerun REGION="us east"', by=world.ben)

    first, second = repo.action("deploy").jobs
    assert [job.env["PENSTOCK_REF_variables_REGION"] for job in (first, second)] == ["eu-west-1", "us east"]
    assert second.script == "deploy ${PENSTOCK_REF_variables_REGION}"
    assert await pull_request.reactions(comment) == ("+1",)
    assert [one.number for one in await pull_request.head.executions()] == [1, 2]
    await pull_request.comment("/rerun TOWN=Bern")
    assert await pull_request.answers() == ["The pipeline declares no variable `TOWN`. What it declares: `REGION`."]


@pytest.mark.engine
async def test_a_rerun_on_a_commit_runs_that_commit(world: World) -> None:
    repo = await world.repo("build")
    push = await repo.push("First")
    await repo.push("Second")
    await push.comment("/rerun")

    assert [one.number for one in await push.executions()] == [1, 3]


@pytest.mark.engine
async def test_a_rerun_of_another_revision(world: World) -> None:
    """RUN-3, RUN-4: a branch's newest commit, or a commit that has run; pinned, and in the lane that it belongs to."""
    repo = await world.repo("build")
    old, new = await repo.push("one"), await repo.push("two")
    idea = await repo.push("three", branch="idea")
    pull_request = await repo.open_pull_request()
    for word in (old.commit, old.commit[:7], "main", "idea"):
        await pull_request.comment(f"/rerun web @{word}", by=world.ben)
    started = [one for one in await repo.executions() if one.trigger.kind == "manual"]
    assert [one.revision.commit for one in started] == [old.commit, old.commit, new.commit, idea.commit]
    assert [str(one.lane.ref) for one in started] == ["heads/main"] * 3 + ["heads/idea"]
    assert started[0].trigger.detail == f"/rerun @{old.commit}"
    assert all(str(one.status) == "Succeeded" for one in started)

    for word in ("nowhere", "0000000", "../main"):
        await pull_request.comment(f"/rerun web @{word}")
    assert ["no branch is named" in answer for answer in await pull_request.answers()] == [True] * 3
    await pull_request.comment("/rerun web @main @idea")
    assert "can't read what follows" in (await pull_request.answers())[3]


@pytest.mark.engine
async def test_an_older_execution_no_longer_writes_the_commits_statuses(world: World) -> None:
    """A context belongs to the newest execution of that pipeline for the commit."""
    repo = await world.repo("build -> prod", outdated="finish")
    repo.action("prod").held()
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/rerun")
    assert (await pull_request.head.described())["web"] == "1 of 2 stages · waiting to enter prod: execution 1 is in it"
    repo.action("prod").held()
    await repo.action("prod").end(1)
    assert set((await pull_request.head.statuses()).values()) == {"pending", "success"}
    await repo.action("prod").end()

    assert [str(one.status) for one in await pull_request.head.executions()] == ["Failed", "Succeeded"]
    assert set((await pull_request.head.statuses()).values()) == {"success"}


@pytest.mark.engine
async def test_rerun_asks_which_where_there_are_several(world: World) -> None:
    repo = await world.repo({"web": "build", "docs": "render"})
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/rerun")
    assert "Name one, behind the command: `docs`, `web`" in (await pull_request.answers())[0]
    await pull_request.comment("/rerun docs")

    assert [len(repo.action(name).jobs) for name in ("build", "render")] == [1, 2]


async def test_who_may_only_read_may_not_command(world: World) -> None:
    repo = await world.repo("build")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    for command in ("/stop", "/retry", "/rerun"):
        comment = await pull_request.comment(command, by=world.cleo)
        assert await pull_request.status() == "InProgress"
        assert await pull_request.reactions(comment) == world.refused
        answer = (await pull_request.answers())[-1]
        assert answer == "That needs the write role in this repository, and yours is read."


@pytest.mark.engine
async def test_status_tells_what_goes_on(world: World, said: SnapshotAssertion) -> None:
    repo = await world.repo({"web": "build -> prod!", "docs": "render"})
    repo.action("render").fails()
    pull_request = await repo.open_pull_request("Fix the typo")
    comment = await pull_request.comment("/status", by=world.cleo)

    assert await pull_request.answers() == said
    assert await pull_request.reactions(comment) == ()


@pytest.mark.engine
async def test_why_tells_what_started_and_what_did_not(world: World, said: SnapshotAssertion) -> None:
    elsewhere = "triggers: {pull_request: {paths: ['src/**']}}\nstages: [{name: a, actions: [{name: a, run: a}]}]\n"
    repo = await world.repo({"web": "build", "docs": elsewhere})
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/why")

    assert await pull_request.answers() == said
    await pull_request.push(files={"src/a.py": "hello\n"})
    assert [one.lane.pipeline for one in await pull_request.head.executions()] == ["docs", "web"]


async def test_why_below_a_commit_is_about_that_commit(world: World) -> None:
    """Row 34: also where nothing ran for it; the commit's own events, whichever refs they were on."""
    repo = await world.repo(
        {"web": "build", "docs": "render"}, triggers={"push": {"branches": ["main"], "tags": ["v*"]}}
    )
    idea = await repo.push(branch="idea")
    released = await repo.push()
    await repo.push_tag("v1")
    await idea.comment("/why")
    assert "`docs` not started: the branch idea matches none of main" in (await idea.answers())[0]
    await released.comment("/why")
    answer = (await released.answers())[0]
    assert all(f"a push to {ref} (" in answer for ref in ("main", "v1"))


@pytest.mark.engine
async def test_status_says_what_kept_the_others_from_running(world: World) -> None:
    repo = await world.repo("build")
    repo.define(
        {
            "web": "build",
            "docs": "name: docs\ntriggers: {push: {tags: v*}}\nstages: [{name: a, actions: [{name: b, run: c}]}]\n",
        }
    )
    push = await repo.push()
    await push.comment("/status")
    assert "`docs` not started: it was a branch, and the push trigger names tags" in (await push.answers())[0]


@pytest.mark.engine
async def test_help_lists_every_command(world: World, said: SnapshotAssertion) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/help")

    assert await pull_request.answers() == said


@pytest.mark.engine
async def test_a_misspelt_command_is_answered_with_the_right_one(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    comment = await pull_request.comment("/aprove")

    assert await pull_request.answers() == [
        "There is no command `aprove`. Did you mean `/approve`? `/help` lists what there is."
    ]
    assert await pull_request.reactions(comment) == world.refused


async def test_commands_of_other_bots_are_no_affair_of_ours(world: World) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    comment = await pull_request.comment("/label bug\n/cherry-pick v1")

    assert await pull_request.answers() == []
    assert await pull_request.reactions(comment) == ()


async def test_a_repeated_delivery_of_a_command_is_obeyed_once(world: World) -> None:
    """RUN-6: the delivery's id is the token. Most hosts don't sign it: under another one the comment is the same all the same."""
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    await pull_request.comment("/rerun")
    assert await world.deliver_again(holding=b"rerun") == 200
    assert await world.deliver_again(identity="another-1", holding=b"rerun") == 202

    assert len(repo.action("build").jobs) == 2


@pytest.mark.engine
async def test_a_stop_and_a_retry_below_a_commit_are_about_that_commit(world: World) -> None:
    repo = await world.repo("build -> prod", mode="queued")
    repo.action("build").held()
    first, second = await repo.push("1"), await repo.push("2")
    await second.comment("/stop")
    assert [await first.status(), await second.status()] == ["InProgress", "Stopped"]
    await repo.action("build").end(1)
    assert await first.status() == "Failed"
    await second.comment("/retry")
    assert [await first.status(), await second.status()] == ["Failed", "Stopped"]
    assert "nothing to retry" in (await second.answers())[0]
    await first.comment("/retry")
    assert await first.status() == "Succeeded"


@pytest.mark.engine
async def test_ret_5_a_retry_is_refused_once_another_has_entered_the_stage(world: World) -> None:
    """SUP-6, and not before."""
    repo = await world.repo("build -> prod")
    repo.action("prod").fails()
    repo.action("prod").fails()
    first = await repo.push("1")
    repo.action("build").held()
    second = await repo.push("2")
    await first.comment("/retry prod")
    assert [await first.status(), len(repo.action("prod").jobs)] == ["Failed", 2]

    await repo.action("build").end()
    assert await second.status() == "Succeeded"
    await first.comment("/retry")
    assert "Execution 1 can't be retried: a newer one (`2`) has entered `prod` since." in (await first.answers())[0]
