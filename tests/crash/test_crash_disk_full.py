"""Devices of the bot's that fill up under it: file systems of some megabytes, mounted where it keeps things, and truly full."""

import asyncio
import hashlib
import hmac
import io
import random
import subprocess
import tarfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.crash.served import LOOK_EVERY, Served, all_ended
from tests.world.local_host import Clone
from tests.world.patience import PATIENCE

PIPELINE = """
triggers: {push: {branches: [main]}}
stages:
  - name: build
    actions:
      - {name: package, run: "echo packaged; mkdir dist; cp blob dist/", outputs: {dist: ["dist/**"]}}
"""
BLOB = 1 << 18


class Devices:
    """Small file systems, each filled and emptied at will."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mounted: list[Path] = []

    def mount(self, name: str, megabytes: int) -> Path:
        place = self._folder / name
        place.mkdir(parents=True)
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)],
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            pytest.skip(f"a device of its own to fill takes root's rights to mount one: {made.stderr.strip()}")
        self._mounted.append(place)
        return place

    def fill(self, place: Path) -> None:
        with (place / "ballast").open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def empty(self, place: Path) -> None:
        (place / "ballast").unlink()

    def unmount(self) -> None:
        for place in self._mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    made = Devices(tmp_path)
    yield made
    made.unmount()


@pytest.fixture
async def bot(devices: Devices, tmp_path: Path) -> AsyncIterator[Served]:
    for name in ("artifacts", "work", "logs"):
        devices.mount(f"data/{name}", 8)
    database = devices.mount("database", 4)
    served = Served(tmp_path, database_url=f"sqlite:///{database}/penstock.db")
    yield served
    await served.end()


async def test_on_a_full_device_actions_fail_with_the_reason_and_nothing_is_lost(bot: Served, devices: Devices) -> None:
    """Each device in turn; when there is room again, the next push succeeds, and the bot has never been started again."""
    clone = await bot.settle_in()
    await bot.start()
    kept = await _pushed(bot, clone)
    assert kept["status"] == "Succeeded"

    for what, place in {"artifacts": "artifacts", "work trees": "work"}.items():
        await _cleared_up(bot)
        devices.fill(bot.data / place)
        failed = await _pushed(bot, clone)
        assert (failed["status"], _package(failed)["summary"], _package(failed)["error"]) == (
            "Failed",
            f"no space left on the device that holds the {what}",
            "SystemUnavailable",
        )
        assert await _blob(bot, kept) == _content(1), "what was stored before is whole"
        devices.empty(bot.data / place)
        after = await _pushed(bot, clone)
        assert after["status"] == "Succeeded", _package(after)["summary"]

    devices.fill(bot.data / "logs")
    assert (await _pushed(bot, clone))["status"] == "Succeeded", "an action is worth more than its log"
    devices.empty(bot.data / "logs")
    assert not [line for line in bot.lines if line.get("level") == "error"]

    await _no_delivery_is_acknowledged_and_none_is_lost(bot, devices, clone)
    assert await bot.stop() == 0


async def test_a_build_that_fills_the_device_of_everything_fails_and_what_it_left_is_removed(
    devices: Devices, tmp_path: Path
) -> None:
    """The database is on the same device: what is kept of it for this takes the build's end."""
    devices.mount("data", 64)
    bot = Served(tmp_path)
    clone = await bot.settle_in()
    await bot.start()
    try:
        build = "{name: package, test: {version: 0.2, phases: {build: {commands: [%s]}}, artifacts: {files: big}}, outputs: [big]}"
        for command, ended in (
            (
                "head -c 200000000 /dev/zero > big",
                "BUILD: Error while executing command: head -c 200000000 /dev/zero > big.",
            ),
            ("echo small > big", ""),
        ):
            pipeline = f"stages: [{{name: build, actions: [{build % command}]}}]\n"
            commit = await clone.commit({".pipeline.yml": pipeline}, command)
            assert await bot.push(clone, "main")
            [found] = _of(commit, await bot.until(partial(_ended, commit)))
            assert str(_package(found)["summary"] or "").startswith(ended), _package(found)
            assert found["status"] == ("Failed" if ended else "Succeeded"), _package(found)
        assert [line for line in bot.lines if "was kept for this is used up" in str(line.get("event"))]
        assert not [line for line in bot.lines if line.get("level") == "error"]
    finally:
        await bot.end()


async def _no_delivery_is_acknowledged_and_none_is_lost(bot: Served, devices: Devices, clone: Clone) -> None:
    database = bot.folder / "database"
    devices.fill(database)
    assert await _refused(bot) == (503, "The delivery could not be kept. Send it again later.", "5")
    commit = await _commit(clone)
    assert await bot.push(clone, "main"), "the host has taken the push; its delivery the bot could not take"
    devices.empty(database)
    found = await bot.until(lambda found: all_ended(_of(commit, found)))
    assert [one["status"] for one in _of(commit, found)] == ["Succeeded"]


async def _refused(bot: Served) -> tuple[int, str, str]:
    """The first answer to a signed delivery that is no acknowledgement: what the database's file has room for is still taken."""
    secret = (bot.data / "local-webhook-secret").read_text().strip()
    for number in range(400):
        body = random.Random(number).randbytes(BLOB)
        headers = {
            "X-Penstock-Delivery": f"large-{number}",
            "X-Penstock-Event": "unheard_of",
            "X-Penstock-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
        }
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{bot.url}/webhooks/local", data=body, headers=headers) as answer,
        ):
            if answer.status != 202:
                return answer.status, await answer.text(), answer.headers["Retry-After"]
    raise AssertionError("it was never full")


async def _cleared_up(bot: Served) -> None:
    """An execution has ended before its work trees are gone: what they leave would be room on a device that was filled before."""
    async with asyncio.timeout(PATIENCE):
        while any(path.is_file() for path in (bot.data / "work").rglob("*")):  # noqa: ASYNC110  a folder tells nobody
            await asyncio.sleep(LOOK_EVERY)


async def _pushed(bot: Served, clone: Clone) -> dict[str, Any]:
    """A push, and what came of it."""
    commit = await _commit(clone)
    assert await bot.push(clone, "main")
    found = await bot.until(lambda found: all_ended(_of(commit, found)))
    return _of(commit, found)[0]


def _ended(commit: str, found: list[dict[str, Any]]) -> bool:
    return all_ended(_of(commit, found))


def _of(commit: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["revision"]["commit"] == commit]


async def _commit(clone: Clone) -> str:
    number = len((await clone.git("log", "--format=%h")).split())
    (clone.path / "blob").write_bytes(_content(number))
    return await clone.commit({".pipeline.yml": PIPELINE}, f"Change {number}")


def _content(number: int) -> bytes:
    return random.Random(number).randbytes(BLOB)


def _package(execution: dict[str, Any]) -> dict[str, Any]:
    [action] = execution["stages"][0]["actions"]
    return dict(action)


async def _blob(bot: Served, execution: dict[str, Any]) -> bytes:
    """The file in its artifact, as anybody downloads it."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{bot.url}/executions/{execution['id']}/artifacts/dist") as answer,
    ):
        archive = await answer.read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file = tar.extractfile("dist/blob")
        assert file is not None
        return file.read()
