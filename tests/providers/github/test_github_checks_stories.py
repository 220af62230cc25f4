"""What only a GitHub App shows: check runs, with what failed and where, and with a button to run them again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model.deployment_wait import WaitType
from bot.model.execution import TriggerKind
from bot.model.people import Person
from bot.stores.memory import MemoryStore
from tests.world.fake.faults import lost
from tests.world.github.nouns import CheckRun
from tests.world.host_github import GitHubAppHost
from tests.world.repo import Push, Repo
from tests.world.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(GitHubAppHost(), MemoryStore(), tmp_path) as world:
        yield world


@pytest.fixture
async def instead(tmp_path: Path) -> AsyncIterator[World]:
    async with World(GitHubAppHost("instead"), MemoryStore(), tmp_path) as world:
        yield world


ASKED = """\
name: web
stages:
  - {name: build, actions: [{name: build, run: build}]}
  - {name: prod, actions: [{name: go, approve: {by: ["user:ben"]}}]}
"""


def host_of(world: World) -> GitHubAppHost:
    assert isinstance(world.host, GitHubAppHost)
    return world.host


def runs(push: Push) -> dict[str, CheckRun]:
    """The newest check run of each name."""
    host = host_of(push.world)
    return host.fake.check_runs(host.hosted(push.repo.repository), push.commit)


def made(repo: Repo) -> list[CheckRun]:
    return list(host_of(repo.world).hosted(repo.repository).check_runs.values())


def looked_for(world: World) -> int:
    asked = host_of(world).fake.requests
    return sum(call.method == "GET" and call.path.endswith("/check-runs") for call in asked)


async def press(push: Push, run: CheckRun, by: Person, *, all_of_it: bool = False) -> None:
    host = host_of(push.world)
    hosted = host.hosted(push.repo.repository)
    await host.fake.run_again(hosted, run, host.fake.user(by.login), all_of_it=all_of_it)
    await push.world.settled()


async def test_beside_statuses_it_comes_when_it_has_more_to_say_than_they(world: World) -> None:
    repo = await world.repo("build -> prod!")
    repo.action("build").held()
    push = await repo.push()
    assert made(repo) == []
    await repo.action("build").end()
    (run,) = runs(push).values()
    assert (run.status, run.conclusion) == ("completed", "action_required")
    await push.comment("/approve")
    assert [(one.conclusion) for one in made(repo)] == ["success"]


async def test_a_pipeline_is_one_check_run_beside_its_statuses(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request("Fix the typo")
    push = pull_request.head

    (run,) = runs(push).values()
    assert (run.name, run.status, run.conclusion) == ("penstock/web", "completed", "action_required")
    assert run.title.startswith("1 of 2 stages · waiting for approval: prod/prod")
    assert "| ⏳ |" in run.summary
    assert "<!--" not in run.summary
    assert run.details_url.startswith(f"{world.url}/executions/")
    assert await push.statuses() == {"web": "pending", "web/build": "success", "web/prod": "pending"}

    await pull_request.comment("/approve", by=world.ben)
    assert made(repo) == [run]  # the same one, changed
    assert (run.status, run.conclusion) == ("completed", "success")
    assert run.external_id == f"{(await push.execution()).id}/1"


async def test_check_runs_stand_in_the_place_of_statuses_where_the_settings_say_so(instead: World) -> None:
    repo = await instead.repo("build -> prod")
    repo.action("build").fails()
    push = await repo.push()

    assert await push.statuses() == {}
    assert {name: run.conclusion for name, run in runs(push).items()} == {
        "penstock/web": "failure",
        "penstock/web/build": "failure",
    }
    await push.comment("/retry")
    assert {name: run.conclusion for name, run in runs(push).items()} == {
        "penstock/web": "success",
        "penstock/web/build": "success",
        "penstock/web/prod": "success",
    }


async def test_a_failure_shows_the_log_and_a_retry_is_a_check_run_of_its_own(world: World) -> None:
    """What was said of the attempt that failed stays as it was said."""
    repo = await world.repo("build -> prod")
    repo.action("build").fails(2, log="no such module\n")
    push = await repo.push()
    failed = runs(push)["penstock/web"]

    assert failed.conclusion == "failure"
    assert "no such module" in failed.text
    await push.comment("/retry")
    assert [run.conclusion for run in made(repo)] == ["failure", "success"]
    assert [run.external_id.partition("/")[2] for run in made(repo)] == ["1", "2"]


async def test_a_pipeline_file_with_errors_is_marked_at_its_lines(world: World) -> None:
    repo = await world.repo()
    push = await repo.push(files={".pipeline.yml": "name: web\nstages:\n  - name: build\n    colour: green\n"})

    run = runs(push)["penstock/web"]
    assert run.conclusion == "failure"
    assert ".pipeline.yml" in run.summary
    assert {(one["path"], one["start_line"], one["annotation_level"]) for one in run.annotations} >= {
        (".pipeline.yml", 4, "failure")
    }


async def test_the_button_retries_what_failed(world: World) -> None:
    repo = await world.repo("build -> prod")
    repo.action("prod").fails()
    push = await repo.push()
    await press(push, runs(push)["penstock/web"], world.ben)

    (execution,) = await push.executions()
    assert (execution.status, execution.attempts) == ("Succeeded", 2)
    assert world.script.order == ["build", "prod", "prod"]


@pytest.mark.parametrize("all_of_it", [False, True], ids=["the run", "all"])
async def test_the_button_runs_what_succeeded_again(world: World, *, all_of_it: bool) -> None:
    repo = await world.repo("build")
    push = await repo.push()
    await press(push, runs(push)["penstock/web"], world.ben, all_of_it=all_of_it)

    first, second = await push.executions()
    assert (first.status, second.status) == ("Succeeded", "Succeeded")
    assert second.trigger.kind is TriggerKind.MANUAL
    assert second.trigger.by is not None
    assert second.trigger.by.login == "ben"
    assert await world.deliver_again() == 200  # the same press once more
    assert len(await push.executions()) == 2


async def test_the_button_is_under_the_same_policy_as_the_commands(world: World) -> None:
    """The role is asked for afresh; nobody is obeyed who may not write, and no bot."""
    repo = await world.repo("build")
    push = await repo.push()
    run = runs(push)["penstock/web"]
    await press(push, run, world.cleo)
    host = host_of(world)
    helper = host.fake.user("helper[bot]", "Bot")
    host.fake.grant(host.hosted(repo.repository), helper, "admin")
    await press(push, run, Person(helper.login, str(helper.id)))

    assert len(await push.executions()) == 1
    assert made(repo) == [run]


async def test_one_that_was_made_and_not_noted_is_found_again(world: World) -> None:
    """The answer to its making was lost: it is not made twice."""
    repo = await world.repo("build")
    host_of(world).fake.fail_next(lost(), "POST", "/check-runs")
    push = await repo.push()
    await world.wind(seconds=60)

    assert len(made(repo)) == 1
    assert runs(push)["penstock/web"].conclusion == "success"
    assert looked_for(world) == 1
    await repo.push()
    assert looked_for(world) == 1, "what was surely never made is not looked for"


async def test_an_app_without_the_permission_still_reports_statuses(tmp_path: Path) -> None:
    host = GitHubAppHost()
    async with World(host, MemoryStore(), tmp_path) as world:
        assert host.fake.hosted.app is not None
        del host.fake.hosted.app.permissions["checks"]
        repo = await world.repo("build -> prod!")
        push = await repo.push()
        await push.comment("/approve")

        assert await push.statuses() == {"web": "success", "web/build": "success", "web/prod": "success"}
        assert made(repo) == []
        asked = [call.path for call in host.fake.requests if call.path.endswith("/access_tokens")]
        assert len(asked) == 3, "what was refused is not asked for again at once"

        for installation in host.fake.hosted.app.installations:
            installation.permissions["checks"] = "write"  # its owner agrees
        await world.wind(seconds=600)
        assert runs(await repo.push())["penstock/web"].conclusion == "action_required"


async def test_what_logs_remark_is_marked_at_its_lines_fifty_at_once(world: World) -> None:
    """Errors first; a line whose remarks were put once is not given them twice."""
    repo = await world.repo("build: unit+lint+types")
    for name, what in (("unit", "error"), ("lint", "warning"), ("types", "error")):
        lines = "".join(f"src/a.c:{line}:2: {what}: {name} {line} [-Wx]\n" for line in range(1, 40))
        repo.action(name).fails(1, log=lines)
    host = host_of(world)
    host.fake.fail_next(lost(), "PATCH", "/check-runs/")
    push = await repo.push(files={"src/a.c": "int main;\n"})
    await world.wind(seconds=60)

    run = runs(push)["penstock/web"]
    assert len(run.annotations) == 100
    assert len({(one["start_line"], one["message"]) for one in run.annotations}) == 100
    assert run.annotations[0] == {
        "path": "src/a.c",
        "start_line": 1,
        "end_line": 1,
        "start_column": 2,
        "end_column": 2,
        "annotation_level": "failure",
        "message": run.annotations[0]["message"],
        "title": "cc -Wx",
    }
    assert [one["annotation_level"] for one in run.annotations] == ["failure"] * 78 + ["warning"] * 22


async def answer(push: Push, button: str, by: Person) -> None:
    host = host_of(push.world)
    hosted = host.hosted(push.repo.repository)
    await host.fake.press(hosted, runs(push)["penstock/web"], button, host.fake.user(by.login))
    await push.world.settled()


async def test_an_approval_is_answered_by_a_button(world: World) -> None:
    """By whom the approval names; others are told why not, in the thread."""
    repo = await world.repo(ASKED)
    pull_request = await repo.open_pull_request("Fix the typo")
    push = pull_request.head
    shown = runs(push)["penstock/web"].actions
    assert [(one["label"], one["description"]) for one in shown] == [
        ("Approve", "Let prod/go go on"),
        ("Reject", "Refuse prod/go"),
    ]
    await answer(push, "approve", world.ada)
    (refusal,) = [body for body in await pull_request.by_bot() if body.startswith("<!-- penstock:answer")]
    assert "ben" in refusal
    assert await push.status() == "InProgress"

    await answer(push, "approve", world.ben)
    assert await push.status() == "Succeeded"
    assert runs(push)["penstock/web"].actions == []


async def test_a_button_refuses_too_and_answers_only_what_it_was_beside(world: World) -> None:
    repo = await world.repo("build -> prod!")
    pull_request = await repo.open_pull_request("Fix the typo")
    first, run = pull_request.head, runs(pull_request.head)["penstock/web"]
    shown = list(run.actions)
    await pull_request.push("Say it better")
    run.actions = shown  # somebody has the old page open
    await answer(first, "approve", world.ben)
    assert await pull_request.status() == "InProgress"

    await answer(pull_request.head, "reject", world.ben)
    assert await pull_request.status() == "Failed"


async def let_go(push: Push) -> list[WaitType]:
    return [one.type for one in (await push.execution()).stages[0].action("go").let_go]


async def test_bgr_4_a_deployment_that_waits_is_let_go_on_by_a_button(world: World) -> None:
    """By whoever may say `/continue`; and on an old page only what it was shown for."""
    repo = await world.repo("name: web\nstages: [{name: prod, actions: [{name: go, run: go}]}]\n")
    repo.action("go").held()
    pull_request = await repo.open_pull_request("Fix the typo")
    push = pull_request.head
    assert made(repo) == []
    await push.waits(WaitType.READY)
    run = runs(push)["penstock/web"]
    assert [(one["label"], one["description"]) for one in run.actions] == [("Shift traffic", "To prod/go")]
    await answer(push, "shift_traffic", world.cleo)
    assert "needs the write role" in (await pull_request.answers())[-1]
    assert await let_go(push) == []
    shown = list(run.actions)
    await answer(push, "shift_traffic", world.ben)
    assert await let_go(push) == [WaitType.READY]

    await push.waits(WaitType.TERMINATION)
    run = runs(push)["penstock/web"]
    assert [(one["label"], one["description"]) for one in run.actions] == [("End the wait", "Of prod/go's originals")]
    ends, run.actions = run.actions, shown
    await answer(push, "shift_traffic", world.ben)
    assert "No deployment waits here" in (await pull_request.answers())[-1]
    run.actions = ends
    await answer(push, "end_wait", world.ada)
    assert await let_go(push) == [WaitType.READY, WaitType.TERMINATION]

    repo.action("go").held()
    pushed = await repo.push()
    assert "penstock/web" not in runs(pushed)
    await pushed.waits(WaitType.TERMINATION)  # which is no status of its own
    assert [one["label"] for one in runs(pushed)["penstock/web"].actions] == ["End the wait"]
