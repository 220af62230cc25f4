"""`penstock backup`: unpacked it is the data folder of a bot that was killed when the backup was made, and nothing in it misses what it names."""

import asyncio
import fcntl
import io
import os
import shutil
import sqlite3
import tarfile
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli import backup
from bot.cli.server import Server
from bot.settings import load
from tests.cli.conftest import Typed
from tests.cli.running import bot
from tests.cli.shell import Program, git

PIPELINE = """\
name: web
triggers: {push: {branches: [main]}}
stages:
  - name: build
    actions: [{name: dist, run: "echo kept > dist.txt; echo made", outputs: {dist: [dist.txt]}}]
  - name: check
    actions: [{name: unit, run: "cat '%s'"}]
"""
MADE_ANEW = {"branches", "builds", "deployments", "mirrors", "work", "serve.lock", "penstock.db-reserve", "lost+found"}


async def test_a_backup_in_the_middle_of_an_execution_is_a_bot_that_was_killed_there(
    program: Program, folder: Path, tmp_path: Path
) -> None:
    async with bot(tmp_path, PIPELINE) as running:
        (tmp_path / "data/lost+found").mkdir()  # where a disk of its own is mounted
        gate = await asyncio.to_thread(os.open, running.gate, os.O_WRONLY)  # which `unit` now reads
        status, out, err = await backed_up(program, PENSTOCK_DATA_DIR=str(tmp_path / "data"))
        os.close(gate)
        assert status == 0, err
    data = folder / "penstock-data"
    data.mkdir()
    with tarfile.open(fileobj=io.BytesIO(out)) as tar:
        tar.extractall(data, filter="tar")
    assert data.stat().st_mode & 0o077 == 0
    assert not MADE_ANEW & {path.name for path in data.iterdir()}
    shutil.rmtree(tmp_path / "data")
    async with Server(load(port=0)) as server:
        url = ("--url", server.url)
        async with asyncio.timeout(20):
            while "Failed" not in (told := await program("status", running.execution, *url)).out.partition("\n")[0]:
                assert "InProgress" in told.out
        assert "unit    Failed     " in told.out, told.out
        assert "interrupted: the bot stopped while it was running" in told.out
        assert (await program("logs", running.execution, "build/dist", *url)).out == "made\n"
        assert (await program("artifacts", running.execution, "dist", *url)).status == 0
        host = server.composed.host
        assert host is not None
        clone = host.clone_url("ada/web").replace("//", f"//ada:{await host.issue_token('ada')}@")
        assert (
            await asyncio.to_thread(git, folder, "ls-remote", clone, "main") == f"{running.commit}\trefs/heads/main\n"
        )
    with tarfile.open(folder / "dist.tar.gz") as tar:
        assert tar.getnames() == ["dist.txt"]


def names(out: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(out)) as tar:
        return tar.getnames()


async def backed_up(program: Program, **env: str) -> tuple[int | None, bytes, str]:
    async with program.started("backup", stdin=DEVNULL, stdout=PIPE, **env) as saving:
        out, err = await saving.communicate()
        return saving.returncode, out, err.decode()


async def test_what_a_killed_backup_has_left_is_written_over_and_two_at_once_are_refused(
    program: Program, typed: Typed
) -> None:
    typed("db", "upgrade")
    left = Path("penstock-data", backup.COPY)
    left.write_bytes(b"half of a database" * 1000)
    status, out, err = await backed_up(program)
    assert (status, names(out)) == (0, ["penstock.db", "."]), err
    with tarfile.open(fileobj=io.BytesIO(out)) as tar:
        tar.extractall("copied", filter="tar")
    with closing(sqlite3.connect("copied/penstock.db")) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert not left.exists()
    held = os.open(left, os.O_WRONLY | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    status, out, err = await backed_up(program)
    os.close(held)
    assert (status, out) == (2, b"")
    assert "Another backup is being made: wait for its end." in err


async def test_what_is_kept_elsewhere_is_named(program: Program, typed: Typed, tmp_path: Path) -> None:
    database = tmp_path / "elsewhere.db"
    where = {
        "PENSTOCK_DATABASE_URL": f"sqlite:///{database}",
        "PENSTOCK_ARTIFACTS_URL": "s3://acme",
        "PENSTOCK_MASTER_KEY_FILE": str(tmp_path / "key"),
    }
    (tmp_path / "key").write_text("x")
    Path("penstock-data").mkdir()
    assert (await program("db", "upgrade", **where)).status == 0
    _, out, err = await backed_up(program, **where)
    assert names(out) == ["penstock.db", "."], "by the name that the data folder has for it"
    told = err.splitlines()
    assert [line.partition(": ")[2] for line in told[1:]] == [
        "the master key, which the settings have. Without it no secret and no artifact opens.",
        "the artifacts, which are where PENSTOCK_ARTIFACTS_URL says.",
    ]


async def test_a_terminal_and_a_folder_that_is_not_there_are_refused(program: Program) -> None:
    async with program.on_a_terminal("backup") as terminal:
        await terminal.sees("no terminal shows one")
    status, out, err = await backed_up(program)
    assert (status, out) == (2, b"")
    assert "There is no data folder" in err


def test_of_a_repository_nothing_is_missed_that_moves_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refs are packed, objects are packed, and packs are packed anew, each at the moment when it is least welcome."""
    git_ = tmp_path / "host/repositories/1.git"
    for name in ("HEAD", "refs/heads/main", "refs/heads/old", "objects/aa/1", "objects/bb/2", "objects/pack/p1.pack"):
        (git_ / name).parent.mkdir(parents=True, exist_ok=True)
        (git_ / name).write_text(name)

    def packs_refs() -> None:
        (git_ / "packed-refs").write_text("old")
        (git_ / "refs/heads/old").unlink()

    def packs_objects() -> None:
        (git_ / "objects/pack/p2.pack").write_text("2")
        shutil.rmtree(git_ / "objects/bb")

    def packs_anew() -> None:
        (git_ / "objects/pack/p3.pack").write_text("1 and 2")
        (git_ / "objects/pack/p2.pack").unlink()

    meanwhile = {"refs/heads/main": packs_refs, "objects/aa/1": packs_objects, "objects/pack/p1.pack": packs_anew}
    own = backup._add

    def add(tar: tarfile.TarFile, file: io.BufferedReader, name: str) -> None:
        own(tar, file, name)
        meanwhile.get(name.partition("1.git/")[2], lambda: None)()

    monkeypatch.setattr(backup, "_add", add)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w|") as tar:
        backup._add_folder(tar, tmp_path, "", set())
    found = [name.partition("1.git/")[2] for name in names(out.getvalue()) if "1.git/" in name]
    assert found == [
        "HEAD", "refs", "refs/heads", "refs/heads/main", "packed-refs",
        "objects", "objects/aa", "objects/aa/1", "objects/pack", "objects/pack/p1.pack", "objects/pack/p3.pack",
    ]  # fmt: skip


def test_a_file_that_is_cut_off_or_grows_while_it_is_written_spoils_nothing(tmp_path: Path) -> None:
    for size in (3, 3000):
        log = tmp_path / "log"
        log.write_bytes(b"x" * 1000)
        out = io.BytesIO()
        with log.open("rb", buffering=0) as file, tarfile.open(fileobj=out, mode="w|") as tar:
            steady = backup._Steady(file, 1000)
            os.truncate(log, size)
            info = tarfile.TarInfo("log")
            info.size = 1000
            tar.addfile(info, steady)
        with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as tar:
            assert (content := tar.extractfile("log")) is not None
            assert content.read().rstrip(b"\0") == b"x" * min(size, 1000)
