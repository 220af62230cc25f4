"""The hooks' files: written at every start, also by somebody who is not root, also while a push runs the old ones."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.local.host import hooks

NOBODY = 65534


@pytest.fixture
def theirs() -> Iterator[Path]:
    """A folder where anybody may write: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def as_nobody(folder: Path) -> int:
    """Install twice, in a process without root's rights; its exit status is the answer."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        hooks.install(folder)
        hooks.install(folder)
        os._exit(0)
    except BaseException:  # noqa: BLE001  nothing of this process may go on in pytest
        os._exit(1)


def test_the_host_starts_again_without_roots_rights(theirs: Path, tmp_path: Path) -> None:
    hooks.install(tmp_path)  # what Python loads for it may lie where only root reads
    assert as_nobody(theirs / "hooks") == 0


def test_a_hook_that_runs_is_not_written_into(tmp_path: Path) -> None:
    hooks.install(tmp_path)
    with (tmp_path / "pre-receive").open() as running:
        hooks.install(tmp_path)
        assert os.fstat(running.fileno()).st_nlink == 0
        assert running.read() == hooks.SCRIPT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["post-receive", "pre-receive"]
