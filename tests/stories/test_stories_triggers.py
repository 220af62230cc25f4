"""Triggers: what people push and open, and what runs for it (section 8). The filters' tables are in tests/core."""

import pytest

from tests.world.world import World


async def test_a_pull_requests_head_commit_may_ask_to_be_skipped(world: World) -> None:
    repo = await world.repo("build")
    pull_request = await repo.open_pull_request("Fix the typo [skip ci]")
    assert await pull_request.head.executions() == []
    await pull_request.push("Now test it")
    assert await pull_request.status() == "Succeeded"
    await pull_request.push("And again [ci skip]")
    assert await pull_request.head.executions() == []
    await pull_request.comment("/why")
    assert "says to skip" in (await pull_request.answers())[0]


async def test_a_closed_pull_request_may_start_a_pipeline(world: World) -> None:
    """TRG-8: and the execution for it is not among those that the closing stops."""
    repo = await world.repo("clean-up", triggers={"pull_request": {"events": ["closed"]}})
    pull_request = await repo.open_pull_request()
    assert await pull_request.head.executions() == []
    await pull_request.close()
    assert await pull_request.status() == "Succeeded"


async def test_a_merge_is_two_events(world: World) -> None:
    """TRG-9: the pull request was closed, and its target branch was pushed to."""
    repo = await world.repo(
        "build", triggers={"push": {"branches": ["main"]}, "pull_request": {"events": "closed", "branches": "main"}}
    )
    pull_request = await repo.open_pull_request()
    await pull_request.merge()
    assert sorted(str(one.trigger.kind) for one in await repo.executions()) == ["pull_request", "push"]


@pytest.mark.engine
async def test_one_event_that_passes_several_entries_starts_once(world: World) -> None:
    """TRG-9, C11."""
    repo = await world.repo("build", triggers={"push": [{"branches": ["main"]}, {"branches": ["m*"]}]})
    push = await repo.push()
    assert len(await push.executions()) == 1


async def test_a_new_branch_has_no_paths_to_compare(world: World) -> None:
    """TRG-4, TRG-5."""
    repo = await world.repo("build", triggers={"push": {"branches": ["**"], "paths": ["src/**"]}})
    first = await repo.push(branch="idea", files={"src/a.py": "1\n"})
    assert await first.executions() == []
    second = await repo.push(branch="idea", files={"src/a.py": "2\n"})
    assert await second.status() == "Succeeded"
    third = await repo.push(branch="idea", files={"README.md": "2\n"})
    assert await third.executions() == []


async def test_trg_12_a_run_knows_its_ref_commit_author_and_message(world: World) -> None:
    """In the trigger's record, and as variables of the source: of the branch that was pushed, not of the pipeline's home."""
    known = ("BranchName", "CommitId", "CommitMessage", "AuthorDate", "FullRepositoryName")
    show = " ".join(f"#{{source.{name}}}" for name in known)
    repo = await world.repo(
        "triggers: {push: {branches: ['**']}}\n"
        f"stages: [{{name: build, actions: [{{name: show, run: 'echo {show}'}}]}}]\n"
    )
    push = await repo.push("Mend the gate", branch="release/2", by=world.ben)
    execution = await push.execution()

    assert (execution.trigger.kind, execution.trigger.by and execution.trigger.by.login) == ("push", world.ben.login)
    revision = execution.revision
    assert (str(revision.ref), revision.commit, revision.message) == ("heads/release/2", push.commit, "Mend the gate")
    assert execution.stages[0].actions[0].resolved == {
        "#{source.BranchName}": "release/2",
        "#{source.CommitId}": push.commit,
        "#{source.CommitMessage}": "Mend the gate",
        "#{source.AuthorDate}": revision.authored_at,
        "#{source.FullRepositoryName}": repo.repository.full_name,
    }
    assert revision.authored_at
