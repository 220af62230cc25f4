"""A push: what runs for it, what does not and why, and what people see of it on the host."""

import pytest

from tests.world.pipelines import pipeline_file
from tests.world.world import MakeWorld, World


async def test_a_push_runs_to_its_success(world: World) -> None:
    repo = await world.repo("build: unit+lint > package -> staging -> prod")
    push = await repo.push("Fix the typo")

    assert await push.status() == "Succeeded"
    assert sorted(world.script.order[:2]) == ["lint", "unit"]
    assert world.script.order[2:] == ["package", "staging", "prod"]
    assert await push.described() == {
        "web": "succeeded in 0 s · 3 of 3 stages",
        "web/build": "succeeded in 0 s",
        "web/staging": "succeeded in 0 s",
        "web/prod": "succeeded in 0 s",
    }
    assert set((await push.statuses()).values()) == {"success"}


@pytest.mark.engine
async def test_every_status_links_to_a_page_that_tells_of_it(world: World) -> None:
    repo = await world.repo("build -> prod")
    push = await repo.push("Fix the typo")

    for seen in (await world.host.statuses(repo.repository, push.commit)).values():
        page = await world.page(seen.url.removeprefix(world.url))
        assert "Fix the typo" in page
        assert "prod" in page


@pytest.mark.engine
async def test_while_it_runs_the_statuses_say_what_runs(world: World) -> None:
    repo = await world.repo("build: unit+lint -> prod")
    repo.action("unit").held()
    push = await repo.push()

    assert await push.statuses() == {"web": "pending", "web/build": "pending"}
    assert await push.described() == {"web": "0 of 2 stages · running build", "web/build": "running 2 actions"}

    await repo.action("unit").end()
    assert await push.status() == "Succeeded"


@pytest.mark.engine
async def test_a_failure_ends_it_and_says_why(world: World) -> None:
    repo = await world.repo("build: unit+lint > package -> prod")
    repo.action("unit").fails(2)
    push = await repo.push()

    assert await push.status() == "Failed"
    assert sorted(world.script.order) == ["lint", "unit"]
    assert await push.statuses() == {"web": "failure", "web/build": "failure"}
    assert await push.described() == {
        "web": "failed: build/unit: exit status 2 · 0 of 2 stages",
        "web/build": "failed: unit: exit status 2 · after 0 s",
    }


@pytest.mark.engine
async def test_actions_beside_a_failed_one_are_left_to_finish(world: World) -> None:
    """The next group of the stage is not begun."""
    repo = await world.repo("build: unit+lint > package")
    repo.action("unit").fails()
    repo.action("lint").held()
    push = await repo.push()

    assert await push.status() == "InProgress"
    await repo.action("lint").end()
    assert await push.status() == "Failed"
    assert repo.action("package").jobs == []


@pytest.mark.engine
async def test_a_commit_without_a_pipeline_file_is_left_alone(world: World) -> None:
    repo = await world.repo()
    push = await repo.push()

    assert await push.statuses() == {}
    assert await push.comments() == []
    await push.comment("/status")
    assert await push.answers() == [
        "Nothing runs here. The last event: a push to main (`<commit 1>`); there is no pipeline file (.pipeline.yml or .pipelines/\\*.yml) at this commit."
    ]


async def test_a_file_with_errors_fails_the_commit_and_names_the_first(world: World) -> None:
    repo = await world.repo("name: web\nstages:\n  - name: build\n    actions: [{name: unit, runn: make}]\n")
    push = await repo.push()

    assert await push.executions() == []
    assert await push.statuses() == {"web": "failure"}
    assert ".pipeline.yml:4:" in (await push.described())["web"]


@pytest.mark.engine
async def test_a_mended_file_runs(world: World) -> None:
    repo = await world.repo("stages: nonsense\n")
    await repo.push()
    repo.define("build")
    mended = await repo.push("Mend the file")

    assert await mended.statuses() == {"web": "success", "web/build": "success"}


@pytest.mark.engine
async def test_each_of_several_pipelines_has_its_own_execution_and_statuses(world: World) -> None:
    repo = await world.repo({"web": "build", "docs": "render"})
    repo.action("render").fails()
    push = await repo.push()

    assert {one.lane.pipeline: str(one.status) for one in await push.executions()} == {
        "web": "Succeeded",
        "docs": "Failed",
    }
    assert await push.statuses() == {
        "web": "success",
        "web/build": "success",
        "docs": "failure",
        "docs/render": "failure",
    }


@pytest.mark.engine
async def test_one_broken_file_does_not_keep_the_others_from_running(world: World) -> None:
    repo = await world.repo({"web": "build", "docs": "stages: nonsense\n"})
    push = await repo.push()

    assert await push.statuses() == {"web": "success", "web/build": "success", "docs": "failure"}


@pytest.mark.engine
async def test_another_branch_than_the_default_one_starts_nothing_by_itself(world: World) -> None:
    repo = await world.repo("build")
    push = await repo.push(branch="idea")

    assert await push.executions() == []
    assert await push.statuses() == {}


def triggered(**push: object) -> str:
    return pipeline_file("build", triggers={"push": push}) + "\n"


