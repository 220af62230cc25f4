"""Where groups of processes can be made, by what the kernel says of a machine: its text, of both versions. What they do is in test_executor_limits."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.executors.groups import MEMBERS, places, places_in, usable
from tests.world.patience import PATIENCE

V1 = """31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / {0}/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / {0}/pids rw,relatime shared:9 - cgroup cgroup rw,pids
41 31 0:38 / {0}/unified rw,relatime - cgroup2 cgroup2 rw
"""
V2 = (
    "41 31 0:38 {1} {0} rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
)

CASES: dict[str, tuple[str, str, list[tuple[str, tuple[str, ...], int]]]] = {
    "v1, in the root of one tree and below in another": (
        "9:name=systemd:/\n8:pids:/\n4:memory:/a/b\n0::/\n",
        V1,
        [("memory/a/b", ("memory",), 1), ("pids", ("pids",), 1)],
    ),
    "v1, a container that sees its own part only": (
        "8:pids:/docker/c1/sub\n",
        "39 31 0:36 /docker/c1 {0}/pids ro - cgroup cgroup rw,pids\n",
        [("pids/sub", ("pids",), 1)],
    ),
    "v1, outside of what is mounted": (
        "8:pids:/docker/c10\n",
        "39 31 0:36 /docker/c1 {0}/pids ro - cgroup cgroup rw,pids\n",
        [],
    ),
    "v2, a service": (
        "0::/system/bot.service\n",
        V2.replace("{1}", "/"),
        [("system/bot.service", ("pids", "memory"), 2), ("system", ("pids", "memory"), 2)],
    ),
    "v2, a service that has moved down": (
        "0::/system/bot.service/penstock\n",
        V2.replace("{1}", "/"),
        [("system/bot.service", ("pids", "memory"), 2), ("system/bot.service/penstock", ("pids", "memory"), 2)],
    ),
    "v2, the root of a container": ("0::/\n", V2.replace("{1}", "/"), [("", ("pids", "memory"), 2)]),
    "v2, outside of what is mounted": ("0::/../other\n", V2.replace("{1}", "/"), []),
    "v2, a group without these controllers": ("0::/bare\n", V2.replace("{1}", "/"), [("", ("pids", "memory"), 2)]),
    "none": ("", "", []),
}


@pytest.mark.parametrize("name", CASES)
def test_where_groups_can_be_made(name: str, tmp_path: Path) -> None:
    memberships, mounts, expected = CASES[name]
    for folder in ("", "system", "system/bot.service", "system/bot.service/penstock"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    found = places_in(memberships, mounts.replace("{0}", str(tmp_path)))
    assert [(each.folder, each.controllers, each.version) for each in found] == [
        (str(tmp_path / folder) if folder else str(tmp_path), controllers, version)
        for folder, controllers, version in expected
    ]


_PREPARE = """
import sys
from bot.executors.groups import Place
sys.stdin.readline()
print(Place(sys.argv[1], (sys.argv[2],), 2).prepare())
print(open("/proc/self/cgroup").read().rpartition("0::")[2].strip())
sys.stdin.readline()
"""


def test_where_another_process_could_make_them(child: subprocess.Popen[bytes]) -> None:
    """One that was started here is in the same groups."""
    assert [vars(place) for place in places(str(child.pid))] == [vars(place) for place in places()]
    child.kill()
    child.wait()
    assert places(str(child.pid)) == []


def test_another_process_could_make_them_where_it_is_itself(child: subprocess.Popen[bytes]) -> None:
    """Not where the one is that asks: the bot that runs, and whoever looks at it, are in two groups."""
    parent = usable(places()).get("pids", "")
    if not parent:
        pytest.skip("no group of processes (cgroup) can be made here")
    group = Path(parent, f"penstock-test-{os.getpid()}-child")
    group.mkdir()
    try:
        (group / MEMBERS).write_text(str(child.pid))
        assert str(group) in [place.folder for place in places(str(child.pid))]
        assert str(group) not in [place.folder for place in places()]
    finally:
        child.kill()
        child.wait()
        group.rmdir()


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as started:
        yield started
        started.kill()


@pytest.fixture
def v2() -> Iterator[tuple[Path, str]]:
    """A group of the kernel's own v2 tree, without members, and a controller that it has: any, they are all handed down alike."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines() if " - cgroup2 " in line]
    for mount in mounts:
        controllers = Path(mount[4], "cgroup.subtree_control").read_text().split()
        group = Path(mount[4], f"penstock-test-{os.getpid()}")
        if controllers and os.access(mount[4], os.W_OK):
            group.mkdir()
            yield group, controllers[0]
            for folder in (group / "penstock", group):
                if folder.exists():
                    folder.rmdir()
            return
    pytest.skip("no group of cgroup v2 with a controller can be made here")


@pytest.mark.parametrize("alone", [True, False])
def test_on_v2_a_bot_moves_down_to_make_room_and_leaves_others_where_they_are(
    v2: tuple[Path, str], alone: bool
) -> None:
    """A group with members hands no controllers down: https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint"""
    group, controller = v2
    command = (sys.executable, "-c", _PREPARE, str(group), controller)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": Path(__file__).parents[2]}
    with subprocess.Popen(command, **pipes) as bot, subprocess.Popen(["sleep", "1000"]) as stranger:  # type: ignore[call-overload]
        try:
            for process in (bot,) if alone else (bot, stranger):
                (group / MEMBERS).write_text(str(process.pid))
            out, _ = bot.communicate("\n\n", timeout=PATIENCE)
        finally:
            stranger.kill()
    within = f"/{group.name}/penstock" if alone else f"/{group.name}"
    assert out.split() == [str(alone), within]
    assert (group / "cgroup.subtree_control").read_text().split() == ([controller] if alone else [])
