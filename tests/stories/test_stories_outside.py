"""Changes from outside: held until somebody who may write has allowed the very commit, and then only built and tested (WBH-5)."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.model.artifact import Artifact, space_of
from bot.model.people import Role
from bot.runtime.retention import Kept
from tests.stories.test_stories_followers import FILES
from tests.stories.test_stories_secrets import sealed
from tests.world.repo import PullRequest, Push
from tests.world.world import MakeWorld, World


@pytest.mark.needs("forks_commits")
async def test_feature_116_a_change_from_outside_runs_only_as_the_very_commit_that_was_allowed(
    world: World, said: SnapshotAssertion
) -> None:
    """WBH-5: validated, not run; then run at exactly that commit, by the target branch's file, without secrets."""
    repo = await world.repo()
    repo.define("build", secrets=sealed(repo))
    await repo.push()
    repo.define("theirs")
    pull_request = await repo.open_pull_request_from_fork(by=world.dan)

    assert await pull_request.head.executions() == []
    assert await pull_request.by_bot() == said
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ben)

    assert await pull_request.status() == "Succeeded"
    assert repo.action("theirs").jobs == []
    job = repo.action("build").jobs[-1]
    assert "DEPLOY_KEY" not in job.env
    assert job.secrets == ()
    assert await pull_request.by_bot() == said


@pytest.mark.needs("forks_statuses")
async def test_what_comes_of_a_fork_is_told_on_its_commit_too(world: World) -> None:
    repo = await world.repo("build")
    await repo.push()
    head = (pull_request := await repo.open_pull_request_from_fork(by=world.dan)).head
    assert await head.statuses() == {"web": "pending"}
    await pull_request.comment(f"/ok-to-test {head.commit}", by=world.ben)
    assert await head.statuses() == {"web": "success", "web/build": "success"}


@pytest.mark.needs("forks")
async def test_a_change_from_a_fork_never_runs_by_itself(world: World) -> None:
    """Nor by a rerun, whoever asks for it; and where its host does not give its commit out, that is told."""
    repo = await world.repo("build")
    await repo.push()
    before = len(await repo.executions())
    pull_request = await repo.open_pull_request_from_fork(by=world.dan)

    [comment] = await pull_request.by_bot()
    assert "web has not run" in comment
    await pull_request.comment("/status", by=world.ben)
    assert "it is from a fork" in (await pull_request.answers())[0]
    await pull_request.comment("/rerun", by=world.ben)
    assert "runs only when its commit is allowed to" in (await pull_request.answers())[1]
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit[:12]}", by=world.dan)
    assert "needs the write role" in (await pull_request.answers())[2]
    assert len(await repo.executions()) == before


async def from_reader(world: World, pipeline: str = "build", **keys: str) -> PullRequest:
    """On a branch of the repository itself, but proposed by somebody who may only read."""
    repo = await world.repo(pipeline, **keys)
    await repo.push()
    return await repo.open_pull_request(by=world.cleo)


async def test_leave_is_for_one_commit_and_the_next_push_needs_another(world: World) -> None:
    """WBH-6."""
    pull_request = await from_reader(world)
    first = pull_request.head
    await pull_request.comment(f"/ok-to-test {first.commit}", by=world.ben)
    second = await pull_request.push("Now with malice")

    assert await first.status() == "Succeeded"
    assert await second.executions() == []
    assert await second.statuses() == {"web": "pending"}
    await pull_request.comment(f"/ok-to-test {first.commit}", by=world.ben)  # written while the push came
    assert "is not the newest commit here, so nothing was run" in (await pull_request.answers())[-1]
    assert await second.executions() == []
    await pull_request.comment(f"/ok-to-test {second.commit[:12]}", by=world.ben)
    assert await second.status() == "Succeeded"


@pytest.mark.engine
async def test_what_gives_no_leave(world: World) -> None:
    """No commit, too short a beginning, another pull request's commit, a reader, an edited comment, a commit's thread."""
    pull_request = await from_reader(world)
    head = pull_request.head.commit
    other = await pull_request.repo.open_pull_request(branch="other", by=world.ben)

    for words in ("", head[:7], other.head.commit):
        await pull_request.comment(f"/ok-to-test {words}", by=world.ben)
    await pull_request.comment(f"/ok-to-test {head}", by=world.cleo)
    await pull_request.head.comment(f"/ok-to-test {head}", by=world.ben)
    harmless = await pull_request.comment("Looks fine", by=world.ben)
    await world.host.edit_comment(harmless, f"/ok-to-test {head}", world.ben)
    await world.settled()
    assert await pull_request.head.executions() == []
    assert ["Name the commit" in each for each in await pull_request.answers()] == [True, True, False, False]

    await other.comment(f"/ok-to-test {other.head.commit}", by=world.ben)
    assert "is not from outside" in (await other.answers())[-1]


