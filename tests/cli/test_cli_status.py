"""`penstock status` and `penstock logs`: what a bot that runs tells, and what is said when it can't be asked."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from aiohttp import web

from bot.cli.server import Server
from bot.settings import load
from tests.cli.running import bot
from tests.cli.shell import Program
from tests.world.patience import PATIENCE


async def test_an_execution_is_listed_followed_to_its_end_and_shown(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path) as running:
        url = ("--url", running.url)
        listed = await program("status", *url)
        assert listed.status == 0, listed.err
        assert listed.out.splitlines()[1].split()[:4] == [running.execution, "web", "#1", "heads/main"]

        async with program.started("logs", running.execution, "build/unit", *url) as following:
            assert following.stdout is not None
            assert await asyncio.wait_for(following.stdout.readline(), PATIENCE) == b"begun\n"
            await running.open("\x1b[32mgreen\x1b[0m\n")
            rest, _ = await asyncio.wait_for(following.communicate(), PATIENCE)
            assert rest == b"\x1b[32mgreen\x1b[0m\nover\n"
            assert following.returncode == 0

        async with asyncio.timeout(PATIENCE):
            while (one := await program("status", running.execution, *url)).status != 1:
                assert "InProgress" in one.out, "it ends by failing"
        failed = await program("logs", running.execution, *url)
        assert (failed.status, failed.out) == (0, "bad\n"), "without a name it is the log of what failed"
        title = one.out.splitlines()[0]
        assert title == f"web #1 · version 1: Failed · {running.commit[:7]} Begin [/b] [31mred"
        assert "\nbuild  unit    Succeeded" in one.out
        assert "\nbuild  lint    Failed" in one.out
        assert f"{running.url}/executions/{running.execution}" in one.out

        as_json = await program("status", running.execution, "--json", *url)
        assert json.loads(as_json.out)["status"] == "Failed"
        none = await program("status", "--pipeline", "api", "--json", *url)
        assert json.loads(none.out) == {"executions": [], "lanes": []}
        (lane,) = json.loads((await program("status", "--json", *url)).out)["lanes"]
        assert [(stage["name"], stage["latest"]["number"], stage["status"]) for stage in lane["stages"]] == [
            ("build", 1, "Failed")
        ]
        assert (await program("status", "--pipeline", "api", *url)).out == "Nothing has run yet.\n"


async def test_what_the_bot_does_not_know_is_wrong_usage(program: Program, tmp_path: Path) -> None:
    async with bot(tmp_path) as running:
        url = ("--url", running.url)
        for words in (["status", "../x"], ["status", "no-such"], ["logs", "no-such"]):
            ended = await program(*words, *url)
            assert ended.status == 2
            assert "The bot knows no execution" in ended.err
        ended = await program("logs", running.execution, "build/unti", *url)
        assert ended.status == 2
        assert "There is no log of build/unti. There is one of: build/unit, build/lint." in ended.err
        await running.open("")
        async with asyncio.timeout(PATIENCE):
            while (await program("status", running.execution, *url)).status != 1:
                pass
        for file in (tmp_path / "data/logs").rglob("*"):
            if file.is_file():
                file.unlink()
        ended = await program("logs", running.execution, "build/unit", *url)
        assert ended.status == 2
        assert "There is no log of build/unit: it never began" in ended.err


async def test_a_bot_beyond_loopback_asks_for_its_token(program: Program, tmp_path: Path) -> None:
    chosen = load(host="0.0.0.0", port=0, data_dir=tmp_path / "data", page_token="open sesame")
    async with Server(chosen) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        closed = await program("status", "--url", url)
        wrong = await program("status", "--url", url, PENSTOCK_PAGE_TOKEN="please")
        right = await program("status", "--url", url, PENSTOCK_PAGE_TOKEN="open sesame")
    for ended in (closed, wrong):
        assert ended.status == 2
        assert f"The bot at {url} answered 401: set PENSTOCK_PAGE_TOKEN to the bot's page token." in ended.err
    assert (right.status, right.out) == (0, "Nothing has run yet.\n")


async def test_a_bot_that_does_not_answer_is_said_kindly(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    ended = await program("status", "--url", url, http_proxy="http://127.0.0.1:1")
    assert ended.status == 2
    assert f"No bot answers at {url} ([Errno 111] Connection refused). Start one with `penstock serve`" in ended.err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (web.Response(text="<p>Hello", content_type="text/html"), "is not Penstock"),
        (web.Response(status=404), "there is no Penstock at this address"),
        (web.Response(status=503, text="The database does not answer.\n"), "503: The database does not answer."),
        (web.Response(status=302, headers={"Location": "/elsewhere"}), "answered 302: Found."),
    ],
    ids=["a page", "another site", "a bot in trouble", "a redirect"],
)
async def test_an_answer_that_is_none_is_said_kindly_and_no_token_goes_elsewhere(
    answer: web.Response, said: str, program: Program
) -> None:
    asked: list[tuple[str, str]] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["Authorization"]))
        return answer

    app = web.Application()
    app.router.add_get("/{anything:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ended = await program("status", "--url", url, PENSTOCK_PAGE_TOKEN="sesame")
    finally:
        await runner.cleanup()
    assert ended.status == 2
    assert said in ended.err
    assert asked == [("/api/executions", "Bearer sesame")]


@pytest.mark.parametrize("url", ["penstock.example.org", "ftp://penstock.example.org", "http://"])
async def test_an_address_that_is_none_is_wrong_usage(url: str, program: Program) -> None:
    ended = await program("status", "--url", url)
    assert ended.status == 2
    assert "--url takes an http or https URL" in ended.err
