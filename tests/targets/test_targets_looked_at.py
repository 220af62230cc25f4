"""What `penstock doctor` says of targets: real ones, over SSH and on this machine."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.cli.doctor.finding import Finding
from bot.cli.doctor.targets import of_targets, runas
from bot.settings import Settings
from bot.targets.bootstrap import LOADER, program
from bot.targets.looking import Fit
from tests.targets.conftest import Server
from tests.world.nginx import Nginx


def findings(folder: Path, body: Mapping[str, object]) -> list[Finding]:
    (folder / "targets.yml").write_text(yaml.safe_dump(body, sort_keys=False))
    settings = Settings(targets_file=folder / "targets.yml", data_dir=folder / "data")
    found = list(of_targets(settings))
    assert all(bool(one.remedy) == (one.level != "good") for one in found)
    return found


ALL = {"repositories": ["github:acme/*"]}


def test_each_target_has_its_line_and_each_that_is_not_fit_its_remedy(tmp_path: Path, ssh_server: Server) -> None:
    """All at once, in the order of the file; and nothing is made anywhere."""
    stranger = tmp_path / "known_hosts"
    stranger.write_text(f"[127.0.0.1]:{ssh_server.port} {(ssh_server.folder / 'user_key.pub').read_text()}")
    web = {**ssh_server.entry(), **ALL, "state": str(tmp_path / "state")}
    (tmp_path / "file").touch()
    found = findings(
        tmp_path,
        {
            "targets": {
                "web-1": web,
                "stranger": {**web, "known_hosts": str(stranger)},
                "unknown": {**web, "known_hosts": "/nowhere/known"},
                "gone": {**web, "port": 1},
                "no-python": {**web, "python": "/nowhere/python"},
                "full": {**web, "directory": str(tmp_path / "file/site")},
                "here": {"local": True, **ALL},
            },
            "balancers": {
                "front": {
                    "target": "here",
                    "upstream": "web",
                    "file": str(tmp_path / "file/web.conf"),
                    "servers": {"web-1": "10.0.0.1:80"},
                    "test": ["false"],
                    "repositories": [],
                }
            },
        },
    )
    user = ssh_server.entry()["user"]
    told = [f"{one.level} {one.what} {one.remedy}" for one in found]
    for line, words in zip(
        told,
        [
            f"good Target web-1: {user} at 127.0.0.1, Python ",
            "bad Target stranger: 127.0.0.1 is not known: its key is not in ",
            "bad Target unknown: there is no file /nowhere/known to know 127.0.0.1 by",
            "bad Target gone: 127.0.0.1 can't be reached: ",
            "bad Target no-python: the connection was lost: ",
            f"bad Target full: {user} can't write to {tmp_path}/file/site. mkdir -p ",
            f"bad Target here: {user} can't write to {tmp_path}/file. mkdir -p ",
            "bad Balancer front on here: `false` failed with exit status 1 Try `false` there",
        ],
        strict=True,
    ):
        assert line.startswith(words), told
    assert f"ssh-keyscan -p {ssh_server.port} 127.0.0.1 >> {stranger}, and compare" in told[1]
    assert f"ssh -p 1 -i {ssh_server.folder}/user_key {user}@127.0.0.1 python3 --version, and mend" in told[3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "known_hosts", "targets.yml"]


async def test_each_balancer_has_its_line_with_who_gets_what(tmp_path: Path) -> None:
    """Asked of a real nginx, in which nothing changes."""
    async with Nginx(tmp_path, {"one": lambda: "one", "two": lambda: "two"}) as front:
        (tmp_path / "foreign.conf").write_text("upstream other { server 10.0.0.1; }")
        balancers = {
            "front": front.entry(),
            "new": front.entry(file=str(tmp_path / "new.conf")),
            "foreign": front.entry(file=str(tmp_path / "foreign.conf")),
            "refused": front.entry(test=["/bin/sh", "-c", "echo no; exit 3"]),
            "asleep": front.entry(pid_file="/nowhere/pid"),
            "childless": front.entry(pid_file=str(tmp_path / "pid")),
        }
        (tmp_path / "pid").write_text(str(2**22))
        here = {"local": True, "repositories": []}
        body = {"targets": {"lb": here, "one": here, "two": here}, "balancers": balancers}
        before = front.file.stat()
        found = (await asyncio.to_thread(findings, tmp_path, body))[3:]
        assert front.file.stat() == before
    told = [f"{one.level} {one.what} {one.remedy}" for one in found]
    for line, words in zip(
        told,
        [
            "good Balancer front on lb: one 50 %, two 50 %. ",
            f"warning Balancer new on lb: there is no {tmp_path}/new.conf yet. Have nginx include it",
            "bad Balancer foreign on lb: ",
            "bad Balancer refused on lb: `/bin/sh -c echo no; exit 3` failed with exit status 3: no Try `/bin/sh -c ",
            "bad Balancer asleep on lb: the balancer does not run, or not with the `pid_file` /nowhere/pid",
            f"bad Balancer childless on lb: {tmp_path}/pid names a process without workers",
        ],
        strict=True,
    ):
        assert line.startswith(words), told


def test_a_targets_file_that_is_wrong_is_told_with_all_that_is_wrong(tmp_path: Path) -> None:
    found = findings(tmp_path, {"targets": {"a": {"local": True}, "b": ALL}})
    assert [one.level for one in found] == ["bad", "bad"]
    assert "targets.a.repositories: Field required" in found[0].what


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_user_without_sudo_runs_scripts_as_nobody_else(tmp_path: Path) -> None:
    order = {"do": "look", "state": "/root/state", "folders": ["/var/tmp", "/etc/acme"]}
    agent = subprocess.run(
        ["python3", "-I", "-c", LOADER],
        input=program() + json.dumps(order).encode() + b"\n",
        stdout=subprocess.PIPE,
        check=True,
        user="nobody",
        cwd="/",
    )
    answer = json.loads(agent.stdout)
    del answer["took"], answer["end"]
    fit = Fit(**answer)
    assert (fit.user, fit.root, fit.sudo, fit.unwritable) == ("nobody", False, False, ["/root/state", "/etc/acme"])
    assert runas(fit) == "scripts can run as nobody alone, since sudo wants a password"
    assert runas(replace(fit, sudo=True, closed="")) == "scripts can run as anybody, by sudo"
    assert "since others may not enter /root (name another `state`" in runas(replace(fit, sudo=True, closed="/root"))
