"""The fake is as strict as GitLab: what the provider never does, and what Git itself does, asked of it directly."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.ports import SignatureMissing
from providers.gitlab.provider import GitLabProvider
from providers.gitlab.webhooks import signing_key, verify
from tests.providers.gitlab.conftest import Scene
from tests.world.gitlab.endpoints_notes import LONGEST_NOTE
from tests.world.gitlab.nouns import DEVELOPER
from tests.world.gitlab.under_test import SystemClock


async def ask(
    scene: Scene, method: str, path: str, body: object = None, token: str | None = None
) -> tuple[int, Any, Mapping[str, str]]:
    """One call of the API, as the bot unless another token is given ("" for none)."""
    token = scene.token if token is None else token
    headers = {"PRIVATE-TOKEN": token} if token else {}
    async with (
        aiohttp.ClientSession() as client,
        client.request(method, f"{scene.gitlab.url}/api/v4{path}", json=body, headers=headers) as response,
    ):
        return response.status, await response.json(), response.headers


async def status(scene: Scene, **fields: object) -> tuple[int, Any]:
    body = {"state": "pending", "name": "penstock/web"} | fields
    code, answer, _ = await ask(scene, "POST", f"/projects/{scene.web.id}/statuses/{scene.sha}", body)
    return code, answer


async def test_a_wrong_token_a_missing_one_and_one_that_may_not(scene: Scene) -> None:
    path = f"/projects/{scene.web.id}/repository/branches/main"
    assert (await ask(scene, "GET", path))[0] == 200
    assert (await ask(scene, "GET", path, token="wrong"))[0] == 401
    assert (await ask(scene, "GET", path, token=""))[0] == 401
    assert (await ask(scene, "GET", path, token=scene.gitlab.token(scene.gitlab.bot, expires_at="2020-01-01")))[
        0
    ] == 401
    weak = scene.gitlab.token(scene.gitlab.bot, ["read_api"])
    assert (await ask(scene, "GET", path, token=weak))[0] == 200
    code, said, _ = await ask(scene, "POST", f"/projects/{scene.web.id}/statuses/{scene.sha}", {}, token=weak)
    assert (code, said["error"], said["scope"]) == (403, "insufficient_scope", "api")
    stranger = scene.gitlab.token(scene.gitlab.user("mallory"))
    assert (await ask(scene, "GET", path, token=stranger))[:2] == (404, {"message": "404 Project Not Found"})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "error"}, {"error": "state does not have a valid value"}),
        ({"state": None}, {"error": "state is missing"}),
        ({"description": "x" * 256}, {"message": {"description": ["is too long (maximum is 255 characters)"]}}),
        ({"target_url": "javascript:alert(1)"}, {"message": {"target_url": ["is blocked: Only allowed schemes are http, https"]}}),
        ({"target_url": f"https://x.test/{'a' * 250}"}, {"message": {"target_url": ["is too long (maximum is 255 characters)"]}}),
    ],
)  # fmt: skip
async def test_a_status_that_gitlab_would_refuse_is_refused(
    scene: Scene, fields: dict[str, object], said: object
) -> None:
    assert await status(scene, **fields) == (400, said)
    assert not scene.web.statuses


LIFE = [
    (["pending", "pending"], "Cannot transition status via :enqueue from :pending"),
    (["running", "running"], "Cannot transition status via :run from :running"),
    (["running", "pending"], "Cannot transition status via :enqueue from :running"),
    (["running", "skipped"], "Cannot transition status via :skip from :running"),
    (["pending", "running", "success"], ""),
    (["success", "success", "failed", "running", "canceled", "pending"], ""),
    (["pending", "skipped", "running"], ""),
]


@pytest.mark.parametrize(("states", "refused"), LIFE, ids=str)
async def test_a_status_goes_through_its_life_and_no_other_way(scene: Scene, states: list[str], refused: str) -> None:
    *before, last = states
    for number, state in enumerate(before):
        assert (await status(scene, state=state, description=f"step {number}"))[0] == 201
    code, said = await status(scene, state=last, description="the last")
    if refused:
        assert code == 400
        assert said["message"].startswith(refused)
        assert scene.shown().description == f"step {len(before) - 1}", "the words of a refused one are lost"
    else:
        assert (code, scene.shown().state, scene.shown().description) == (201, last, "the last")


async def test_a_status_belongs_to_a_pipeline_of_a_ref(scene: Scene) -> None:
    _, first = await status(scene)
    assert first["ref"] == "main", "the first branch that has the commit"
    _, other = await status(scene, ref="refs/merge-requests/1/head")
    assert other["pipeline_id"] != first["pipeline_id"]
    loose = await scene.web.git.commit("loose", {"x": "1"}, "Loose", "ada", 1, None)
    await scene.web.git.point("refs/heads/loose", None)
    path = f"/projects/{scene.web.id}/statuses/{loose}"
    assert (await ask(scene, "POST", path, {"state": "pending"}))[1] == {
        "message": "404 References for commit Not Found"
    }
    assert (await ask(scene, "POST", path, {"state": "pending", "ref": "loose"}))[0] == 201


async def test_only_who_may_push_there_sets_statuses_of_a_protected_branch(scene: Scene) -> None:
    scene.gitlab.grant(scene.web, scene.gitlab.bot, DEVELOPER)
    assert await status(scene) == (403, {"message": "403 Forbidden"})
    scene.web.protected.clear()
    assert (await status(scene))[0] == 201


async def test_a_note_has_its_longest_and_its_pages(scene: Scene) -> None:
    await scene.gitlab.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    await scene.gitlab.open_merge_request(scene.web, "fix", scene.ada, "Fix")
    path = f"/projects/{scene.web.id}/merge_requests/1/notes"
    code, said, _ = await ask(scene, "POST", path, {"body": "x" * (LONGEST_NOTE + 1)})
    assert code == 400
    assert "too long" in said["message"]
    assert (await ask(scene, "POST", path, {"body": " "}))[0] == 400
    for number in range(5):
        assert (await ask(scene, "POST", path, {"body": f"comment {number}"}))[0] == 201
    scene.gitlab.discussions.system(scene.web, 1, scene.ada, "changed the title")
    _, listed, headers = await ask(scene, "GET", f"{path}?per_page=2&page=2&sort=asc")
    assert [one["body"] for one in listed] == ["comment 2", "comment 3"]
    assert (headers["X-Next-Page"], headers["X-Total"], headers["X-Prev-Page"]) == ("3", "6", "1")
    assert f'{path}?per_page=2&page=3&sort=asc>; rel="next"' in headers["Link"]
    _, newest, _ = await ask(scene, "GET", path)
    assert newest[0]["system"]
    _, comments, headers = await ask(scene, "GET", f"{path}?activity_filter=only_comments")
    assert len(comments) == 5
    assert headers["X-Next-Page"] == ""


async def test_a_quick_action_is_obeyed_and_taken_out(scene: Scene) -> None:
    await scene.gitlab.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    await scene.gitlab.open_merge_request(scene.web, "fix", scene.ada, "Fix")
    path = f"/projects/{scene.web.id}/merge_requests/1/notes"
    code, said, _ = await ask(scene, "POST", path, {"body": "/approve"})
    assert (code, said["commands_changes"]) == (202, {"approve": True})
    assert not scene.gitlab.comments(scene.web, 1)
    body = "Nice.\n/label ~bug\n```\n/close\n```\n /merge\n/penstock approve\n````\n/title x\n````"
    _, made, _ = await ask(scene, "POST", path, {"body": body})
    assert made["body"] == "Nice.\n```\n/close\n```\n /merge\n/penstock approve\n````\n````"
    assert scene.gitlab.discussions.obeyed == [("penstock-bot", one) for one in ("approve", "label", "title")]


async def test_notes_of_others_are_edited_by_maintainers_only(scene: Scene) -> None:
    await scene.gitlab.push(scene.web, "fix", {"a": "1"}, "Fix", by=scene.ada)
    await scene.gitlab.open_merge_request(scene.web, "fix", scene.ada, "Fix")
    note = await scene.gitlab.comment(scene.web, 1, scene.ada, "mine")
    assert note is not None
    path = f"/projects/{scene.web.id}/merge_requests/1/notes/{note.id}"
    assert (await ask(scene, "PUT", path, {"body": "yours"}))[0] == 200
    scene.gitlab.grant(scene.web, scene.gitlab.bot, DEVELOPER)
    assert (await ask(scene, "PUT", path, {"body": "theirs"}))[0] == 403
    assert (await ask(scene, "PUT", path + "9", {"body": "theirs"}))[:2] == (404, {"message": "404 Note Not Found"})


async def test_the_rate_is_told_and_limited(scene: Scene) -> None:
    _, _, headers = await ask(scene, "GET", "/user")
    assert (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("2000", "1999")
    scene.gitlab.api.rate.observed = 2000
    code, _, headers = await ask(scene, "GET", "/user")
    assert code == 429
    assert int(headers["Retry-After"]) > 0


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
    url = f"{scene.gitlab.url}/acme/apps/web.git"
    assert (await git("clone", "--quiet", url, "with", cwd=tmp_path, token=scene.token))[0] == 0
    assert (tmp_path / "with/README").read_text() == "hello"
    for token in (
        "",
        "wrong",
        scene.gitlab.token(scene.gitlab.user("mallory")),
        scene.gitlab.token(scene.gitlab.bot, ["read_user"]),
    ):
        assert (await git("clone", "--quiet", url, "without", cwd=tmp_path, token=token))[0] != 0
    scene.web.visibility = "public"
    assert (await git("clone", "--quiet", url, "public", cwd=tmp_path))[0] == 0


async def test_a_forks_commit_is_fetched_from_the_target_project(scene: Scene, tmp_path: Path) -> None:
    """https://docs.gitlab.com/user/project/merge_requests/versions/#merge-request-refs."""
    dan, fork = scene.gitlab.user("dan"), await scene.gitlab.project("dan/web", "private")
    sha = await scene.gitlab.push(fork, "help", {"help": "1"}, "Help", by=dan)
    await scene.gitlab.open_merge_request(scene.web, "help", dan, "Help", fork=fork)
    await git("init", "--quiet", "--bare", "mirror", cwd=tmp_path)
    url = f"{scene.gitlab.url}/acme/apps/web.git"
    fetch = ("-C", "mirror", "fetch", "--quiet", "--depth=1", "--filter=blob:none", url)
    for wanted in (sha, "refs/merge-requests/1/head"):
        code, said = await git(*fetch, wanted, cwd=tmp_path, token=scene.token)
        assert code == 0, said
    assert (await git("-C", "mirror", "cat-file", "-t", sha, cwd=tmp_path))[1] == "commit\n"


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
    scene.gitlab.hook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    ada = scene.gitlab.token(scene.ada)
    await git("clone", "--quiet", f"{scene.gitlab.url}/acme/apps/web.git", "work", cwd=tmp_path, token=ada)
    work = ("-C", "work")
    await git(*work, "commit", "--quiet", "--allow-empty", "--message", "Nothing new", cwd=tmp_path)
    for branch in ("one", "two"):
        await git(*work, "branch", branch, cwd=tmp_path)
    code, said = await git(*work, "push", "--quiet", "origin", "one", "two", cwd=tmp_path, token=ada)
    await scene.gitlab.settled()
    await runner.cleanup()
    assert code == 0, said
    assert [headers["X-Gitlab-Event"] for headers, _ in came_in] == ["Push Hook", "Push Hook"]
    (one, body), (other, _) = came_in
    assert one["X-Gitlab-Event-UUID"] == other["X-Gitlab-Event-UUID"], "both follow from one request"
    assert one["Idempotency-Key"] != other["Idempotency-Key"]
    verify(one, body, (), [signing_key(scene.gitlab.hooks.signing_token)], scene.gitlab.hooks.now())