async def test_what_was_pushed_decides_what_starts(world: World) -> None:
    repo = await world.repo(
        {
            "releases": triggered(branches=["main", "release/**"]),
            "finished": triggered(branches={"include": ["**"], "exclude": ["wip-*"]}),
            "sources": triggered(paths={"include": ["src/**"], "exclude": ["**/*.md"]}),
        }
    )
    for branch in ("main", "release/1/2", "wip-1"):
        await repo.push(branch=branch)
    for branch, path, started in (
        ("main", "src/a.py", {"releases", "finished", "sources"}),
        ("main", "src/a.md", {"releases", "finished"}),
        ("release/1/2", "docs/a", {"releases", "finished"}),
        ("wip-1", "src/a.py", {"sources"}),
        ("wip-1", "docs/a", set()),
    ):
        push = await repo.push(branch=branch, files={path: f"{branch}\n"})
        assert {one.lane.pipeline for one in await push.executions()} == started, (branch, path)


async def test_a_tag_starts_what_asks_for_tags_and_nothing_else(world: World) -> None:
    release = "triggers: {push: {tags: ['v*']}}\nstages: [{name: ship, actions: [{name: ship, run: 'ship #{source.TagName}'}]}]\n"
    repo = await world.repo({"web": "build", "release": release})
    pushed = await repo.push()
    assert [one.lane.pipeline for one in await pushed.executions()] == ["web"]

    tagged = await repo.push_tag("v1.0")
    assert [one.lane.pipeline for one in await tagged.executions()] == ["web", "release"]
    assert {one.revision.commit for one in await tagged.executions()} == {pushed.commit}
    [job] = repo.action("ship").jobs
    assert job.env["PENSTOCK_TAG"] == "v1.0"

    await repo.push_tag("nightly")
    assert len(await repo.executions()) == 2


async def test_a_commit_that_asks_to_be_skipped_is_skipped(world: World) -> None:
    repo = await world.repo("build")
    for mark in ("[skip ci]", "[ci skip]", "[SKIP CI]"):
        push = await repo.push(f"Fix the typo {mark}")
        assert await push.executions() == []
        assert await push.statuses() == {}


async def test_a_deleted_branch_runs_nothing(world: World) -> None:
    repo = await world.repo("build", triggers={"push": {"branches": ["**"]}})
    await repo.push(branch="idea")
    before = len(await repo.executions())
    await repo.delete_branch("idea")

    assert len(await repo.executions()) == before == 1


async def test_a_repeated_delivery_does_nothing(world: World) -> None:
    repo = await world.repo("build")
    push = await repo.push()

    assert await world.deliver_again() == 200
    assert len(await push.executions()) == 1
    assert len(repo.action("build").jobs) == 1


async def test_a_delivery_that_the_host_did_not_sign_is_refused(world: World) -> None:
    repo = await world.repo("build")
    await repo.push()

    assert await world.deliver_forged(signed=False) == 401
    assert await world.deliver_forged(signed=True) == 403
    assert len(await repo.executions()) == 1


async def test_a_commit_that_is_gone_fails_with_words_that_say_so(world: World) -> None:
    """Force-pushed away and collected before the bot got to it."""
    repo = await world.repo("build", triggers={"push": {"branches": ["**"]}})
    push = await repo.push(branch="idea")
    gone = "dead" * 10
    answer = await world.deliver_again(lambda body: body.replace(push.commit.encode(), gone.encode()), "another-1")

    assert answer == 202
    assert len(await repo.executions()) == 1
    await push.comment("/why")
    [words] = await push.answers()
    assert "no longer" in words


async def test_a_force_push_runs_the_new_commit(world: World) -> None:
    repo = await world.repo("build")
    await repo.push("First")
    push = await repo.push("First, better", force=True)

    assert await push.status() == "Succeeded"


@pytest.mark.engine
async def test_the_same_story_on_the_real_database(make_world: MakeWorld) -> None:
    async with make_world(sql=True) as world:
        repo = await world.repo("build: unit+lint -> prod!")
        push = await repo.push()
        assert await push.statuses() == {"web": "pending", "web/build": "success", "web/prod": "pending"}
        await push.comment("/approve")
        assert await push.status() == "Succeeded"
        assert set((await push.statuses()).values()) == {"success"}


async def test_names_and_messages_of_any_script_are_kept_to_the_letter(world: World) -> None:
    """Two branches that look alike are two; what is written from right to left, or as pictures, is fetched, run and told."""
    repo = await world.repo("build", triggers={"push": {"branches": ["**"]}})
    composed, decomposed = "fix/caf\u00e9-\U0001f680", "fix/cafe\u0301-\U0001f680"
    pushes = [
        await repo.push(f"Grüße \U0001f680 {branch} \u0627\u0644", branch=branch) for branch in (composed, decomposed)
    ]
    for push, branch in zip(pushes, (composed, decomposed), strict=True):
        [execution] = await push.executions()
        assert (str(execution.status), execution.lane.ref.name) == ("Succeeded", branch)
        assert set((await push.statuses()).values()) == {"success"}
        assert f"Grüße \U0001f680 {branch} \u0627\u0644" in await world.page(f"/executions/{execution.id}")


@pytest.mark.anywhere
async def test_a_folder_in_the_pipeline_file_s_place_is_told(world: World) -> None:
    repo = await world.repo("")
    pull_request = await repo.open_pull_request(files={".pipeline.yml/web.yml": "stages: []\n"})
    [comment] = await pull_request.by_bot()
    assert "It is a folder. Make it a file; several files go into the folder" in comment
    assert (await pull_request.head.described())["web"].startswith(".pipeline.yml: It is a folder.")
    assert await (await repo.push()).statuses() == {}
