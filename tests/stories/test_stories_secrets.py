"""Sealed secrets: who gets them, who does not, and that nobody sees them."""

import pytest

from bot.security.seal import seal
from tests.world.repo import Repo
from tests.world.world import MakeWorld, World

pytestmark = pytest.mark.engine

SECRET = "correct horse battery"


def sealed(repo: Repo, name: str = "DEPLOY_KEY", secret: str = SECRET) -> dict[str, dict[str, str]]:
    key = repo.world.secrets.public_key(repo.repository)
    return {name: {"sealed": seal(key, repo.repository, name, secret)}}


async def test_a_secret_reaches_the_commands_and_nobody_sees_it(make_world: MakeWorld) -> None:
    async with make_world(real_jobs=True) as world:
        repo = await world.repo()
        file = """
secrets: {DEPLOY_KEY: {sealed: "%s"}}
stages:
  - name: build
    actions:
      - {name: use, namespace: used, run: 'echo "<$DEPLOY_KEY>"; echo "KEY=$DEPLOY_KEY" >"$PENSTOCK_OUTPUT"; test "${#DEPLOY_KEY}" = 21'}
      - {name: go, run_order: 2, approve: {message: "Use #{used.KEY}?"}}
"""
        repo.define(file % sealed(repo)["DEPLOY_KEY"]["sealed"])
        pull_request = await repo.open_pull_request()
        [execution] = await pull_request.head.executions()
        assert execution.stages[0].action("use").status == "Succeeded", execution.summary
        assert execution.stages[0].action("use").outputs == {"KEY": "****"}
        log = await world.page(f"/executions/{execution.id}/logs/build/use/1/raw")
        assert "<****>" in log
        seen = [log, *await pull_request.by_bot(), str(await pull_request.head.described())]
        seen += [await world.page(path) for path in (f"/executions/{execution.id}", f"/api/executions/{execution.id}")]
        assert not any(SECRET in text for text in seen)
        work = world.folder / "work"  # where the commands themselves have written it
        kept = [path for path in world.folder.rglob("*") if path.is_file() and not path.is_relative_to(work)]
        assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.needs("forks")  # elsewhere only who may write can open a pull request
async def test_a_pull_request_of_somebody_who_may_not_write_never_gets_it(world: World) -> None:
    """A branch of the repository itself, but proposed by somebody who may only read; a rerun by others changes nothing."""
    repo = await world.repo()
    repo.define("build", secrets=sealed(repo))
    await repo.push()
    pull_request = await repo.open_pull_request(by=world.cleo)
    await pull_request.comment("/rerun", by=world.ben)
    await pull_request.comment(f"/ok-to-test {pull_request.head.commit}", by=world.ben)
    [_, job] = repo.action("build").jobs
    assert "DEPLOY_KEY" not in job.env
    assert job.secrets == ()


async def test_those_who_may_write_get_it_in_every_way_of_starting(world: World) -> None:
    repo = await world.repo()
    repo.define("build", secrets=sealed(repo))
    await repo.push()
    pull_request = await repo.open_pull_request(by=world.ben)
    await pull_request.comment("/rerun", by=world.ben)
    jobs = repo.action("build").jobs
    assert [job.env.get("DEPLOY_KEY") for job in jobs] == [SECRET] * 3
    assert all(job.secrets == (SECRET,) and SECRET not in job.script for job in jobs)


async def test_a_secret_that_does_not_open_is_a_problem_of_the_file(world: World) -> None:
    """Copied from another repository or under another name, or damaged: told where it stands; nothing runs."""
    other, repo = await world.repo(name="acme/other"), await world.repo()
    key = world.secrets.public_key(repo.repository)
    value = seal(key, repo.repository, "DEPLOY_KEY", SECRET)
    wrong = {
        "DEPLOY_KEY": {"sealed": sealed(other)["DEPLOY_KEY"]["sealed"]},
        "OTHER_NAME": {"sealed": value},
        "DAMAGED": {"sealed": value[:-2]},
        "NOT_SEALED": {"sealed": "hunter2"},
    }
    repo.define("build", secrets=wrong)
    pull_request = await repo.open_pull_request()
    assert await pull_request.head.executions() == []
    [comment] = await pull_request.by_bot()
    assert all(f"secrets.{name}.sealed" in comment for name in wrong), comment
    assert "penstock seal" in comment
