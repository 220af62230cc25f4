"""The fake is as strict as GitHub: what the provider never does, and what Git itself does, asked of it directly."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from providers.github.webhooks import verify
from tests.providers.github.conftest import Scene
from tests.world.github.endpoints_commits import MOST_STATUSES
from tests.world.github.nouns import Status


async def ask(
    scene: Scene, method: str, path: str, body: object = None, token: str | None = None, **headers: str
) -> tuple[int, Any, Mapping[str, str]]:
    """One call of the API, as the bot unless another token is given ("" for none)."""
    token = scene.token if token is None else token
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    async with (
        aiohttp.ClientSession() as client,
        client.request(method, scene.github.api_url + path, json=body, headers=headers) as response,
    ):
        return response.status, await response.json() if response.status != 304 else None, response.headers


async def status(scene: Scene, **fields: object) -> tuple[int, Any]:
    body = {"state": "pending", "context": "penstock/web"} | fields
    code, answer, _ = await ask(scene, "POST", f"/repos/acme/web/statuses/{scene.sha}", body)
    return code, answer


async def test_a_wrong_token_a_missing_one_and_one_that_may_not(scene: Scene) -> None:
    weak = scene.github.token(scene.github.bot, ["metadata=read"])
    stranger = scene.github.token(scene.github.user("mallory"))
    path = f"/repositories/{scene.web.id}/git/ref/heads/main"
    assert (await ask(scene, "GET", path))[0] == 200
    assert (await ask(scene, "GET", path, token="wrong"))[0] == 401
    assert (await ask(scene, "GET", path, token=""))[0] == 401
    code, _, headers = await ask(scene, "GET", path, token=weak)
    assert (code, headers["X-Accepted-GitHub-Permissions"]) == (403, "contents=read")
    assert (await ask(scene, "GET", path, token=stranger))[0] == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "running"}, "state is not included in the list"),
        ({"state": None}, "state is not included in the list"),
        ({"description": "x" * 141}, "description is too long (maximum is 140 characters)"),
        ({"description": "\U0001f680"}, "description doesn't accept 4-byte Unicode"),
        ({"target_url": "javascript:alert(1)"}, "target_url must use http(s) scheme"),
    ],
)
async def test_a_status_that_github_would_refuse_is_refused(scene: Scene, fields: dict[str, object], said: str) -> None:
    code, answer = await status(scene, **fields)
    assert (code, answer["errors"][0]["message"]) == (422, said)
    assert not scene.web.statuses.get(scene.sha)


async def test_a_context_takes_a_thousand_statuses_of_a_commit(scene: Scene) -> None:
    one = Status(1, "pending", "", None, "penstock/web", scene.github.bot, 0.0)
    scene.web.statuses[scene.sha] = [one] * (MOST_STATUSES - 1)
    assert (await status(scene))[0] == 201
    assert (await status(scene))[0] == 422
    assert (await status(scene, context="another"))[0] == 201


async def test_a_comment_has_its_longest_and_its_pages(scene: Scene) -> None:
    await scene.github.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    await scene.github.open_pull_request(scene.web, "fix", scene.ada, "Fix")
    path = "/repos/acme/web/issues/1/comments"
    assert (await ask(scene, "POST", path, {"body": "x" * 65537}))[0] == 422
    assert (await ask(scene, "POST", path, {"body": " "}))[0] == 422
    for number in range(5):
        assert (await ask(scene, "POST", path, {"body": f"comment {number}"}))[0] == 201
    _, listed, headers = await ask(scene, "GET", f"{path}?per_page=2&page=2")
    assert [one["body"] for one in listed] == ["comment 2", "comment 3"]
    page = f"<{scene.github.api_url}{path}?per_page=2&page="
    assert headers["Link"].split(", ") == [
        f'{page}{number}>; rel="{relation}"'
        for number, relation in ((1, "prev"), (1, "first"), (3, "next"), (3, "last"))
    ]


async def test_what_is_known_already_is_answered_by_its_tag(scene: Scene) -> None:
    code, _, headers = await ask(scene, "GET", "/user")
    again, _, _ = await ask(scene, "GET", "/user", If_None_Match=headers["ETag"])
    assert (code, again) == (200, 304)
    assert headers["X-RateLimit-Remaining"] == "4999"


async def git(*arguments: str, cwd: Path, token: str = "") -> tuple[int, str]:
    """Real git, its token handed over as the bot does it: by GIT_ASKPASS."""
    askpass = cwd / "askpass"
    askpass.write_text('#!/bin/sh\nprintf "%s\\n" "$TOKEN"\n')
    askpass.chmod(0o700)
    identity = {f"GIT_{who}_{what}": "ada@x.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_TERMINAL_PROMPT": "0"}
        | identity
        | ({"GIT_ASKPASS": str(askpass), "TOKEN": token} if token else {}),
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_git_clones_with_a_token_and_with_nothing_else(scene: Scene, tmp_path: Path) -> None:
    url = f"{scene.github.url}/acme/web.git"
    assert (await git("clone", "--quiet", url, "with", cwd=tmp_path, token=scene.token))[0] == 0
    assert (tmp_path / "with/README").read_text() == "hello"
    for token in ("", "wrong", scene.github.token(scene.github.user("mallory"))):
        assert (await git("clone", "--quiet", url, "without", cwd=tmp_path, token=token))[0] != 0
    scene.web.private = False
    assert (await git("clone", "--quiet", url, "public", cwd=tmp_path))[0] == 0


async def test_git_fetches_a_commit_by_its_id_and_leaves_blobs_out(scene: Scene, tmp_path: Path) -> None:
    newer = await scene.github.push(scene.web, "main", {"README": "bye"}, "Say bye", by=scene.ada)
    assert newer != scene.sha
    await git("init", "--quiet", "--bare", "mirror", cwd=tmp_path)
    fetch = ("-C", "mirror", "fetch", "--quiet", "--depth=1", "--filter=blob:none")
    url = f"{scene.github.url}/acme/web.git"
    code, said = await git(*fetch, url, scene.sha, cwd=tmp_path, token=scene.token)
    assert code == 0, said
    assert (await git("-C", "mirror", "cat-file", "-t", scene.sha, cwd=tmp_path))[1] == "commit\n"


async def test_a_real_push_is_delivered_signed(scene: Scene, tmp_path: Path) -> None:
    came_in: list[tuple[Mapping[str, str], bytes]] = []

    async def receive(request: web.Request) -> web.Response:
        came_in.append((request.headers.copy(), await request.read()))
        return web.Response(status=202)

    app = web.Application()
    app.add_routes([web.post("/hook", receive)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.github.hook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", "new secret")
    ada = scene.github.token(scene.ada)
    await git("clone", "--quiet", f"{scene.github.url}/acme/web.git", "work", cwd=tmp_path, token=ada)
    work = ("-C", "work")
    await git(*work, "commit", "--quiet", "--allow-empty", "--message", "Nothing new", cwd=tmp_path)
    code, said = await git(*work, "push", "--quiet", "origin", "HEAD:main", "HEAD:fix", cwd=tmp_path, token=ada)
    assert code == 0, said
    await scene.github.hooks.settled()
    await runner.cleanup()
    for headers, body in came_in:
        verify(headers, body, [b"new secret"])
    assert [delivery.answer for delivery in scene.github.hooks.sent] == [202, 202]
    assert sorted(delivery.event for delivery in scene.github.hooks.sent) == ["push", "push"]
    assert await scene.provider.head(scene.repository, "fix") == await scene.provider.head(scene.repository, "main")


async def test_a_reader_may_not_push(scene: Scene, tmp_path: Path) -> None:
    bob = scene.github.user("bob")
    scene.github.grant(scene.web, bob, "read")
    token = scene.github.token(bob)
    await git("clone", "--quiet", f"{scene.github.url}/acme/web.git", "work", cwd=tmp_path, token=token)
    code, said = await git("-C", "work", "push", "origin", "HEAD:fix", cwd=tmp_path, token=token)
    assert code != 0
    assert "403" in said


async def test_a_pull_request_of_a_fork_can_be_fetched_from_its_target(scene: Scene) -> None:
    bob = scene.github.user("bob")
    fork = await scene.github.repository("bob/web", fork=True)
    sha = await scene.github.push(fork, "patch", {"README": "hi"}, "Say hi", by=bob)
    await scene.github.open_pull_request(scene.web, "patch", bob, "Say hi", fork=fork)
    assert (await scene.web.git.refs())["refs/pull/1/head"] == sha
    asked = await scene.provider.pull_request(scene.repository, 1)
    assert asked is not None
    assert (asked.head, asked.same_repository) == (sha, False)


async def test_a_delivery_can_be_sent_again_with_the_same_id(scene: Scene) -> None:
    scene.github.hook("http://127.0.0.1:1/nobody")
    await scene.github.ping(scene.web)
    (first,) = scene.github.hooks.sent
    again = await scene.github.redeliver(first)
    assert (first.answer, again.answer) == (None, None)
    assert again.headers["X-GitHub-Delivery"] == first.headers["X-GitHub-Delivery"]
