"""A pull request: its one comment, and what becomes of executions when it changes."""

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.world.pipelines import pipeline_file
from tests.world.repo import PullRequest
from tests.world.world import World


async def the_comment(pull_request: PullRequest) -> str:
    """The pipeline's comment; there is only one."""
    [body] = [body for body in await pull_request.by_bot() if not body.startswith("<!-- penstock:answer")]
    return body


async def test_one_comment_tells_the_whole_story(world: World, said: SnapshotAssertion) -> None:
    """It is edited in place: asked, answered, deployed, and still the same comment."""
    repo = await world.repo("build: unit+lint -> staging -> prod: go-live! > roll-out")
    pull_request = await repo.open_pull_request("Fix the typo")
    assert await the_comment(pull_request) == said
    before = [one.id for one in await pull_request.comments()]

    repo.action("roll-out").held()
    await pull_request.comment("/approve looks good", by=world.ben)
    assert await the_comment(pull_request) == said
    await repo.action("roll-out").end()
    assert await the_comment(pull_request) == said
    assert [one.id for one in await pull_request.comments()][: len(before)] == before
    assert set((await pull_request.head.statuses()).values()) == {"success"}


@pytest.mark.engine
async def test_a_failures_last_lines_are_in_the_comment(world: World, said: SnapshotAssertion) -> None:
    repo = await world.repo("build: unit+lint -> prod")
    log = (
        "".join(f"line {number}\n" for number in range(1, 41))
        + "\x1b[31mAssertionError: <b>1 != 2</b> ``` @ben\x1b[0m\n"
    )
    repo.action("unit").fails(2, log)
    pull_request = await repo.open_pull_request()

    comment = await the_comment(pull_request)
    assert comment == (said if world.host.provider.limits.folding else said(name="unfolded"))
    assert "line 20\n" not in comment
    assert "line 40\n" in comment


@pytest.mark.engine
async def test_each_pipeline_has_a_comment_of_its_own(world: World) -> None:
    repo = await world.repo({"web": "build", "docs": "render"})
    pull_request = await repo.open_pull_request()
    await pull_request.push()

    assert len(await pull_request.by_bot()) == 2


