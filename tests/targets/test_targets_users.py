"""Scripts as other users (HOK-3), really: what only root can prove, on this machine."""

import grp
import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.targets.conftest import Box

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")

SPEC = "version: 0.0\nos: linux\nhooks: {AfterInstall: [{location: who.sh, runas: nobody}, {location: who.sh}, {location: who.sh, sudo: true}]}\n"
WHO = '#!/bin/sh\necho "$(id -un) $(id -Gn | cut -d" " -f1) $USER $HOME $DEPLOYMENT_ID"\n'


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Which others may enter, as they may not enter those of tests."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_hok_3_a_script_runs_as_whom_it_says_without_the_groups_of_root(box: Box, open_folder: Path) -> None:
    file = box.folder.parent / "targets.yml"
    body = yaml.safe_load(file.read_text())
    body["targets"]["box"]["state"] = str(open_folder / "state")
    file.write_text(yaml.safe_dump(body))
    runs = await box.deploy("d-1", {"appspec.yml": SPEC, "who.sh": WHO}, "DownloadBundle Install AfterInstall")
    assert runs[-1].status == "Succeeded", runs[-1]
    nobody, *own = [line.removeprefix("[stdout]") for line in box.lines if line.startswith("[stdout]")]
    entry = pwd.getpwnam("nobody")
    assert nobody == f"nobody {grp.getgrgid(entry.pw_gid).gr_name} nobody {entry.pw_dir} d-1"
    assert [line.split()[:2] for line in own] == [["root", "root"], ["root", "root"]]


async def test_hok_3_a_user_who_may_not_come_to_the_script_is_told_with_the_door(box: Box) -> None:
    """As where revisions are kept in the bot's own data folder."""
    box.folder.parent.chmod(0o700)
    (box.folder / "state").mkdir(mode=0o700)
    runs = await box.deploy("d-1", {"appspec.yml": SPEC, "who.sh": WHO}, "DownloadBundle Install AfterInstall")
    assert runs[-1].code == "ScriptNotExecutable"
    assert "the script who.sh can't be run: nobody may not enter /" in runs[-1].message
    assert "have the operator name another `state` for this target" in runs[-1].message
