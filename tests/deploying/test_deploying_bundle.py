"""A bundle's appspec, where a repository has something else in its place. What is in an appspec is proved in tests/targets."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.actions.deploying.servers.bundle import LARGEST, BundleInvalid, find, listed

_OUTSIDE = "version: 0.0\nos: linux # outside\n"


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 30)


def _by_way_of_itself(path: Path) -> None:
    path.symlink_to("appspec.yml/../further")
    path.with_name("further").symlink_to("../outside.yml")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: path.symlink_to("../outside.yml"), "leads out of the bundle", id="a link out"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "leads out of the bundle", id="a link to a device"),
        pytest.param(lambda path: path.symlink_to("appspec.yml"), "there is no appspec.yml", id="a link to itself"),
        pytest.param(lambda path: path.symlink_to("gone.yml"), "there is no appspec.yml", id="a link to nothing"),
        pytest.param(_by_way_of_itself, "there is no appspec.yml", id="a link out by way of itself"),
        pytest.param(os.mkfifo, "is no file", id="a pipe"),
        pytest.param(Path.mkdir, "is no file", id="a folder"),
    ],
)
def test_aps_1_whatever_stands_in_an_appspec_s_place_is_refused(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    (tmp_path / "outside.yml").write_text(_OUTSIDE)
    (tmp_path / "bundle").mkdir()
    make(tmp_path / "bundle/appspec.yml")
    opened = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(BundleInvalid, match=reason):
        find("appspec.yml", tmp_path / "bundle")
    assert len(list(Path("/proc/self/fd").iterdir())) == opened


def test_no_more_of_an_appspec_is_read_than_one_may_have(tmp_path: Path) -> None:
    """A hole of 100 GB takes no room in the repository's checkout."""
    _large(tmp_path / "appspec.yml")
    assert len(find("appspec.yml", tmp_path)[1]) == LARGEST + 1


def test_a_repository_s_own_folder_is_not_deployed(tmp_path: Path) -> None:
    """It has the whole history. One further down is the user's affair."""
    for name in (".git/config", "app/.git/kept"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert [entry.path for entry in listed(tmp_path, digests=False).entries] == ["app", "app/.git", "app/.git/kept"]
