"""As whom commands work in the data folder, beside the bot whose it is."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.data_folder import DataFolder, running_as, running_at

ASK = """
from bot.cli.data_folder import load_as_its_user
load_as_its_user()
import os
print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), os.environ["HOME"])
"""
UNLISTED = 61_234
GROUPS = [4, 6]
"""Of root, which nobody else is to keep."""
NOBODY = pwd.getpwnam("nobody")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize(
    ("owner", "told"),
    [
        (UNLISTED, f"{UNLISTED} {UNLISTED} {UNLISTED} [] /"),
        (NOBODY.pw_uid, f"{NOBODY.pw_uid} {NOBODY.pw_uid} {NOBODY.pw_gid} [{NOBODY.pw_gid}] {NOBODY.pw_dir}"),
        (0, f"0 0 0 {GROUPS} /home/ada"),
        (None, f"0 0 0 {GROUPS} /home/ada"),
    ],
    ids=["a user whom nobody lists", "a user", "root itself", "no bot yet"],
)
def test_root_becomes_the_user_who_runs_the_bot(tmp_path: Path, owner: int | None, told: str) -> None:
    """What root makes there that user could not read."""
    if owner is not None:
        (tmp_path / "serve.lock").touch()
        os.chown(tmp_path / "serve.lock", owner, owner if owner == UNLISTED else -1)
    env = {"PATH": os.environ["PATH"], "HOME": "/home/ada", "PENSTOCK_DATA_DIR": str(tmp_path)}
    words = [sys.executable, "-c", ASK]
    asked = subprocess.run(words, env=env, extra_groups=GROUPS, capture_output=True, text=True, check=False)
    assert (asked.stdout.strip(), asked.stderr) == (told, "")


def test_commands_learn_where_the_bot_is_and_which_process_it_is(tmp_path: Path) -> None:
    assert (running_at(tmp_path), running_as(tmp_path)) == ("", "")
    folder = DataFolder(tmp_path)
    try:
        assert (running_at(tmp_path), running_as(tmp_path)) == ("", "")
        folder.note_address("http://127.0.0.1:8080")
        assert (running_at(tmp_path), running_as(tmp_path)) == ("http://127.0.0.1:8080", str(os.getpid()))
    finally:
        folder.close()
    assert (running_at(tmp_path), running_as(tmp_path)) == ("", "")
