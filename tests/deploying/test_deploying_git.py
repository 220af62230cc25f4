"""Deployments by Git in their variants: who may, what is copied, what cannot be done and why, and after a crash."""

from pathlib import Path

import pytest

from bot.actions.deploying.git.edits import EditRefused, copied
from bot.actions.deploying.git.grants import GitGrants, NotGranted
from bot.logs.files import LogFiles
from bot.model.error import ErrorCode
from bot.model.execution import ActionRun
from bot.model.repository import Repository
from bot.ports import FoundRepository, HostRefused, HostUnavailable, PushRefused
from bot.runtime.waits import Waits
from bot.sources.branches import OpenGitBranches
from tests.deploying.conftest import Site
from tests.world.fake.git import BareRepository
from tests.world.repo import Push, Repo

VALUES = "image:\n  tag: v0 # set by the pipeline\n"
SET = 'path: web.yaml, set: {image.tag: "#{source.CommitId}"}'
BUILD = "{name: build, run: 'mkdir out; echo 1 > out/a.yaml; echo 2 > out/run; chmod +x out/run; ln -s a.yaml out/link', outputs: {out: ['out/**']}}"


def pipeline(change: str = SET, before: str = "", more: str = "") -> str:
    go = f"{{name: go, run_order: 2, deploy: {{git: {{repository: acme/env, {change}}}}}{more}}}"
    return f"variables: {{UP: ../../b}}\nstages: [{{name: prod, actions: [{before}{go}]}}]\n"


async def deployed(push: Push) -> ActionRun:
    return (await push.execution()).stages[0].action("go")


class Environment:
    """A repository that says what runs, as somebody else sees it."""

    def __init__(self, site: Site, repo: Repo, bare: BareRepository) -> None:
        self.repo = repo.repository
        self.host = site.world.host.provider
        self._bare = bare

    async def push(self, **files: str) -> None:
        await self.commit("main", **files)

    async def commit(self, branch: str, **files: str) -> None:
        await self._bare.commit(branch, files, "By hand", "ada", 0, await self._bare.commit_of(f"refs/heads/{branch}"))

    async def git(self, *arguments: str) -> str:
        return (await self._bare.git(*arguments)).strip()

    async def commits(self, branch: str = "main") -> list[str]:
        """Subjects, newest first, without the repository's first."""
        return (await self.git("log", "--format=%s", branch)).splitlines()[:-2]

    async def file(self, path: str = "web.yaml", branch: str = "main") -> str:
        return await self.git("show", f"{branch}:{path}")


@pytest.fixture
async def env(site: Site) -> Environment:
    repo = await site.world.repo(name="acme/env")
    remote = await site.world.host.provider.remote(repo.repository)
    assert remote.path is not None
    made = Environment(site, repo, BareRepository(remote.path))
    await made.push(**{"web.yaml": VALUES})
    site.world.gitops.append(("local:acme/web", "acme/env"))
    return made


async def test_what_is_so_already_is_no_commit_and_the_second_deployment_says_so(site: Site, env: Environment) -> None:
    repo = await site.world.repo(pipeline("path: web.yaml, set: {image.tag: v2}, message: 'Run #{source.BranchName}'"))
    first, second = await deployed(await repo.push()), await deployed(await repo.push())
    assert await env.commits() == ["Run main"]
    assert second.summary == "nothing to change: acme/env, branch main says so already"
    assert second.outputs == first.outputs == {"CommitId": await env.git("rev-parse", "main"), "Repository": "acme/env"}
    assert await env.git("log", "-1", "--format=%an <%ae>") == "Penstock <penstock@noreply.invalid>"


