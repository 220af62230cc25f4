"""Further sources beside the pushed commit: what is read, in whose name, and what is seen of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.actions.source.image import ImageKind
from bot.actions.source.object import ObjectKind
from bot.core.sources import revisions
from bot.model.execution import Execution
from tests.world.fake.git import BareRepository
from tests.world.registry import registry
from tests.world.repo import Push, Repo
from tests.world.world import MakeWorld, World


def with_source(source: dict[str, Any], run: str = "ls", **keys: Any) -> str:
    """A pipeline that reads a source called `docs`, then builds with it."""
    fetch = {"name": "docs", "source": source, "namespace": "docsrc"}
    use = {"name": "use", "run_order": 2, "run": run, "inputs": ["source", "docs"], **keys}
    return yaml.safe_dump({"stages": [{"name": "build", "actions": [fetch, use]}]}, default_flow_style=False)


def git(repo: Repo, **keys: Any) -> dict[str, Any]:
    return {"type": "git", "repository": repo.repository.full_name, **keys}


async def docs_and_web(world: World, **keys: Any) -> tuple[Repo, Push, Repo]:
    docs = await world.repo(name="acme/docs")
    newest = await docs.push("Write it down", files={"guide.md": "read me\n"})
    return docs, newest, await world.repo(with_source(git(docs, **keys)))


async def test_src_2_run_2_another_repositorys_branch_is_an_artifact_with_its_revision(world: World) -> None:
    _, newest, web = await docs_and_web(world)
    push = await web.push()
    execution = await push.execution()
    assert str(execution.status) == "Succeeded"
    run = execution.stage_run("build").action("docs")
    assert run.revision is not None
    assert (run.revision.id, run.revision.summary) == (newest.commit, "Write it down")
    assert run.outputs["CommitId"] == newest.commit
    assert run.outputs["BranchName"] == "main"
    assert run.outputs["CommitMessage"].startswith("Write it down")
    assert run.artifacts["docs"].files == 2  # README.md and guide.md, and no .git
    [job] = web.action("use").jobs
    assert job.env["PENSTOCK_INPUT_DOCS"].endswith("/inputs/docs")

    page = await world.page(f"/executions/{execution.id}")
    assert f"<code>{newest.commit[:7]}</code>" in page
    assert push.commit[:7] in page
    told = await world.json(f"/api/executions/{execution.id}")
    assert [(one["action"], one["id"]) for one in told["revisions"]] == [("docs", newest.commit)]
    await push.comment("/status")
    [answer] = await push.answers()
    assert "`docs` is `<commit 1>` of " in answer


@pytest.mark.engine
async def test_run_2_a_source_that_has_not_changed_is_read_all_the_same(world: World) -> None:
    """RUN-2, feature 18: only the pipeline's own repository has changed, and the revisions of both are known."""
    _, newest, web = await docs_and_web(world)
    first, second = await web.push(), await web.push()
    assert (await revision(first), await revision(second)) == (newest.commit, newest.commit)


async def revision(push: Push) -> str:
    run = (await push.execution()).stage_run("build").action("docs")
    return run.revision.id if run.revision else run.summary


async def test_what_nobody_here_may_see_is_not_read_in_their_name(world: World) -> None:
    """A pull request's file is anybody's to write: the bot's own token reads nothing for somebody who may not."""
    secret = await world.repo(name="acme/secret", private_to="ada")
    await secret.push(files={"key.txt": "hush\n"})
    web = await world.repo()
    web.define(with_source(git(secret)))
    pull_request = await web.open_pull_request(by=world.ben)
    execution = await pull_request.head.execution()
    run = execution.stage_run("build").action("docs")
    assert (str(execution.status), str(run.error)) == ("Failed", "PermissionError")
    assert "that ben may read" in run.summary
    assert web.action("use").jobs == []

    # Nor by somebody who may, at the wish of somebody who may not.
    await pull_request.comment("/rerun", by=world.ada)
    assert str((await pull_request.head.execution()).status) == "Failed"
    missing = {"type": "git", "repository": f"{secret.repository.full_name}-not"}
    web.define(with_source(missing))
    other = (await (await pull_request.push()).execution()).stage_run("build").action("docs")
    assert other.summary.replace("-not", "") == run.summary, "whether it is there is not told"

    web.define(with_source(git(secret)))
    assert str((await (await web.push(by=world.ada)).execution()).status) == "Succeeded"


async def test_whoever_pushes_to_somebody_else_s_pull_request_reads_nothing_in_their_name(world: World) -> None:
    """Not even when its author, who may, runs it again."""
    secret = await world.repo(name="acme/secret", private_to="ada")
    web = await world.repo("build")
    pull_request = await web.open_pull_request(by=world.ada)
    web.define(with_source(git(secret)))
    push = await web.push(branch=pull_request.branch, by=world.ben)
    assert str((await push.execution()).status) == "Failed"
    await pull_request.comment("/rerun", by=world.ada)
    again = await push.execution()
    assert (again.number, str(again.status)) == (3, "Failed")
    assert "that ada and ben may read" in again.summary