@pytest.mark.engine
async def test_what_acts_beyond_the_build_is_withheld_and_what_comes_behind_it_is_not(
    world: World, said: SnapshotAssertion
) -> None:
    """It is passed over, says so, and looks like no success: a branch that requires it can't be merged for it."""
    pull_request = await from_reader(world, "ready! -> build -> prod: check+go-live! > roll-out -> test")
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ben)

    assert await pull_request.status() == "Stopped"
    head = pull_request.head
    assert await head.statuses() == {"web": "pending", "web/build": "success", "web/test": "success"}
    assert (await head.described())["web"] == "2 of 4 stages done, 2 withheld from a change from outside: ready, prod"
    assert (await pull_request.by_bot())[-1] == said
    assert [pull_request.repo.action(name).jobs for name in ("check", "roll-out")] == [[], []]
    await pull_request.comment("/retry", by=world.ben)
    await pull_request.comment("/approve", by=world.ben)
    await pull_request.comment(f"/rerun @{pull_request.head.commit}", by=world.ben)
    [execution] = await pull_request.head.executions()
    assert [stage.status for stage in execution.stages] == ["Withheld", "Succeeded", "Withheld", "Succeeded"]


@pytest.mark.engine
async def test_an_environment_is_not_even_asked_for(world: World) -> None:
    text = "name: web\nstages:\n- {name: prod, environment: production, actions: [{name: ship, run: make ship}]}\n"
    pull_request = await from_reader(world, text)
    before = len(pull_request.repo.action("ship").jobs)
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ben)

    assert await pull_request.status() == "Stopped"
    assert (await pull_request.head.execution()).claim is None
    assert len(pull_request.repo.action("ship").jobs) == before


@pytest.mark.engine
async def test_a_broken_file_of_a_change_from_outside_is_explained_and_not_taken(world: World) -> None:
    repo = await world.repo("build")
    await repo.push()
    repo.define("name: web\nmoed: queued\nstages: []\n")
    pull_request = await repo.open_pull_request(by=world.cleo)

    assert "moed" in "".join(await pull_request.by_bot())
    assert await pull_request.head.statuses() == {"web": "failure"}
    assert await pull_request.head.executions() == []


async def test_whoever_may_not_write_any_more_is_an_outsider_from_then_on(world: World) -> None:
    """Asked afresh at each event: also on the embedded host."""
    repo = await world.repo("build")
    await repo.push()
    pull_request = await repo.open_pull_request(by=world.ben)
    await world.host.grant(repo.repository, world.ben, Role.READ)
    second = await repo.push("More", branch=pull_request.branch, by=world.ada)

    assert await pull_request.status() == "Succeeded"
    assert await second.executions() == []
    await pull_request.comment(f"/ok-to-test {second.commit}", by=world.ben)
    assert await second.executions() == []
    await pull_request.comment(f"/ok-to-test {second.commit}", by=world.ada)
    assert await second.status() == "Succeeded"


@pytest.mark.needs("forks")
async def test_a_commit_that_is_pushed_by_somebody_who_may_write_stays_apart_from_the_same_one_from_outside(
    world: World,
) -> None:
    """The push runs with everything, and keeps its statuses; the pull request of the same commit is held, and gets nothing of it.

    What comes of that is told on the pull request alone; what is asked of the commit is about the push.
    """
    repo = await world.repo()
    triggers = {"push": {"branches": ["**"]}, "pull_request": {"branches": ["main"]}}
    repo.define("build", secrets=sealed(repo), triggers=triggers)
    await repo.push()
    pushed = await repo.push("Theirs, taken over", branch="hello", by=world.ada)
    number = await world.host.open_pull_request(repo.repository, "hello", "Theirs", world.cleo)
    await world.settled()
    pull_request = PullRequest(repo, number, "hello", world.cleo, pushed)

    [execution] = await pushed.executions()
    assert (execution.outside, str(execution.lane.ref)) == (False, "heads/hello")
    assert "DEPLOY_KEY" in repo.action("build").jobs[-1].env
    told = {"web": "success", "web/build": "success"}
    assert await pushed.statuses() == told
    repo.action("build").fails()
    await pull_request.comment(f"/ok-to-test {pushed.commit}", by=world.ben)
    _, allowed = await pushed.executions()
    assert (allowed.outside, allowed.may_have_secrets, allowed.status) == (True, False, "Failed")
    assert "web failed" in (await pull_request.by_bot())[-1]
    assert await pushed.statuses() == told
    assert "DEPLOY_KEY" not in repo.action("build").jobs[-1].env
    repo.action("build").fails()
    await pushed.comment("/rerun", by=world.ben)
    again = await pushed.execution()
    assert (again.outside, again.may_have_secrets, str(again.lane.ref)) == (False, True, "heads/hello")
    assert await pushed.statuses() == {"web": "failure", "web/build": "failure"}


