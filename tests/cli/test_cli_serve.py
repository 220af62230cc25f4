"""`penstock serve`: it begins, it ends when asked, and it says kindly why it can't begin."""

import asyncio
import json
import signal
import socket
import urllib.request
from asyncio.subprocess import Process
from pathlib import Path

from tests.cli.conftest import Typed
from tests.cli.shell import Program
from tests.cli.test_cli_database import make_newer
from tests.world.forked import Forked
from tests.world.patience import PATIENCE


async def address(process: Process | Forked) -> str:
    """Where it listens, from its log."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stderr:
            entry = json.loads(line)
            if entry["event"] == "listening":
                return str(entry["url"])
    raise AssertionError("it never listened")


async def test_it_serves_until_it_is_asked_to_stop(fresh_program: Program, folder: Path) -> None:
    data = folder / "penstock-data"
    data.mkdir(mode=0o755)
    async with fresh_program.started("serve", PENSTOCK_PORT="0", PENSTOCK_LOG_FORMAT="json") as process:
        url = await address(process)
        assert await asyncio.to_thread(body, f"{url}/healthz") == b"ok\n"
        assert data.stat().st_mode & 0o077 == 0, "closed to others, however it was made"
        assert json.loads(await asyncio.to_thread(body, f"{url}/readyz"))["ready"] is True
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0
        assert json.loads(err.splitlines()[-1])["event"] == "drained"


def body(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        content: bytes = response.read()
        return content


async def test_an_address_that_is_taken_is_said_kindly(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await program("serve", PENSTOCK_PORT=port)
        shown = await program("demo", "--port", port)
    assert ended.status == shown.status == 2
    said = f"Penstock can't listen on 127.0.0.1:{port}: Address already in use. Set PENSTOCK_HOST or PENSTOCK_PORT"
    assert said in ended.err
    assert said in shown.err
    assert "Traceback" not in ended.err + shown.err


async def test_wrong_settings_are_all_listed(program: Program) -> None:
    ended = await program("serve", PENSTOCK_PORT="x", PENSTOCK_EXECUTOR="moon", PENSTOCK_PUBLIC_URL="ftp://x")
    assert ended.status == 2
    assert [line.partition(":")[0].strip() for line in ended.err.splitlines()[1:]] == [
        "PENSTOCK_PORT",
        "PENSTOCK_PUBLIC_URL",
        "PENSTOCK_EXECUTOR",
    ]


async def test_a_newer_database_is_not_touched(program: Program, typed: Typed) -> None:
    typed("db", "upgrade")
    make_newer()
    ended = await program("serve", PENSTOCK_PORT="0")
    assert ended.status == 2
    assert "a newer one made it" in ended.err
    assert "Traceback" not in ended.err