async def test_the_settings_may_open_a_repository_to_all(world: World) -> None:
    secret = await world.repo(name="acme/secret", private_to="ada")
    await secret.push()
    world.listed.append(f"{secret.repository.provider}:{secret.repository.full_name.partition('/')[0]}/*")
    web = await world.repo(with_source(git(secret)))
    assert str((await (await web.push(by=world.ben)).execution()).status) == "Succeeded"


@pytest.mark.engine
async def test_a_branch_that_is_not_there_fails_in_words(world: World) -> None:
    _, _, web = await docs_and_web(world, branch="gone")
    execution = await (await web.push()).execution()
    run = execution.stage_run("build").action("docs")
    assert str(run.error) == "RevisionUnavailable"
    assert "has no branch gone" in run.summary


@pytest.mark.anywhere
async def test_src_1_a_clone_has_its_history_and_files_alone_have_none(make_world: MakeWorld) -> None:
    """SRC-1, feature 17: of the pushed commit and of further sources alike."""
    async with make_world(real_jobs=True) as world:
        history = 'git -C "$PENSTOCK_INPUT_DOCS" log --format=%s | grep -q "Write it down"'
        nothing = 'test ! -e "$PENSTOCK_INPUT_DOCS/.git" && test -e "$PENSTOCK_INPUT_DOCS/guide.md"'
        docs = await world.repo(name="acme/docs")
        await docs.push("Write it down", files={"guide.md": "read me\n"})
        await docs.push("Write more", files={"more.md": "and me\n"})
        web = await world.repo(with_source(git(docs, format="clone"), history))
        assert_succeeded(await (await web.push()).execution())
        web.define(with_source(git(docs), nothing))
        assert_succeeded(await (await web.push()).execution())
        web.define("checkout: {format: zip}\nstages: [{name: a, actions: [{name: b, run: test ! -e .git}]}]\n")
        assert_succeeded(await (await web.push()).execution())
        web.define("checkout: {depth: full}\nstages: [{name: a, actions: [{name: b, run: git log}]}]\n")
        assert_succeeded(await (await web.push()).execution())


def assert_succeeded(execution: Execution) -> None:
    assert str(execution.status) == "Succeeded", execution.summary


@pytest.mark.engine
async def test_feature_25_a_revision_told_from_outside_starts_the_pipeline_with_it_once(world: World) -> None:
    """Section 7.6, RUN-4: `new_revision` is true once, and false when it is told again."""
    docs, old, web = await docs_and_web(world, detect_changes=False)
    newest = await docs.push("Write more")
    first = await web.push()
    assert await revision(first) == newest.commit

    told = {"repository": web.repository.full_name, "pipeline": "web", "action": "docs", "revision": old.commit}
    assert (await world.order("/api/revisions", told, token=""))[0] == 401
    status, answer = await world.order("/api/revisions", told)
    assert (status, answer["new_revision"]) == (200, True)
    execution = (await web.executions())[-1]
    assert (answer["execution"], str(execution.trigger.kind)) == (execution.id, "revision")
    assert execution.revision.commit == first.commit
    assert execution.stage_run("build").action("docs").revision is not None
    assert await revision(first) == old.commit, "the newest execution of that commit has the revision that was told"
    assert await world.order("/api/revisions", told) == (200, {**answer, "new_revision": False})
    assert len(await web.executions()) == 2

    for wrong, words in (
        ({**told, "action": "dcos"}, "it has build/docs"),
        ({**told, "pipeline": "wbe"}, "has a pipeline wbe"),
        ({**told, "stage": "test"}, "no source action test/docs"),
    ):
        status, answer = await world.order("/api/revisions", wrong)
        assert (status, words in answer["error"]) == (404, True)
    assert (await world.order("/api/revisions", {"pipeline": "web"}))[0] == 400


async def test_trg_10_a_push_to_a_further_source_starts_the_pipeline_with_what_was_pushed(world: World) -> None:
    """TRG-10: the source that has changed has the commit that was pushed, the others their newest."""
    docs, _, web = await docs_and_web(world)
    push = await web.push()
    await docs.push("Elsewhere", branch="next")
    assert len(await web.executions()) == 1
    changed = await docs.push("Say more", by=world.ben)
    _, execution = await web.executions()
    assert execution.revision.commit == push.commit
    assert execution.source_revisions == {"docs": changed.commit}
    assert await revision(push) == changed.commit
    assert str(execution.trigger.kind) == "source"
    assert execution.trigger.detail.endswith(f"@main is {changed.commit[:7]}, pushed by ben")
    page = await world.page(f"/repositories/{web.repository.provider}/{web.repository.full_name}/-/web")
    assert "docs" in page
    assert "starts it when it changes" in page

    web.define(with_source(git(docs, detect_changes=False)))
    await web.push()
    await docs.push("Say nothing")
    assert len(await web.executions()) == 3