async def test_files_of_an_artifact_are_copied_and_stay_what_they_are(site: Site, env: Environment) -> None:
    repo = await site.world.repo(
        pipeline("path: apps/web, files: ['out/**']", before=f"{BUILD}, ", more=", inputs: [out]")
    )
    run = await deployed(await repo.push())
    assert run.status == "Succeeded", run.summary
    listed = (await env.git("ls-tree", "-r", "--format=%(objectmode) %(path)", "main")).splitlines()
    assert listed == ["100644 README.md", "100644 apps/web/out/a.yaml", "100755 apps/web/out/run", "100644 web.yaml"]


async def test_files_of_the_commit_itself_are_copied_where_there_is_no_other_artifact(
    site: Site, env: Environment
) -> None:
    repo = await site.world.repo(pipeline("path: ., files: ['*.yaml']"))
    run = await deployed(await repo.push(files={"web.yaml": "image: {tag: v9}\n"}))
    assert run.status == "Succeeded", run.summary
    assert await env.file() == "image: {tag: v9}"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("path: web.yaml, set: {image.tagg: v2}", "web.yaml has no image.tagg"),
        ("path: w.yaml, set: {image.tag: v2}", "there is no file w.yaml"),
        ("path: web.yaml, branch: prod, set: {image.tag: v2}", "acme/env has no branch prod"),
        ("path: 'a/#{variables.UP}', set: {image.tag: v2}", "'a/../../b' is no path in a repository"),
        ("path: ., files: ['*.nothing']", "the artifact has no file that *.nothing chooses"),
    ],
)
async def test_what_cannot_be_done_fails_with_the_reason(site: Site, env: Environment, change: str, why: str) -> None:
    run = await deployed(await (await site.world.repo(pipeline(change))).push())
    assert (run.error, run.summary) == (ErrorCode.CONFIGURATION, why)
    assert await env.commits() == []


async def test_a_repository_that_nobody_has_allowed_is_not_changed(site: Site, env: Environment) -> None:
    site.world.gitops.clear()
    run = await deployed(await (await site.world.repo(pipeline())).push())
    assert run.error is ErrorCode.PERMISSION
    assert "PENSTOCK_GITOPS_REPOSITORIES=local:acme/web=acme/env" in run.summary
    assert await env.commits() == []


async def test_patterns_say_who_may_change_what(site: Site, env: Environment) -> None:
    host = {"local": site.world.host.provider}
    web = Repository("local", "1", "acme/web")
    for who, what in [("local:acme/web", "acme/*"), ("*:acme/*", "*/env")]:
        assert (await GitGrants(host, [(who, what)]).find("acme/env", web)).full_name == "acme/env"
    for who, what in [("local:acme", "acme/env"), ("github:acme/web", "*/*"), ("local:acme/web", "acme/env2")]:
        with pytest.raises(NotGranted):
            await GitGrants(host, [(who, what)]).find("acme/env", web)
    with pytest.raises(NotGranted, match="that the bot may see"):
        await GitGrants(host, [("local:acme/web", "*/*")]).find("acme/none", web)