async def test_a_delivery_with_a_secret_token_is_taken_where_there_is_no_signing_token(scene: Scene) -> None:
    """As from a server that has no signing tokens yet."""
    scene.gitlab.hooks.signing_token, scene.gitlab.hooks.token = "", "s3cret"
    scene.gitlab.hook("http://127.0.0.1:1/")
    await scene.gitlab.push(scene.web, "main", {"README": "bye"}, "Say bye", by=scene.ada)
    [sent] = scene.gitlab.hooks.sent
    provider = GitLabProvider(scene.gitlab.url, SystemClock(), ["old", "s3cret"])
    provider.verify(sent.headers, sent.body)
    kept = provider.delivery(sent.headers, sent.body, 1.0)
    assert kept.id == sent.headers["Idempotency-Key"]
    assert "s3cret" not in repr(kept)
    with pytest.raises(SignatureMissing, match="secret token only"):
        scene.provider.verify(sent.headers, sent.body)


async def test_of_very_many_branches_at_once_no_webhook_tells(scene: Scene) -> None:
    before = await scene.web.git.refs()
    for number in range(4):
        await scene.web.git.point(f"refs/heads/b{number}", scene.sha)
    scene.gitlab.hook("http://127.0.0.1:1/")
    await scene.gitlab._pushed(scene.web, scene.ada, before)
    assert not scene.gitlab.hooks.sent


async def test_a_delivery_sent_again_keeps_its_key_and_nothing_else(scene: Scene) -> None:
    scene.gitlab.hook("http://127.0.0.1:1/")
    await scene.gitlab.push(scene.web, "main", {"README": "bye"}, "Say bye", by=scene.ada)
    [sent] = scene.gitlab.hooks.sent
    again = await scene.gitlab.redeliver(sent)
    assert again.headers["Idempotency-Key"] == sent.headers["Idempotency-Key"] == again.headers["webhook-id"]
    assert again.headers["X-Gitlab-Webhook-UUID"] != sent.headers["X-Gitlab-Webhook-UUID"]
    assert again.body == sent.body