async def test_a_change_of_what_may_not_be_read_starts_nothing(world: World) -> None:
    """Or whoever may not see a repository would learn of each push to it."""
    secret = await world.repo(name="acme/secret", private_to="ada")
    web = await world.repo(with_source(git(secret)))
    await web.push(by=world.ben)
    await secret.push()
    assert len(await web.executions()) == 1
    await web.push(by=world.ada)
    await secret.push()
    assert len(await web.executions()) == 3


@pytest.mark.anywhere
async def test_feature_23_what_no_delivery_tells_of_is_looked_at_until_nobody_has_run_it_for_30_days(
    world: World,
) -> None:
    """Section 7.4: polling is off, with its date, until the pipeline runs again."""
    docs = await world.repo(name="acme/docs")
    web = await world.repo(with_source(git(docs, poll="10m")))
    await web.push()

    async def in_silence(text: str) -> str:
        """A commit that nobody tells of."""
        host: Any = world.host
        made = await host.host.repository("acme/docs")
        bare = BareRepository(host.host.pushes.path(made))
        return str(await bare.commit("main", {"guide.md": text}, text, "ada", 0, await bare.commit_of("main")))

    assert len(await web.executions()) == 1
    first = await in_silence("one")
    await world.wind(seconds=599)
    assert len(await web.executions()) == 1
    await world.wind(seconds=2)
    _, polled = await web.executions()
    assert (polled.source_revisions, str(polled.trigger.kind)) == ({"docs": first}, "source")
    await world.wind(seconds=601)
    assert len(await web.executions()) == 2, "what has been seen is no change"
    await in_silence("between two looks")
    await Push(web, polled.revision.commit).comment("/rerun")
    await world.wind(seconds=601)
    assert len(await web.executions()) == 3, "what an execution has had already starts no other"

    await world.wind(days=31)
    await in_silence("two")
    await world.wind(seconds=601)
    assert len(await web.executions()) == 3
    [watched] = (await world.json("/api/sources"))["sources"]
    assert watched["off_since"] == world.clock.at - 601
    place = f"/repositories/local/{web.repository.full_name}/-/web"
    assert "is not looked at since" in await world.page(place)

    push = (await web.executions())[-1]
    await Push(web, push.revision.commit).comment("/rerun")
    await world.wind(seconds=601)
    assert (await world.json("/api/sources"))["sources"][0]["off_since"] is None
    assert "is not looked at since" not in await world.page(place)
    await in_silence("three")
    await world.wind(seconds=601)
    assert len(await web.executions()) == 5


@pytest.mark.anywhere
async def test_src_4_feature_16_a_new_object_and_a_new_image_start_the_pipeline(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    """SRC-4: what is new is found by polling, and is the execution's recorded revision."""
    bucket = tmp_path / "assets"
    bucket.mkdir()
    (bucket / "seed.txt").write_text("one")
    async with registry(tmp_path) as hub:
        digest = await hub.push("acme/base", "stable", "one")
        images = ImageKind({"main": hub.url})
        kinds = {"s3": ObjectKind({"assets": bucket.as_uri()}), "image": images}
        async with make_world(kinds=kinds) as world:
            fetch = [
                {"name": "seed", "source": {"type": "s3", "bucket": "assets", "key": "seed.txt"}},
                {"name": "base", "source": {"type": "image", "repository": "acme/base", "tag": "stable", "poll": "1m"}},
            ]
            use = {"name": "use", "run_order": 2, "run": "ls", "inputs": ["source", "seed", "base"]}
            web = await world.repo(yaml.safe_dump({"stages": [{"name": "build", "actions": [*fetch, use]}]}, width=200))
            push = await web.push()
            first = await push.execution()
            assert str(first.status) == "Succeeded", first.summary
            assert await ids(push) == {"seed": await ids_of(first, "seed"), "base": digest}

            newer = await hub.push("acme/base", "stable", "two")
            await world.wind(seconds=61)
            assert len(await web.executions()) == 2
            assert (await ids(push))["base"] == newer
            assert newer[:19] in await world.page(f"/executions/{(await push.execution()).id}")

            (bucket / "seed.txt").write_text("three")
            await world.wind(seconds=301)
            _, _, third = await web.executions()
            assert third.trigger.detail.startswith("seed: assets/seed.txt is ")
            assert await ids(push) == {"seed": third.source_revisions["seed"], "base": newer}
        await images.close()


async def ids(push: Push) -> dict[str, str]:
    return {name: one.id for name, one in revisions(await push.execution())}


async def ids_of(execution: Execution, action: str) -> str:
    return dict(revisions(execution))[action].id
