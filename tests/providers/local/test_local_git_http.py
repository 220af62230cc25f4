"""Git over HTTP with the real client: who may do what, and requests that no client of good will sends."""

import asyncio
import gzip
import os
import random
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from structlog.testing import capture_logs
from yarl import URL

from bot.model.people import Role
from providers.local.host import smart_http
from tests.providers.local.conftest import WEB, Web
from tests.world.local_host import GitFailure, run_git

SERVICE = "git-upload-pack"


def basic(login: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{login}:{token}".encode()).decode()}


async def ask(web: Web, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    url = web.listening.url + path
    async with aiohttp.ClientSession() as client, client.get(URL(url, encoded=True), headers=headers) as response:
        return response.status, await response.text(errors="replace")


async def test_what_is_pushed_is_cloned_and_fetched_by_others(web: Web) -> None:
    eve = await web.clone("eve")
    assert (eve.path / "README.md").read_text() == "hello\n"
    commit = await web.ada.commit({"src/new.py": "print()\n"})
    await web.ada.git("push", "--quiet", "origin", "main")
    await eve.git("fetch", "--quiet", "origin")
    assert (await eve.git("rev-parse", "origin/main")).strip() == commit


async def test_one_commit_is_fetched_by_its_id_without_its_files(web: Web) -> None:
    """The bot fetches what was pushed by its id, shallow and filtered."""
    commit = await web.ada.commit({"a": "1"})
    await web.ada.git("push", "--quiet", "origin", "HEAD:elsewhere")
    eve = await web.clone("eve")
    await eve.git("fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", commit)
    assert (await eve.git("rev-parse", "FETCH_HEAD")).strip() == commit


async def test_a_push_larger_than_gits_buffer_comes_in_chunks_and_whole(web: Web) -> None:
    (web.ada.path / "large").write_bytes(content := os.urandom(3 << 20))
    await web.ada.commit({})
    await web.ada.git("push", "--quiet", "origin", "main")
    eve = await web.clone("eve")
    assert (eve.path / "large").read_bytes() == content


@pytest.mark.parametrize("version", ["0", "1", "2"])
async def test_every_protocol_version_is_spoken(web: Web, version: str) -> None:
    eve = await web.clone("eve", "-c", f"protocol.version={version}")
    assert (eve.path / "README.md").is_file()


async def test_a_private_repository_looks_like_none_to_who_may_not_see_it(web: Web) -> None:
    mallory = basic("mallory", web.tokens["mallory"])
    hidden = await ask(web, f"/git/{WEB}.git/info/refs?service={SERVICE}", mallory)
    missing = await ask(web, f"/git/acme/none.git/info/refs?service={SERVICE}", mallory)
    assert hidden == missing
    assert hidden[0] == 404


async def test_a_stranger_is_asked_who_they_are_whether_the_repository_exists_or_not(web: Web) -> None:
    for name in (WEB, "acme/none"):
        url = f"{web.listening.url}/git/{name}.git/info/refs?service={SERVICE}"
        async with aiohttp.ClientSession() as client, client.get(url) as response:
            assert response.status == 401
            assert response.headers["WWW-Authenticate"].startswith("Basic ")


async def test_anybody_reads_a_public_repository_and_nobody_unknown_pushes_to_it(web: Web) -> None:
    host, listening = web.listening.host, web.listening
    await host.create_repository("acme/open", private=False, members={"ada": Role.WRITE})
    await listening.seeded("acme/open", "ada", web.tokens["ada"])
    clone = await listening.clone("acme/open", "", "")
    assert (clone.path / "README.md").is_file()
    with pytest.raises(GitFailure, match="Authentication failed"):
        await clone.git("push", "--quiet", "origin", "main:other")


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Bearer x",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic " + b64encode(b"ada:").decode(),
        "Basic " + b64encode(b"ada:pst_wrong").decode(),
        "Basic " + b64encode(b"ada\0:x\0").decode(),
        "Basic " + b64encode(b"penstock:").decode(),
    ],
)
async def test_wrong_credentials_are_refused_even_where_none_are_needed(web: Web, authorization: str) -> None:
    await web.listening.host.create_repository("acme/open", private=False)
    path = f"/git/acme/open.git/info/refs?service={SERVICE}"
    assert (await ask(web, path, {"Authorization": authorization}))[0] == 401


async def test_a_token_is_its_owners_only(web: Web) -> None:
    path = f"/git/{WEB}.git/info/refs?service={SERVICE}"
    assert (await ask(web, path, basic("ada", web.tokens["eve"])))[0] == 401
    assert (await ask(web, path, basic("ADA", web.tokens["ada"])))[0] == 200


@pytest.mark.parametrize(
    "name",
    [
        "acme/..",
        "../acme/web",
        "acme/%2e%2e%2fweb",
        "acme%2fweb/x",
        "acme/web%00",
        "acme/1",
        "acme/web.git/../web",
        "-/web",
        "acme/" + "a" * 5000,
        "acme/web;id",
        "acme/$(id)",
    ],
)
async def test_no_name_leads_out_of_the_repositories(web: Web, name: str) -> None:
    status, text = await ask(web, f"/git/{name}.git/info/refs?service={SERVICE}", basic("ada", web.tokens["ada"]))
    assert status == 404
    assert "refs/heads" not in text


