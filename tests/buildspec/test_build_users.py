"""PHS-6, `run-as`: real builds whose phases are other users', where the suite may have such (root), and the remedies where it may not."""

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.actions.building import users
from bot.actions.building.artifacts import reach_of
from bot.actions.building.reach import TEMPORARY, Reach
from bot.actions.building.users import UserRefused, with_users
from bot.buildspec import read_buildspec
from bot.logs.files import LogFiles
from bot.model.buildspec import Buildspec
from bot.model.execution import ActionStatus
from bot.stores.memory import MemoryStore
from tests.buildspec.shells import SHELLS
from tests.world.host_local import LocalHost
from tests.world.repo import Push
from tests.world.world import World

ONE = "stages: [{name: build, actions: [{name: package, namespace: b, build: buildspec.yml, outputs: dist}]}]\n"

SPEC = """\
version: 0.2
env: {shell: SHELL, exported-variables: [A, WHO]}
phases:
  install: {run-as: root, commands: ['whoami', 'export A=1; install -d -m 777 out; cd out; umask 022']}
  pre_build: {run-as: nobody, commands: ['echo "$A $(whoami) $(basename "$PWD") $USER $(stat -c %U%a "$HOME") $(id -gn)"', 'exit 0']}
  build:
    run-as: nobody
    commands:
      - 'export A=2 WHO=$(whoami); echo made > made; echo note > "$TMPDIR/note"; git -C .. log --oneline | wc -l'
      - 'echo visible > /dev/stdout; echo told=yes >> "$PENSTOCK_OUTPUT"; ! echo spoilt > ../.pipeline.yml'
      - 'ls "$HOME/../../.." "$HOME/../../../.." && exit 1; cat "$HOME/../../../../beside/x" "$HOME/../../../other/x" && exit 1; true'
  post_build: {commands: ['echo "$A $(whoami) $(basename "$PWD") $(stat -c %U "$HOME" made)"']}
artifacts: {files: out/made}
"""

PYTHON = """\
version: 0.2
env: {shell: python}
run-as: nobody
phases:
  build: {commands: ['import os, pwd; os.environ["A"] = "1"; os.chdir(".git"); print(pwd.getpwuid(os.getuid()).pw_name)']}
  post_build: {run-as: root, commands: ['import os; print(os.getuid(), os.environ["A"], os.environ["USER"], os.path.basename(os.getcwd()))']}
artifacts: {files: .pipeline.yml}
"""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Not in pytest's own folder, which nobody else may enter."""
    with tempfile.TemporaryDirectory() as folder:
        async with World(LocalHost(), MemoryStore(), Path(folder), real_jobs=True) as made:
            yield made


async def built(world: World, spec: str) -> tuple[Push, list[str]]:
    push = await (await world.repo(ONE)).push(files={"buildspec.yml": spec})
    log = await LogFiles(world.folder / "logs").tail((await push.execution()).stages[0].actions[0].log, 1000)
    return push, [line for line in log.split("\n") if not line.startswith("[Container]")]


async def summary(push: Push) -> str:
    [action] = (await push.execution()).stages[0].actions
    return action.summary


@pytest.mark.parametrize("shell", SHELLS)
async def test_phs_6_phases_are_their_users_and_one_takes_over_from_the_other(world: World, shell: str) -> None:
    """Whom commands run as, what is carried on, and what such a user may touch: the build, and nothing beside it."""
    for beside in ("beside", "builds/other"):
        (world.folder / beside).mkdir(parents=True)
        (world.folder / beside / "x").write_text("nobody's business\n")
    push, printed = await built(world, SPEC.replace("SHELL", shell))
    if os.geteuid():
        assert "or run the bot as " in await summary(push)
        return
    [action] = (await push.execution()).stages[0].actions
    assert action.status is ActionStatus.SUCCEEDED, (action.summary, printed)
    said = [line for line in printed if "denied" not in line and "annot" not in line]
    assert said == ["root", "1 nobody out nobody nobody700 nogroup", "1", "visible", "2 root out root", "nobody"]
    assert action.outputs == {"A": "2", "WHO": "nobody", "told": "yes"}
    assert action.artifacts["dist"].files == 1