@pytest.mark.needs("forks")
async def test_whom_the_settings_name_needs_no_leave_and_gets_no_more_than_others(world: World) -> None:
    """A dependency bot's, say, on a branch of the repository. A fork's needs leave whoever made it."""
    for person in (world.cleo, world.dan):
        world.leave.append(f"{world.host.provider.name}:{(person.names or (person.login,))[0]}")
    repo = await world.repo()
    repo.define("build -> prod!", secrets=sealed(repo))
    await repo.push()
    pull_request = await repo.open_pull_request(by=world.cleo)
    forked = await repo.open_pull_request_from_fork(by=world.dan)

    [execution] = await pull_request.head.executions()
    assert (execution.status, execution.outside, execution.may_have_secrets) == ("Stopped", True, False)
    assert "DEPLOY_KEY" not in repo.action("build").jobs[-1].env
    second = await pull_request.push()
    assert [one.outside for one in await second.executions()] == [True]
    assert await forked.head.executions() == []


async def test_only_first_time_contributors_wait_where_the_settings_say_so(world: World) -> None:
    """Of whom something was merged before needs no leave, and gets no more than others."""
    world.leave.append("contributors")
    repo = await world.repo()
    repo.define("build -> prod!", secrets=sealed(repo), triggers={"pull_request": {"events": ["opened", "updated"]}})
    await repo.push()
    first = await repo.open_pull_request(branch="first", by=world.cleo)
    assert await first.head.executions() == []
    await first.merge(by=world.ben)
    second = await repo.open_pull_request(branch="second", by=world.cleo)

    [execution] = await second.head.executions()
    assert (execution.outside, execution.may_have_secrets, execution.status) == (True, False, "Stopped")
    assert "earlier contributors" in execution.trigger.detail
    assert "DEPLOY_KEY" not in repo.action("build").jobs[-1].env
    assert await (await repo.open_pull_request(branch="other", by=world.dan)).head.executions() == []


@pytest.mark.needs("forks_commits")
async def test_a_fork_is_given_no_secret_even_if_its_author_may_write(world: World) -> None:
    """Who else may push to the fork is not known."""
    repo = await world.repo()
    repo.define("build", secrets=sealed(repo))
    await repo.push()
    pull_request = await repo.open_pull_request_from_fork(by=world.ben)
    assert await pull_request.head.executions() == []
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ada)

    assert await pull_request.status() == "Succeeded"
    assert "DEPLOY_KEY" not in repo.action("build").jobs[-1].env


@pytest.mark.engine
async def test_what_is_allowed_starts_no_further_pipeline(world: World) -> None:
    repo = await world.repo(FILES)
    await repo.push()
    pull_request = await repo.open_pull_request(by=world.cleo)
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ben)

    assert [one.lane.pipeline for one in await pull_request.head.executions()] == ["build"]


@pytest.mark.engine
async def test_a_closed_pull_request_is_allowed_nothing(world: World) -> None:
    pull_request = await from_reader(world)
    await pull_request.close()
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ben)

    assert "is not open any more" in (await pull_request.answers())[-1]
    assert await pull_request.head.executions() == []


HANDED_ON = """\
stages:
  - name: build
    actions:
      - {name: package, run: echo the same for everybody > made, outputs: {made: [made]}}
  - name: test
    actions:
      - {name: try, inputs: [made], run: test -s made}
"""


@pytest.mark.anywhere
async def test_what_a_change_from_outside_makes_is_kept_apart(make_world: MakeWorld, tmp_path: Path) -> None:
    """It finds nothing of what the repository's own executions have stored, and they find nothing of its; it goes like theirs."""
    async with make_world(real_jobs=True, kept=Kept(history=9, artifacts=9)) as world:
        repo = await world.repo(HANDED_ON, triggers={"push": {"branches": ["main"]}, "pull_request": {}})
        assert (await made(await repo.push())).stored > 0
        pull_request = await repo.open_pull_request(by=world.ben)
        assert (await made(pull_request.head)).stored == 0, "there already"
        await world.host.grant(repo.repository, world.ben, Role.READ)
        outside = await repo.push("More", branch=pull_request.branch, by=world.ada)
        await pull_request.comment(f"/ok-to-test {outside.commit}", by=world.ada)

        assert await outside.status() == "Succeeded"
        artifact = await made(outside)
        assert artifact.stored > 0
        assert artifact.space == space_of(repo.repository, outside=True)
        kept = tmp_path / "artifacts" / artifact.space / "artifacts"
        assert len(list(kept.rglob("manifest"))) == 1
        await pull_request.close()
        await repo.push()
        await world.wind(days=10)
        await world.bot.upkeep.once()
        assert list(kept.rglob("manifest")) == []


async def made(push: Push) -> Artifact:
    return (await push.execution()).stages[0].actions[0].artifacts["made"]