@pytest.mark.parametrize(
    "path", ["HEAD", "config", "objects/info/packs", "objects/../config", "info/refs", "info/refs?service=git-shell"]
)
async def test_no_file_of_a_repository_is_served(web: Web, path: str) -> None:
    status, text = await ask(web, f"/git/{WEB}.git/{path}", basic("ada", web.tokens["ada"]))
    assert status in (403, 404)
    assert "[core]" not in text


async def post(
    web: Web,
    service: str,
    body: bytes | AsyncIterator[bytes],
    headers: Mapping[str, str] | None = None,
    *,
    expect100: bool = False,
) -> tuple[int, bytes]:
    url = f"{web.listening.url}/git/{WEB}.git/{service}"
    ours = basic("ada", web.tokens["ada"]) | {"Content-Type": f"application/x-{service}-request"} | dict(headers or {})
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, data=body, headers=ours, expect100=expect100) as response,
    ):
        return response.status, await response.read()


LIST_REFS = b"0014command=ls-refs\n0000"


async def test_a_zipped_request_is_understood(web: Web) -> None:
    headers = {"Git-Protocol": "version=2", "Content-Encoding": "gzip"}
    status, answer = await post(web, SERVICE, gzip.compress(LIST_REFS), headers)
    assert status == 200
    assert b"refs/heads/main" in answer


async def test_a_client_that_waits_to_be_told_to_continue_is(web: Web) -> None:
    status, answer = await post(web, SERVICE, LIST_REFS, {"Git-Protocol": "version=2"}, expect100=True)
    assert status == 200
    assert b"refs/heads/main" in answer


async def test_a_zip_bomb_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smart_http, "REQUEST_LIMIT", 1 << 20)
    bomb = gzip.compress(b"0" * (64 << 20))
    with capture_logs() as logs:
        _, answer = await post(web, SERVICE, bomb, {"Content-Encoding": "gzip"})
    assert "request body over its limit" in [entry["event"] for entry in logs]
    assert len(answer) < 1000
    await post(web, "git-receive-pack", bomb[:50_000], {"Content-Encoding": "gzip"})
    assert await web.settled() == []
    assert (await ask(web, f"/git/{WEB}.git/info/refs?service={SERVICE}", basic("ada", web.tokens["ada"])))[0] == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"0000", b"garbage", b"ffff", b"00", random.Random(1).randbytes(3000)],
    ids=lambda body: f"{len(body)} bytes",
)
async def test_garbage_in_a_request_harms_nothing(web: Web, body: bytes) -> None:
    for service in (SERVICE, "git-receive-pack"):
        status, _ = await post(web, service, body, {"Git-Protocol": "version=2:nonsense=$(id)"})
        assert status in (200, 400, 500)
    assert await web.settled() == []


async def test_a_request_of_another_kind_is_refused(web: Web) -> None:
    assert (await post(web, SERVICE, b"0000", {"Content-Type": "text/plain"}))[0] == 415


async def test_huge_headers_are_refused(web: Web) -> None:
    status, _ = await ask(
        web, f"/git/{WEB}.git/info/refs?service={SERVICE}", {"Authorization": "Basic " + "A" * 20_000}
    )
    assert status in (400, 431)


async def test_a_client_that_leaves_in_the_middle_of_a_push_moves_nothing(web: Web) -> None:
    arrived = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b"0094" + b"0" * 40
        arrived.set()
        await asyncio.Event().wait()

    pushing = asyncio.create_task(post(web, "git-receive-pack", half()))
    await arrived.wait()
    pushing.cancel()
    await asyncio.gather(pushing, return_exceptions=True)
    commit = await web.ada.commit({"a": "1"})
    await web.ada.git("push", "--quiet", "origin", "main")
    assert [event for event, _ in await web.settled()] == ["push"]
    assert (
        await run_git("-C", str(web.ada.path), "rev-parse", "origin/main", env=web.ada.environment)
    ).strip() == commit


async def test_a_hook_in_a_pushed_tree_or_a_repositorys_folder_is_never_run(web: Web) -> None:
    witness = web.listening.folder / "witness"
    hook = f"#!/bin/sh\ntouch {witness}\n"
    path = web.listening.host.pushes.path(await web.listening.host.repository(WEB))
    for name in ("pre-receive", "post-receive", "update", "post-update"):
        (path / "hooks").mkdir(exist_ok=True)
        (path / "hooks" / name).write_text(hook)
        (path / "hooks" / name).chmod(0o755)
    await web.ada.commit({f"hooks/{name}": hook for name in ("post-receive", "update")})
    await web.ada.git("push", "--quiet", "origin", "main")
    assert not witness.exists()
    assert [event for event, _ in await web.settled()] == ["push"]
