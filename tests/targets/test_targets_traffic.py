"""Balancers: what may stand in nginx's file, and changes of it by a real nginx that somebody watches."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import yaml

from bot.ports import TargetsRefused, TrafficRefused
from bot.targets import nginx
from bot.targets.balancers import Balancer
from bot.targets.inventory import read_inventory
from bot.targets.operator_file import OperatorFileInvalid
from bot.targets.targets import InventoryTargets
from bot.targets.traffic import InventoryTraffic
from tests.targets.conftest import WEB, Server
from tests.world.nginx import Nginx

HERE = {"local": True, "repositories": []}


def traffic(folder: Path, balancer: Mapping[str, object], lb: Mapping[str, object] = HERE) -> InventoryTraffic:
    file = folder / "targets.yml"
    body = {"targets": {"lb": lb, "one": HERE, "two": HERE}, "balancers": {"front": balancer}}
    file.write_text(yaml.safe_dump(body))
    return InventoryTraffic(InventoryTargets(file, folder / "own"))


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Nginx]:
    async with Nginx(tmp_path, {"one": lambda: "one", "two": lambda: "two"}) as made:
        yield made


async def test_weights_are_changed_and_read_back_and_no_request_errs(tmp_path: Path, front: Nginx) -> None:
    """In force when the change returns: the very next request is shared out anew."""
    balancer = traffic(tmp_path, front.entry())
    assert balancer.balancer(WEB, "front").servers == {"one": 1, "two": 1}
    assert await balancer.weights("front") == {"one": 1, "two": 1}
    async with front.watched() as client:
        assert await balancer.change("front", {"one": 0}) == ""
        assert await front.asked(10) == {"two": 10}
        await balancer.change("front", {"one": 1, "two": 9})
        assert await balancer.weights("front") == {"one": 1, "two": 9}
        await balancer.change("front", {"one": 9, "two": 0})
        assert await front.asked(10) == {"one": 10}
    assert client.errors == []
    assert {"one", "two"} == set(client.answers)
    assert [path.name for path in front.file.parent.iterdir()] == ["web.conf"]


async def test_a_balancer_on_another_machine_is_reached_as_any_target(
    tmp_path: Path, front: Nginx, ssh_server: Server
) -> None:
    lb = {**ssh_server.entry(), "state": str(tmp_path / "state"), "repositories": []}
    await traffic(tmp_path, front.entry(), lb).change("front", {"one": 0})
    assert await front.asked(10) == {"two": 10}


async def test_what_nginx_refuses_is_taken_back(tmp_path: Path, front: Nginx) -> None:
    was = front.file.read_text()
    broken = traffic(tmp_path, front.entry(parameters=["max_fails=none"], directives=[]))
    front.file.write_text(was.replace(" max_fails=0", ""))
    was = front.file.read_text()
    with pytest.raises(TrafficRefused, match=r"front on lb: `.*nginx .*-t` failed .*max_fails=none"):
        await broken.change("front", {"one": 0})
    assert front.file.read_text() == was
    assert [path.name for path in front.file.parent.iterdir()] == ["web.conf"]
    assert set(await front.asked(10)) == {"one", "two"}


async def test_what_cant_be_loaded_is_taken_back(tmp_path: Path, front: Nginx) -> None:
    was = front.file.read_text()
    for broken, words in (
        (front.entry(reload=["/bin/sh", "-c", "echo no; exit 3"]), "failed with exit status 3: no"),
        (front.entry(reload=["/nowhere/nginx"]), "`/nowhere/nginx` can't be run: No such file"),
        (front.entry(pid_file="/nowhere/pid"), "does not run, or not with the `pid_file` /nowhere/pid"),
    ):
        with pytest.raises(TrafficRefused, match=words):
            await traffic(tmp_path, broken).change("front", {"one": 0})
        assert front.file.read_text() == was


async def test_a_change_that_was_cut_off_is_made_whole_by_the_next(tmp_path: Path, front: Nginx) -> None:
    """Killed after the file was replaced, before it was loaded: the same again loads it, though the file has it already."""
    balancer = traffic(tmp_path, front.entry())
    before = front.file.read_text()
    await balancer.change("front", {"one": 0})
    wanted = front.file.read_text()
    await balancer.change("front", {"one": 1})
    (front.file.parent / ".web.conf.before").write_text(before)
    front.file.write_text(wanted)
    assert set(await front.asked(10)) == {"one", "two"}
    await balancer.change("front", {"one": 0})
    assert set(await front.asked(10)) == {"two"}
    assert [path.name for path in front.file.parent.iterdir()] == ["web.conf"]


async def test_a_file_that_is_not_there_begins_with_all_servers(tmp_path: Path, front: Nginx) -> None:
    front.file.unlink()
    balancer = traffic(tmp_path, front.entry())
    assert await balancer.weights("front") == {}
    await balancer.change("front", {"one": 0})
    assert await balancer.weights("front") == {"one": 0, "two": 1}


def test_who_is_not_let_in_shifts_nothing(tmp_path: Path) -> None:
    entry = {"target": "lb", "upstream": "web", "file": "/f", "servers": {"one": "h:1"}, "repositories": ["github:b/*"]}
    for name in ("front", "other"):
        with pytest.raises(TargetsRefused, match=f"github:acme/web has no balancer {name}: the operator lists"):
            traffic(tmp_path, entry).balancer(WEB, name)


ENTRY = {
    "target": "lb",
    "upstream": "web",
    "file": "/etc/w.conf",
    "servers": {"one": "h:1", "two": "h:2"},
    "repositories": [],
}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"servers": {"one": "h:1; } evil {"}}, "must be an address", id="an address that ends its line"),
        pytest.param({"servers": {"one": "h:1\n"}}, "must be an address", id="an address with a line end"),
        pytest.param({"servers": {"one": "h:70000"}}, "must be an address", id="no port"),
        pytest.param({"servers": {"one": {"address": "h", "weight": 0}}}, "greater than or equal to 1", id="no weight"),
        pytest.param({"servers": {"one": "h:1", "two": "h:1"}}, "two servers of the address h:1", id="one address twice"),
        pytest.param({"servers": {"ten": "h:1"}}, "names ten, and `targets` has no such target", id="an unknown target"),
        pytest.param({"target": "nowhere"}, "names nowhere", id="an unknown balancer's target"),
        pytest.param({"upstream": "web { #"}, "should match pattern", id="a name that opens a block"),
        pytest.param({"file": "web.conf"}, "absolute path", id="a relative file"),
        pytest.param({"file": "/etc/../w.conf"}, "absolute path", id="a file that leads elsewhere"),
        pytest.param({"directives": ["keepalive 3; }"]}, "must be a directive", id="a directive that ends its block"),
        pytest.param({"directives": ["server h:3"]}, "must be a directive", id="a server as a directive"),
        pytest.param({"parameters": ["max_fails=1 down"]}, "must be a parameter", id="two parameters in one"),
        pytest.param({"parameters": ["weight=3"]}, "must be a parameter", id="a weight as a parameter"),
        pytest.param({"reload": []}, "at least 1 item", id="no command"),
        pytest.param({"drain": -1}, "greater than or equal to 0", id="no time"),
    ],
)  # fmt: skip
def test_what_may_not_stand_in_nginx_file_is_refused(tmp_path: Path, more: dict[str, object], words: str) -> None:
    traffic(tmp_path, {**ENTRY, **more})
    with pytest.raises(OperatorFileInvalid) as told:
        read_inventory(tmp_path / "targets.yml")
    assert words in str(told.value)


@pytest.mark.parametrize(
    ("written", "weights"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("upstream web { server h:1; server h:2 weight=3; }", {"one": 1, "two": 3}, id="weights"),
        pytest.param("upstream web {\n server h:1 down; # one\n}\n", {"one": 0, "two": 0}, id="down, and missing"),
        pytest.param(f"{nginx.HEADER}\nupstream web {{ ip_hash; server h:9; }}", {"one": 0, "two": 0}, id="taken out"),
        pytest.param("upstream web { server h:9; }", "server h:9: put it into", id="a stranger"),
        pytest.param("upstream web { server h:1 slow_start=3s; }", "`slow_start=3s` at h:1", id="another parameter"),
        pytest.param("upstream web { server h:1; least_conn; }", "has `least_conn`: put it", id="another directive"),
        pytest.param("upstream other { server h:1; }", "more in it than the upstream web", id="another upstream"),
        pytest.param("upstream web { } server { listen 80; }", "more in it than the upstream web", id="a server, too"),
    ],
)
def test_what_stands_in_a_file_is_read_or_left_alone(written: str, weights: Mapping[str, int] | str) -> None:
    balancer = Balancer.model_validate(ENTRY)
    if isinstance(weights, str):
        with pytest.raises(nginx.NotOurs, match=weights):
            nginx.read(balancer, written)
    else:
        assert nginx.read(balancer, written) == weights


def test_what_is_written_is_read_back() -> None:
    balancer = Balancer.model_validate(
        {**ENTRY, "directives": ["least_conn", "keepalive 32"], "parameters": ["max_fails=2"]}
    )
    assert nginx.text(balancer, {"one": 9}) == (
        f"{nginx.HEADER}\nupstream web {{\n    least_conn;\n    keepalive 32;\n"
        "    server h:1 max_fails=2 weight=9;  # one\n    server h:2 max_fails=2 down;  # two\n}\n"
    )
    assert nginx.read(balancer, nginx.text(balancer, {"one": 9})) == {"one": 9, "two": 0}