async def test_a_deleted_comment_is_written_anew_and_only_once(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    [comment] = await pull_request.comments()
    await world.host.delete_comment(pull_request.ref(comment))
    await pull_request.comment("/approve")

    assert "succeeded" in await the_comment(pull_request)


@pytest.mark.engine
async def test_a_new_push_stops_what_still_runs_for_the_old_one(world: World, said: SnapshotAssertion) -> None:
    """`outdated: stop`, the default on pull requests: the older one is killed, and the comment tells of the newer."""
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    pull_request = await repo.open_pull_request("First")
    first = pull_request.head
    second = await pull_request.push("Second")

    assert await first.status() == "Superseded"
    assert await second.status() == "Succeeded"
    assert not repo.action("build").running
    assert set((await first.statuses()).values()) == {"failure"}
    assert (await first.described())["web"] == "superseded by execution 2 · 0 of 2 stages"
    assert set((await second.statuses()).values()) == {"success"}
    assert await the_comment(pull_request) == said


@pytest.mark.engine
async def test_an_older_revision_finishes_where_the_file_says_so(world: World) -> None:
    repo = await world.repo("build -> prod", outdated="finish")
    repo.action("build").held()
    pull_request = await repo.open_pull_request("First")
    first = pull_request.head
    second = await pull_request.push("Second")
    assert await second.described() == {"web": "0 of 2 stages · waiting to enter build: execution 1 is in it"}

    await repo.action("build").end()
    assert [await first.status(), await second.status()] == ["Succeeded", "Succeeded"]
    assert "execution 2" in await the_comment(pull_request)


@pytest.mark.engine
async def test_a_broken_file_is_explained_with_every_error_and_mended_later(
    world: World, said: SnapshotAssertion
) -> None:
    repo = await world.repo(
        "name: web\nmoed: queued\nstages:\n  - name: build\n    actions:\n      - {name: unit, runn: make}\n      - {name: unit, run: make}\n"
    )
    pull_request = await repo.open_pull_request()
    assert await pull_request.by_bot() == said
    assert await pull_request.head.statuses() == {"web": "failure"}

    repo.define("build")
    await pull_request.push("Mend the file")
    assert await pull_request.by_bot() == said
    assert await pull_request.head.statuses() == {"web": "success", "web/build": "success"}


async def test_closing_it_stops_what_runs(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("build").held()
    pull_request = await repo.open_pull_request()
    await pull_request.close()

    assert await pull_request.status() == "Stopped"
    assert not repo.action("build").running
    assert "the pull request was closed" in (await pull_request.head.described())["web"]


@pytest.mark.engine
async def test_closing_it_ends_an_approval_that_waits(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request()
    await pull_request.close()

    assert await pull_request.status() == "Stopped"
    await pull_request.comment("/approve")
    assert "Nothing waits for approval here." in (await pull_request.answers())[0]


@pytest.mark.needs("reopening")
async def test_reopening_it_runs_it_again(world: World) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    await pull_request.close()
    await pull_request.reopen()

    assert [str(one.status) for one in await pull_request.head.executions()] == ["Succeeded", "Succeeded"]
    assert len(await pull_request.by_bot()) == 1


async def test_merging_it_runs_the_default_branch(world: World) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request()
    await pull_request.merge()

    assert [str(one.lane.ref) for one in await repo.executions()] == ["pull/1", "heads/main"]


@pytest.mark.engine
async def test_a_failed_status_is_right_again_after_a_retry(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("prod").fails()
    pull_request = await repo.open_pull_request()
    assert (await pull_request.head.statuses())["web/prod"] == "failure"
    await pull_request.comment("/retry")

    assert set((await pull_request.head.statuses()).values()) == {"success"}


@pytest.mark.needs("retargeting")
async def test_another_target_branch_asks_the_triggers_anew(world: World) -> None:
    """Its commit is the same. What was asked for the old target alone is asked no more."""
    release = {"pull_request": {"branches": ["release/**"]}}
    repo = await world.repo({"web": "build -> prod!", "ship": "pack"}, triggers=release)
    main = pipeline_file("check -> go!", triggers={"pull_request": {"branches": ["main"]}})
    await repo.push(branch="release/1")
    pull_request = await repo.open_pull_request(files={".pipelines/main.yml": main})
    assert [one.lane.pipeline for one in await pull_request.head.executions()] == ["main"]

    await pull_request.retarget("release/1")
    ran = await pull_request.head.executions()
    assert [(one.lane.pipeline, str(one.status), one.revision.target_branch) for one in ran] == [
        ("main", "Stopped", "main"),
        ("ship", "Succeeded", "release/1"),
        ("web", "InProgress", "release/1"),
    ]
    assert "target branch is release/1 now" in (await pull_request.head.described())["main"]

    await pull_request.retarget("main")
    assert [(one.lane.pipeline, str(one.status)) for one in (await pull_request.head.executions())[2:]] == [
        ("web", "Stopped"),
        ("main", "InProgress"),
    ]


async def test_the_target_branch_decides_where_the_trigger_names_some(world: World) -> None:
    repo = await world.repo("build", triggers={"pull_request": {"branches": ["release/**"]}})
    pull_request = await repo.open_pull_request()

    assert await pull_request.head.executions() == []
    await pull_request.comment("/why")
    [answer] = await pull_request.answers()
    assert "`web` not started: the target branch main matches none of release/\\*\\*" in answer


@pytest.mark.engine
async def test_what_a_failed_log_remarks_about_lines_of_files_stands_in_the_comment_and_on_the_page(
    world: World, said: SnapshotAssertion
) -> None:
    """Each with its place; files that are not the repository's are nobody's business."""
    repo = await world.repo("build: unit+lint -> prod")
    repo.action("unit").fails(2, log="src/a.c:3:12: error: 'x' undeclared\n/usr/include/b.h:1:1: error: no\n")
    repo.action("lint").succeeds(log="src/a.c:9:1: warning: unused variable 'y' [-Wunused-variable]\n")
    pull_request = await repo.open_pull_request("Fix the typo", files={"src/a.c": "int main;\n"})

    [comment] = await pull_request.by_bot()
    assert [line for line in comment.splitlines() if "src/a.c:" in line and "error:" not in line] == said
    execution = await pull_request.head.execution()
    page = await world.page(f"/executions/{execution.id}")
    assert "1 error in its log" in page
    assert "<code>src/a.c:3:12</code>" in page
    assert "1 warning in its log" in page
    assert page.count("in its log</summary>") == 2