async def test_phs_6_env_8_users_of_a_build_whose_shell_is_python(world: World) -> None:
    push, printed = await built(world, PYTHON)
    if os.geteuid():
        assert "or run the bot as " in await summary(push)
        return
    assert printed[:2] == ["nobody", "0 1 root .git"]


async def test_phs_6_what_a_user_leaves_in_the_place_of_a_result_is_not_followed(world: World) -> None:
    """The bot reads what a build leaves, and may read more than the build's user."""
    (world.folder / "secret").write_text("WHO=root's own")
    spec = """\
version: 0.2
run-as: nobody
env: {exported-variables: [WHO]}
phases: {build: {commands: ['build=$(dirname "$(dirname "$(dirname "$HOME")")")', 'ln -s PLACE/secret "$(echo "$HOME"/../../build)/variables"']}}
artifacts: {files: .pipeline.yml}
""".replace("PLACE", str(world.folder))
    push, printed = await built(world, spec)
    if os.geteuid():
        return
    [action] = (await push.execution()).stages[0].actions
    assert action.outputs == {}, printed


async def test_phs_6_a_way_that_is_closed_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with World(LocalHost(), MemoryStore(), closed / "data", real_jobs=True) as world:
        push, _ = await built(world, "version: 0.2\nrun-as: nobody\nphases: {build: {commands: [echo]}}\n")
        words = await summary(push)
    if os.geteuid():
        return
    first = next(place for place in [*reversed(closed.parents), closed] if not place.stat().st_mode & 1)
    assert words == (
        f"run-as nobody: nobody may not enter {first}, which is above the source. "
        f"Let everybody pass it (chmod o+x {first}), or have PENSTOCK_DATA_DIR elsewhere."
    )


def spec_as(name: str) -> Buildspec:
    spec = read_buildspec(f"version: 0.2\nrun-as: {name}\nphases: {{build: {{commands: [echo]}}}}\n".encode()).buildspec
    assert spec is not None
    return spec


@pytest.mark.parametrize(
    ("who", "user", "capabilities", "words"),
    [
        ("nobody-here", 0, -1, "there is no user nobody-here on this machine. Remove `run-as`, or make one where the bot runs: useradd nobody-here"),
        ("nobody", 1, -1, "Remove `run-as`, or run the bot as nobody, or as root."),
        ("nobody", 0, 1 << 6, "Remove `run-as`, or give it the capabilities CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETUID."),
    ],
)  # fmt: skip
def test_phs_6_a_user_that_cannot_be_had_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, who: str, user: int, capabilities: int, words: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(users, "_capabilities", lambda: capabilities)
    with pytest.raises(UserRefused) as refused:
        with_users(spec_as(who))
    assert str(refused.value).startswith(f"run-as {who}: ")
    assert str(refused.value).endswith(words)


def test_phs_6_arf_1_of_other_users_builds_nothing_is_gathered_in_tmp(tmp_path: Path) -> None:
    """There the bot may read what they may not."""
    own = read_buildspec(b"version: 0.2\nphases: {build: {commands: [echo]}}\n").buildspec
    other = read_buildspec(b"version: 0.2\nphases: {build: {run-as: nobody, commands: [echo]}}\n").buildspec
    assert own is not None
    assert other is not None
    source, lib = tmp_path / "source", tmp_path / "lib"
    assert reach_of(own, [source, lib]) == Reach(source, (lib, *TEMPORARY))
    assert reach_of(other, [source, lib]) == Reach(source, (lib,))


def test_phs_6_the_bots_own_user_needs_no_other_shell() -> None:
    assert {phase.run_as for phase in with_users(spec_as(users._own())).phases} == {""}
