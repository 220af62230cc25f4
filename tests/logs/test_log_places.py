"""Where logs lie: names that no key can abuse, and removing them by a prefix of their keys."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs.files import LogFiles
from bot.logs.parts import Place


@pytest.fixture
def logs(tmp_path: Path) -> LogFiles:
    return LogFiles(tmp_path / "logs")


def write(logs: LogFiles, key: str) -> None:
    """More than its limit, so that there are several files."""
    writer = logs.open(key, 64)
    writer.write(b"x" * 100)
    writer.close()


TEXT = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(["..", ".", "", "~", "a+b", "a" * 300, "/"])
KEYS = st.lists(TEXT, min_size=1, max_size=4).map("/".join)


@given(KEYS, KEYS)
def test_no_key_leaves_the_root_and_no_two_keys_share_a_place(one: str, other: str) -> None:
    root = Path("/logs/root")
    for key in (one, other):
        path = Place.of(root, key).part(0)
        assert path.parent.parent == root
        assert os.path.normpath(path) == str(path)
        assert all(len(os.fsencode(part)) <= 255 for part in path.parts)
    assert (Place.of(root, one).part(0) == Place.of(root, other).part(0)) == (one == other)


async def test_plain_keys_stay_readable(logs: LogFiles, tmp_path: Path) -> None:
    write(logs, "0f-1/build/unit/1")
    assert (tmp_path / "logs/0f-1/build+unit+1.0000000000000000.log").exists()


@pytest.mark.parametrize(
    ("prefix", "left"),
    [
        ("e1", ["e2/build/unit/1"]),
        ("e1/build", ["e1/build-all/unit/1", "e2/build/unit/1"]),
        ("e1/build/unit", ["e1/build/unit-2/1", "e1/build-all/unit/1", "e2/build/unit/1"]),
        ("e1/build/unit/1", ["e1/build/unit/2", "e1/build/unit-2/1", "e1/build-all/unit/1", "e2/build/unit/1"]),
        ("e", None),
        ("", None),
        ("..", None),
    ],
)
async def test_removing_takes_a_key_and_all_below_it(logs: LogFiles, prefix: str, left: list[str] | None) -> None:
    keys = ["e1/build/unit/1", "e1/build/unit/2", "e1/build/unit-2/1", "e1/build-all/unit/1", "e2/build/unit/1"]
    for key in keys:
        write(logs, key)
    await logs.remove(prefix)
    assert [key for key in keys if await logs.read(key) is not None] == (keys if left is None else left)
