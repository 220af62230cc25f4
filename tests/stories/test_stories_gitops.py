"""Deployments by Git: what a push makes of another repository, at once or as a pull request, and who may."""

import pytest
import yaml

from bot.model.host_event import Thread, ThreadKind
from bot.model.pipeline import Checkout
from tests.world.repo import Push, Repo
from tests.world.world import World

VALUES = "# what runs\nimage:\n  tag: v0   # set by the pipeline\n"
TAG = 'path: web.yaml, set: {image.tag: "#{source.CommitId}"}'


def pipeline(env: Repo, change: str = TAG) -> str:
    git = f"git: {{repository: {env.repository.full_name}, {change}}}"
    return f"stages: [{{name: prod, actions: [{{name: go, namespace: git, deploy: {{{git}}}}}]}}]\n"


async def environment(world: World, *, granted: bool = True) -> Repo:
    """A repository that says what runs, and that the pipelines of others may change."""
    env = await world.repo(name="acme/env")
    if granted:
        world.gitops.append((f"{world.host.provider.name}:*/web", env.repository.full_name))
    await world.host.push(env.repository, "main", {"web.yaml": VALUES}, "Say what runs", world.ada)
    await world.settled()
    return env


async def shown(env: Repo, commit: str | None = None) -> tuple[str, str]:
    """The file as it is on the main branch, or at a commit, and the message of that."""
    world = env.world
    commit = commit or await world.host.provider.head(env.repository, "main") or ""
    await world.sources.fetch(env.repository, [commit], Checkout())
    files = await world.sources.files(env.repository, commit, ["web.yaml"])
    return files["web.yaml"].decode(), (await world.sources.describe(env.repository, commit))[0]


async def summary(push: Push) -> str:
    return (await push.execution()).stages[0].action("go").summary


@pytest.mark.engine
async def test_gitops_a_value_is_set_by_a_commit_that_names_its_execution(world: World) -> None:
    env = await environment(world)
    push = await (await world.repo(pipeline(env))).push()
    assert await push.status() == "Succeeded", await summary(push)
    text, message = await shown(env)
    assert yaml.safe_load(text) == {"image": {"tag": push.commit}}
    assert [text.count(each) for each in ("# what runs\n", "   # set by the pipeline\n")] == [1, 1]
    assert (await push.execution()).id in message


async def test_gitops_a_pull_request_is_waited_for_and_brought_up_to_date(world: World) -> None:
    """One pull request for all executions, closed when there is nothing left to change; whoever merges it lets the pipeline go on."""
    env = await environment(world)
    later = "{name: told, run_order: 2, run: 'echo #{git.PullRequest}'}"
    repo = await world.repo(
        pipeline(env, f"{TAG}, pull_request: true, message: 'Deploy web at #{{source.CommitId}}'").replace(
            "}}]}", f"}}}}, {later}]}}"
        )
    )
    first, second = await repo.push(), await repo.push()
    assert [await push.status() for push in (first, second)] == ["Succeeded", "Succeeded"], await summary(first)
    (open_one,) = await world.host.provider.open_pull_requests(env.repository)
    assert (open_one.title, open_one.target_branch) == (f"Deploy web at {second.commit}", "main")
    assert second.commit in (await shown(env, await head(env, open_one.source_branch)))[0]
    assert (await shown(env))[0] == VALUES

    repo.define(pipeline(env, "path: web.yaml, set: {image.tag: v0}, pull_request: true"))
    assert await summary(await repo.push()) == (
        f"nothing to change: {env.repository.full_name}, branch main says so already; "
        f"pull request #{open_one.number} of {env.repository.full_name} was closed"
    )
    assert await world.host.provider.open_pull_requests(env.repository) == []
    assert await head(env, open_one.source_branch) == ""
    (said,) = await world.host.comments(env.repository, Thread(ThreadKind.PULL_REQUEST, str(open_one.number)))
    assert "there is nothing left to merge here" in said.body

    repo.define(pipeline(env, f"{TAG}, pull_request: true, wait: merged"))
    third = await repo.push()
    assert await third.status() == "InProgress"
    (open_one,) = await world.host.provider.open_pull_requests(env.repository)
    waits = f"waiting until pull request #{open_one.number} of {env.repository.full_name} is merged"
    told = await third.described()
    assert waits.startswith(told["web/prod"].rstrip("…"))
    assert f"0 of 1 stage · {waits}".startswith(told["web"].rstrip("…"))
    page = world.host.provider.page_url(env.repository, Thread(ThreadKind.PULL_REQUEST, str(open_one.number)))
    drawn = await world.page(f"/executions/{(await third.execution()).id}")
    assert "Waiting for its merge" in drawn
    assert f"{waits.replace('waiting', 'waits')}</h2>" in drawn
    assert f'<a href="{page}" rel="noreferrer">Merge it</a>' in drawn
    assert (await third.execution()).stages[0].action("go").external_url == page

    await third.comment("/continue")
    (answer,) = await third.answers()
    assert "`prod/go` goes on as soon as pull request" in answer
    assert await third.status() == "InProgress"

    await world.host.merge(env.repository, open_one.number, world.ada)
    await world.settled()  # the merge was told: nobody had to look for it
    assert await third.status() == "Succeeded"
    assert third.commit in (await shown(env))[0]


async def head(env: Repo, branch: str) -> str:
    return await env.world.host.provider.head(env.repository, branch) or ""
