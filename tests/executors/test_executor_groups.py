"""Where groups of processes can be made, by what the kernel says of a machine: its text, of both versions. What they do is in test_executor_limits."""

from pathlib import Path

import pytest

from bot.executors.groups import places_in

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
