"""How targets are reached: whoever answers must be known, and whoever goes away is told as lost. With real SSH servers."""

import asyncio
from pathlib import Path

import pytest
import yaml

from bot.model.appspec import LifecycleEvent
from bot.model.deployment import TargetStatus
from bot.ports import BundleFolder, TargetLost, TargetsRefused
from bot.targets.inventory import read_inventory
from bot.targets.operator_file import OperatorFileInvalid
from bot.targets.targets import InventoryTargets
from tests.targets.conftest import BOTH, WEB, Box, Server


def targets(folder: Path, **entry: object) -> InventoryTargets:
    file = folder / "targets.yml"
    body = {"state": str(folder / "state"), "repositories": ["github:acme/*"], **entry}
    file.write_text(yaml.safe_dump({"targets": {"box": body}}))
    return InventoryTargets(file, folder / "own")


async def test_hlt_8_a_host_whose_key_is_not_known_is_told_nothing(tmp_path: Path, ssh_server: Server) -> None:
    stranger = (ssh_server.folder / "user_key.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{ssh_server.port} {stranger}")
    reached = targets(tmp_path, **{**ssh_server.entry(), "known_hosts": str(tmp_path / "known_hosts")})
    with pytest.raises(TargetLost, match="is not known: its key is not in"):
        await reached.reach("box", "group", "d-1", print)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param({"port": 1}, "can't be reached", id="nobody answers"),
        pytest.param({"known_hosts": "/nowhere/known"}, "there is no file /nowhere/known", id="no known hosts"),
        pytest.param({"key_file": "/nowhere/key"}, "can't be reached: /nowhere/key: No such file", id="no key"),
        pytest.param({"python": "/nowhere/python"}, "connection was lost", id="no Python"),
    ],
)
async def test_hlt_8_a_host_that_cant_be_worked_on_says_why(
    tmp_path: Path, ssh_server: Server, entry: dict[str, object], words: str
) -> None:
    with pytest.raises(TargetLost, match=words):
        await targets(tmp_path, **{**ssh_server.entry(), **entry}).reach("box", "group", "d-1", print)


@BOTH
async def test_whatever_runs_is_killed_when_the_connection_goes(box: Box) -> None:
    """A5, SCR-4: with the script, what it started, even what will not be asked to end; and the target takes the next deployment at once."""
    files: dict[str, str | None] = {
        "appspec.yml": "version: 0.0\nos: linux\nhooks: {AfterInstall: [{location: slow.sh}]}\n",
        "slow.sh": f"#!/bin/sh\ntouch {box.folder}/begun\n(trap '' TERM; exec sleep 600) & echo $! > {box.folder}/pid\nwait\n",
    }
    await box.deploy("d-1", files, "DownloadBundle Install")
    session = await box.session("d-1")
    running = asyncio.create_task(session.hooks(LifecycleEvent.AFTER_INSTALL, {}))
    while not (box.folder / "pid").exists() or not (box.folder / "pid").read_text():  # noqa: ASYNC110  a file tells nobody
        await asyncio.sleep(0.02)
    await session.close()
    box.sessions.remove(session)
    with pytest.raises(TargetLost):
        await running
    pid = int((box.folder / "pid").read_text())
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:  # noqa: ASYNC110  nor does a process
        await asyncio.sleep(0.02)
    runs = await box.deploy("d-2", {"appspec.yml": "version: 0.0\nos: linux\n"})
    assert runs[-1].status is TargetStatus.SKIPPED


async def test_agents_of_this_machine_outlive_the_process_that_forks_them_and_another_forks_the_next(
    tmp_path: Path,
) -> None:
    reached = targets(tmp_path, local=True)
    spec: dict[str, object] = {"files": [], "hooks": {}, "permissions": [], "existing": "DISALLOW", "releases": None}
    bundle = BundleFolder(tmp_path, ())
    first = await reached.reach("box", "one", "d-1", print)
    forking = reached._agents._forking
    assert forking is not None
    forking[0].kill()
    await asyncio.to_thread(forking[0].wait)
    second = await reached.reach("box", "two", "d-1", print)
    for session in (first, second):
        assert (await session.download(bundle, spec)).status is TargetStatus.SUCCEEDED
    await asyncio.gather(first.close(), second.close())
    assert reached._agents._forking is None  # it ends with the last agent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("targets: {a: {local: true}}", "targets.a.repositories: Field required"),
        ("targets: {a: {repositories: ['github:a/b']}}", "targets.a: needs an `address`, or `local: true`"),
        ("targets: {a: {address: h, repositories: ['github:a/b']}}", "targets.a: needs a `user` and a `key_file`"),
        (
            "targets: {a: {local: true, repositories: [a]}}",
            "targets.a.repositories.0: must hold repositories with their hosts",
        ),
        ("targets: {a: {local: true, directory: x, repositories: ['github:a/b']}}", "must be an absolute path"),
        ("targets: {a: {local: true, keyfile: x, repositories: ['github:a/b']}}", "targets.a.keyfile: Extra inputs"),
        ("targets: [", "line 1: is not YAML"),
        ("a: b", "must have `targets:`"),
    ],
)
def test_a_targets_file_that_is_wrong_is_told_with_all_that_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "targets.yml").write_text(text)
    with pytest.raises(OperatorFileInvalid) as told:
        read_inventory(tmp_path / "targets.yml")
    assert words in str(told.value)


def test_defaults_are_every_targets(tmp_path: Path) -> None:
    """A7."""
    (tmp_path / "targets.yml").write_text(
        "defaults: {user: deploy, key_file: /k, repositories: ['github:acme/*']}\n"
        "targets: {a: {address: h1}, b: {address: h2, user: other}, here: {local: true}}\n"
    )
    found = read_inventory(tmp_path / "targets.yml").targets
    assert (found["a"].user, found["b"].user, found["here"].local) == ("deploy", "other", True)


def test_without_a_file_there_are_no_targets(tmp_path: Path) -> None:
    with pytest.raises(TargetsRefused, match="PENSTOCK_TARGETS_FILE"):
        InventoryTargets(None, tmp_path).choose(WEB, ["a"], {})