async def test_an_old_name_leads_to_no_repository_that_is_not_allowed(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts go on finding a repository by the name that it had."""
    provider, web = site.world.host.provider, Repository("local", "1", "acme/web")
    renamed = FoundRepository(Repository("local", "2", "acme/vault"), public=False)

    async def find(_name: str) -> FoundRepository:
        return renamed

    monkeypatch.setattr(provider, "find", find)
    with pytest.raises(NotGranted, match="local:acme/web may not change acme/env"):
        await GitGrants({"local": provider}, [("local:acme/web", "acme/env")]).find("acme/env", web)
    allowed = GitGrants({"local": provider}, [("local:acme/web", "acme/env"), ("local:acme/web", "acme/vault")])
    assert await allowed.find("acme/env", web) == renamed.repository


async def test_when_others_push_meanwhile_it_is_done_again_on_top_of_theirs(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, theirs = OpenGitBranches.push, [{"other.yaml": "1\n"}, {"web.yaml": f"# mine\n{VALUES}"}]

    async def late(opened: OpenGitBranches, commit: str, branch: str, before: str) -> None:
        if theirs:
            await env.push(**theirs.pop(0))
        await real(opened, commit, branch, before)

    repo = await site.world.repo(pipeline("path: web.yaml, set: {image.tag: v2}, message: Ours"))
    monkeypatch.setattr(OpenGitBranches, "push", late)
    push = await repo.push()
    assert (await deployed(push)).status == "Succeeded"
    assert await env.commits() == ["Ours", "By hand", "By hand"]
    assert await env.file() == f"# mine\n{VALUES}".replace("v0", "v2").strip()
    assert "Somebody else has pushed to main" in await LogFiles(site.world.folder / "logs").tail(
        (await deployed(push)).log, 20
    )


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (SET, "Let the bot push to main, or have people merge it: `pull_request: true`."),
        (f"{SET}, pull_request: true", "Let the bot make branches called penstock/…"),
    ],
)
async def test_a_branch_that_is_protected_is_told_with_the_remedy(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch, change: str, remedy: str
) -> None:
    async def protected(*_: object) -> None:
        raise PushRefused("host.test refused the push: GH006.")

    monkeypatch.setattr(OpenGitBranches, "push", protected)
    run = await deployed(await (await site.world.repo(pipeline(change))).push())
    assert (run.error, run.summary) == (ErrorCode.PERMISSION, f"host.test refused the push: GH006. {remedy}")


@pytest.mark.parametrize("change", [SET, f"{SET}, pull_request: true"])
async def test_killed_after_the_push_nothing_is_committed_or_proposed_twice(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The commit is found again by the name of its attempt, whatever has been pushed since."""
    real, lost = OpenGitBranches.push, [True]

    async def unheard(opened: OpenGitBranches, commit: str, branch: str, before: str) -> None:
        await real(opened, commit, branch, before)
        if lost:
            lost.clear()
            raise HostUnavailable("the answer is lost")

    repo = await site.world.repo(pipeline(change))
    monkeypatch.setattr(OpenGitBranches, "push", unheard)
    push = await repo.push()
    assert (await deployed(push)).status == "InProgress"
    await env.push(**{"other.yaml": "1\n"})
    await site.world.wind(seconds=2)
    run = await deployed(push)
    assert run.status == "Succeeded", run.summary
    assert not lost
    asked = await env.host.open_pull_requests(env.repo)
    if "pull_request" in change:
        assert [str(one.number) for one in asked] == [run.outputs["PullRequest"]]
        assert run.outputs["CommitId"] == asked[0].head
    else:
        assert len(await env.commits()) == 2
        assert push.commit in await env.file()
        assert not asked


async def test_a_pull_request_that_was_merged_before_a_crash_could_tell_is_done(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    contributing = type(env.host.contributing)
    real, lost = contributing.propose, [True]

    async def unheard(*arguments: object) -> int:
        number: int = await real(*arguments)  # type: ignore[arg-type]
        if lost:
            lost.clear()
            await site.world.host.host.merge("acme/env", number, by="ada")  # type: ignore[attr-defined]
            raise HostUnavailable("the answer is lost")
        return number

    repo = await site.world.repo(pipeline(f"{SET}, pull_request: true, wait: merged"))
    monkeypatch.setattr(contributing, "propose", unheard)
    push = await repo.push()
    await site.world.wind(seconds=2)
    run = await deployed(push)
    assert run.status == "Succeeded", run.summary
    assert push.commit in await env.file()
    assert await env.host.open_pull_requests(env.repo) == []


async def test_a_pull_request_that_is_closed_or_left_fails_who_waits(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by looking, where no delivery tells of it."""

    async def unheard(*_: object) -> None: ...

    monkeypatch.setattr(Waits, "wake", unheard)
    wait = f"{SET}, pull_request: true, wait: merged"
    repo = await site.world.repo(pipeline(wait, more=", timeout: 1h"))
    first = await repo.push()
    (asked,) = await env.host.open_pull_requests(env.repo)
    await site.world.host.close_pull_request(env.repo, asked.number, site.world.ada)
    assert (await deployed(first)).status == "InProgress"
    await site.world.wind(seconds=20)
    run = await deployed(first)
    assert (run.error, run.summary) == (
        ErrorCode.JOB_FAILED,
        f"pull request #{asked.number} of acme/env was closed unmerged",
    )

    second = await repo.push()
    for _ in range(30):
        await site.world.wind(seconds=301)
    run = await deployed(second)
    assert (run.error, run.summary) == (
        ErrorCode.TIMEOUT,
        f"pull request #{asked.number + 1} of acme/env was not merged within its timeout",
    )


async def test_a_wait_that_is_stopped_leaves_the_pull_request_to_people(site: Site, env: Environment) -> None:
    repo = await site.world.repo(pipeline(f"{SET}, pull_request: true, wait: merged"))
    push = await repo.push()
    await push.comment("/stop abandon enough")
    assert await push.status() == "Stopped"
    assert len(await env.host.open_pull_requests(env.repo)) == 1


async def test_a_branch_that_others_have_added_to_outlives_its_pull_request(site: Site, env: Environment) -> None:
    repo = await site.world.repo(pipeline(f"{SET}, pull_request: true"))
    await repo.push()
    (asked,) = await env.host.open_pull_requests(env.repo)
    await env.commit(asked.source_branch, **{"theirs.yaml": "1\n"})
    repo.define(pipeline("path: web.yaml, set: {image.tag: v0}, pull_request: true"))
    assert (await deployed(await repo.push())).summary.endswith(f"pull request #{asked.number} of acme/env was closed")
    assert (await env.commits(asked.source_branch))[0] == "By hand"


async def test_two_branches_are_two_pull_requests(site: Site, env: Environment) -> None:
    """That of the one has nothing of the other's, which it was not made upon."""
    await env.commit("prod", **{"web.yaml": VALUES, "prod.yaml": "1\n"})
    repo = await site.world.repo(pipeline(f"{SET}, pull_request: true"))
    await repo.push()
    repo.define(pipeline(f"{SET}, branch: prod, pull_request: true"))
    await repo.push()
    asked = await env.host.open_pull_requests(env.repo)
    assert sorted(one.target_branch for one in asked) == ["main", "prod"]
    assert len({one.source_branch for one in asked}) == 2


async def test_a_host_that_will_not_close_a_pull_request_fails_no_deployment(
    site: Site, env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: object) -> None:
        raise HostRefused("you may not")

    repo = await site.world.repo(pipeline(f"{SET}, pull_request: true"))
    await repo.push()
    monkeypatch.setattr(type(env.host.contributing), "withdraw", refuses)
    repo.define(pipeline("path: web.yaml, set: {image.tag: v0}, pull_request: true"))
    run = await deployed(await repo.push())
    assert run.summary == "nothing to change: acme/env, branch main says so already"
    assert "The pull request of an older execution stays open: you may not" in await LogFiles(
        site.world.folder / "logs"
    ).tail(run.log, 20)


async def test_two_pipelines_that_change_one_file_at_once_lose_nothing(site: Site, env: Environment) -> None:
    await env.push(**{"web.yaml": "a: 0\nb: 0\n"})
    texts = {name: pipeline(f"path: web.yaml, set: {{{name}: '#{{source.CommitId}}'}}") for name in ("a", "b")}
    push = await (await site.world.repo(texts)).push()
    assert (await env.file()).count(push.commit) == 2


def test_too_much_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.actions.deploying.git.edits.MOST_FILES", 2)
    for name in ("a", "b"):
        (tmp_path / name).write_text("1")
    assert set(copied(tmp_path, ["**"], ".")[0]) == {"a", "b"}
    (tmp_path / "c").write_text("1")
    with pytest.raises(EditRefused, match="more than 2 files"):
        copied(tmp_path, ["**"], "x")
