"""Release folders on a real target: filled, switched to at once, gone back to, kept and removed; and killed at every step."""

import json
import os
import signal
from collections.abc import Callable

import pytest

from bot.actions.deploying.servers.bundle import listed, read
from bot.actions.deploying.servers.orders import spec_of
from bot.model.appspec import Existing
from bot.model.deployment import EventRun, Releases, TargetStatus
from bot.targets.agent import archive
from bot.targets.agent import releases as agent
from bot.targets.agent.plan import Plan
from bot.targets.agent.state import State
from tests.targets.conftest import BOTH, Box

HEAD = "version: 0.0\nos: linux\n"
SPEC = HEAD + "files: [{source: app, destination: /srv/app}]\n"
PLAIN = Releases("/srv/app", keep=2)


def revision(version: str, spec: str = SPEC, **more: str) -> dict[str, str | None]:
    return {"appspec.yml": spec, "app/version": version, **more}


def current(box: Box) -> str:
    return str((box.root / "srv/app/current").readlink())


def version(box: Box) -> str:
    return (box.root / "srv/app/current/version").read_text()


def kept(box: Box) -> list[str]:
    return sorted(path.name for path in (box.root / "srv/app/releases").iterdir())


def went_well(runs: list[EventRun]) -> None:
    assert all(run.status is not TargetStatus.FAILED for run in runs), runs[-1]


@BOTH
async def test_the_new_release_is_finished_beside_the_old_one_and_then_switched_to(box: Box) -> None:
    """AfterInstall's scripts see the new release, and the old one current; what they fail leaves it current."""
    hooks = "hooks: {AfterInstall: [{location: after.sh}], ApplicationStart: [{location: start.sh}]}\n"
    look = (
        f'#!/bin/sh\necho "$LIFECYCLE_EVENT $(cat $RELEASE_PATH/version) $(cat {box.root}/srv/app/current/version)"\n'
    )
    scripts = {"after.sh": look, "start.sh": look}
    went_well(await box.deploy("d-1", revision("v1"), releases=PLAIN))
    runs = await box.deploy("d-2", revision("v2", SPEC + hooks, **scripts), releases=PLAIN)
    went_well(runs)
    assert [line for line in box.lines if "v2" in line] == [
        "[stdout]AfterInstall v2 v1",
        "[stdout]ApplicationStart v2 v2",
    ]
    assert runs[4].message == "current leads to releases/d-2, and led to releases/d-1 before"
    broken = await box.deploy(
        "d-3", revision("v3", SPEC + hooks, **{"after.sh": "#!/bin/sh\nexit 1\n"}), releases=PLAIN
    )
    assert (broken[-1].event, broken[-1].status) == ("AfterInstall", TargetStatus.FAILED)
    assert (current(box), version(box)) == ("releases/d-2", "v2")


async def test_a_release_that_is_still_there_is_gone_back_to_without_a_copy(box: Box) -> None:
    """RLB-1, RLB-5: all events as ever; where it is there no more, the bundle is brought again."""
    await box.deploy("d-1", revision("v1"), releases=PLAIN)
    inode = (box.root / "srv/app/current/version").stat().st_ino
    await box.deploy("d-2", revision("v2"), releases=PLAIN)
    (box.bundles / "d-1").rename(box.bundles / "d-back")
    (box.bundles / "d-back/app/version").write_text("never read")
    runs = await box.deploy("d-back", releases=PLAIN, back_to="d-1")
    went_well(runs)
    assert runs[3].message == ("d-1 is still there: current leads to releases/d-1, and led to releases/d-2 before")
    assert (version(box), (box.root / "srv/app/current/version").stat().st_ino) == ("v1", inode)
    (box.bundles / "d-back").rename(box.bundles / "d-again")
    (box.bundles / "d-again/app/version").write_text("v0")
    went_well(await box.deploy("d-again", releases=PLAIN, back_to="d-0"))
    assert (current(box), version(box)) == ("releases/d-0", "v0")


async def test_the_last_ones_are_kept_and_never_is_one_removed_that_is_needed(box: Box) -> None:
    """The current one, the one before, those that the bot names, and as many as it says."""
    for number in (1, 2, 3, 4):
        went_well(await box.deploy(f"d-{number}", revision(f"v{number}"), releases=PLAIN))
    assert kept(box) == ["d-3", "d-4"]
    await box.deploy("d-5", revision("v5"), releases=Releases("/srv/app", keep=1))
    assert kept(box) == ["d-4", "d-5"]
    state = State(str(box.folder / "state/box/group"), wait=10)  # the agent before may be about to end
    spec = {**state.spec("d-5")}
    spec["releases"] = {**spec["releases"], "release": "d-6", "never": ["d-4"], "keep": 1}
    release = agent.Release(state, spec, str(box.root))
    release.begin()
    release.fill(Plan())
    release.switch()
    assert kept(box) == ["d-4", "d-5", "d-6"]
    os.close(state._lock)


async def test_shared_paths_outlive_releases(box: Box) -> None:
    """A folder is made where there is none; what the first bundle brings is the first content; later ones' is passed over."""
    shared = Releases("/srv/app", shared=("log", "config/app.ini", "public/uploads"))
    files = {"app/config/app.ini": "first", "app/public/index": "i"}
    went_well(await box.deploy("d-1", revision("v1", **files), releases=shared))
    for place in ("log/access", "public/uploads/picture"):
        (box.root / "srv/app/current" / place).write_text("kept")
    (box.root / "srv/app/shared/config/app.ini").write_text("theirs")
    went_well(await box.deploy("d-2", revision("v2", **{**files, "app/public/uploads/x": "x"}), releases=shared))
    assert version(box) == "v2"
    found = {path: (box.root / "srv/app/current" / path) for path in ("log/access", "config/app.ini", "public/index")}
    assert {name: path.read_text() for name, path in found.items()} == {
        "log/access": "kept",
        "config/app.ini": "theirs",
        "public/index": "i",
    }
    assert [path.name for path in (box.root / "srv/app/current/public/uploads").iterdir()] == ["picture"]
    assert str((box.root / "srv/app/current/public/uploads").readlink()) == "../../../shared/public/uploads"


@pytest.mark.parametrize(
    ("stands", "existing", "words"),
    [
        pytest.param("folder", Existing.OVERWRITE, "current is no link", id="a folder"),
        pytest.param("link", Existing.DISALLOW, "no deployment of this group has made", id="somebody's link"),
        pytest.param("link", Existing.OVERWRITE, "", id="somebody's link, and it may be"),
    ],
)
async def test_a_current_that_is_nobodys_is_refused_before_anything_is_touched(
    box: Box, stands: str, existing: Existing, words: str
) -> None:
    """INS-8, A1."""
    place = box.root / "srv/app/current"
    place.parent.mkdir(parents=True)
    place.mkdir() if stands == "folder" else place.symlink_to("releases/20260101")
    runs = await box.deploy("d-1", revision("v1"), releases=PLAIN, existing=existing)
    if words:
        assert (runs[-1].event, runs[-1].status) == ("DownloadBundle", TargetStatus.FAILED)
        assert words in runs[-1].message
        assert not (box.root / "srv/app/releases").exists()
    else:
        assert current(box) == "releases/d-1"


async def test_a_folder_in_a_releases_place_that_is_nobodys_is_left_alone(box: Box) -> None:
    (box.root / "srv/app/releases/d-1").mkdir(parents=True)
    (box.root / "srv/app/releases/d-1/theirs").write_text("t")
    run = (await box.deploy("d-1", revision("v1"), releases=PLAIN))[-1]
    assert (run.event, run.status) == ("DownloadBundle", TargetStatus.FAILED)
    assert "nobody knows whether it is whole: move it away" in run.message
    assert box.tree() == {"srv/app/releases/d-1/theirs": "t"}


async def test_a_shared_path_below_a_link_of_the_bundle_is_refused(box: Box) -> None:
    shared = Releases("/srv/app", shared=("data/log",))
    runs = await box.deploy("d-1", revision("v1", **{"app/data": "-> /nowhere"}), releases=shared)
    assert (runs[-1].event, runs[-1].status) == ("Install", TargetStatus.FAILED)
    assert "data is a link in the bundle" in runs[-1].message


async def test_what_was_installed_without_releases_goes_once_they_are_switched_to(box: Box) -> None:
    """INS-7."""
    await box.deploy("d-1", revision("v1"))
    went_well(await box.deploy("d-2", revision("v2"), releases=PLAIN, events="DownloadBundle Install"))
    assert (box.root / "srv/app/version").read_text() == "v1"
    went_well(await box.deploy("d-3", revision("v3"), releases=PLAIN))
    assert sorted(box.tree()) == ["srv/app/current", "srv/app/releases/d-3/version"]


STEPS = ("mkdir", "symlink", "replace", "rename", "unlink", "rmdir", "open", "chmod", "utime")


def die_at(step: int) -> None:
    """The process kills itself before its change number `step` of the file system."""
    left = step

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **more: object) -> object:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return real(*args, **more)

        return call

    for name in STEPS:
        setattr(os, name, dying(getattr(os, name)))


def killed(box: Box, name: str, files: dict[str, str | None], releases: Releases, step: int) -> bool:
    """Whether the deployment was killed before that change of the file system, the first of Install being number 0."""
    root = box.bundle(name, files)
    spec = spec_of(read((root / "appspec.yml").read_text(), "appspec.yml")[0], Existing.DISALLOW, releases, name)
    entries = [[e.path, e.kind, e.mode, e.modified, e.size, e.detail] for e in listed(root, digests=False).entries]
    pid = os.fork()
    if pid == 0:
        setattr(os, "fsync", lambda _: None)  # noqa: B010  it is no power cut, and many are waited for
        state = State(str(box.folder / "state/box/group"), wait=10)  # the agent before may be about to end
        order = {"deployment": name, "entries": entries, "spec": spec, "source": str(root)}
        archive.receive(state, order, lambda _: None, lambda _: b"")
        release = agent.of(state, state.spec(name), str(box.root))
        assert release is not None
        die_at(step)
        agent.install(release, state, name, str(box.root))
        release.switch()
        os._exit(0)
    ending = os.waitpid(pid, 0)[1]
    assert ending in (0, signal.SIGKILL)
    return ending != 0


async def test_killed_at_any_step_it_leaves_the_old_release_or_the_new_one_and_the_next_deployment_goes_well(
    box: Box,
) -> None:
    shared = Releases("/srv/app", keep=1, shared=("log", "conf/ini"))
    more = {"app/lib/one": "1", "app/link": "-> version", "app/conf/ini": "x"}
    for name in ("d-1", "d-2"):
        went_well(await box.deploy(name, revision(name, **more), releases=shared))
    step, going_on, seen = 0, True, set[str]()
    while going_on:
        name, before = f"d-{step + 3}", version(box)
        going_on = killed(box, name, revision(name, **more), shared, step)
        assert version(box) in (before, name)
        assert (box.root / "srv/app/current").resolve().name == version(box)
        assert (box.root / "srv/app/current/lib/one").read_text() == "1"
        known = json.loads((box.folder / "state/box/group/releases.json").read_text())
        assert known[version(box)], "it is said to be whole before anything leads to it"
        for release in (name for name, whole in known.items() if whole):
            assert (box.root / "srv/app/releases" / release / "lib/one").exists(), "and no more before it goes"
        seen.add("new" if version(box) == name else "old")
        step += 1
    assert seen == {"old", "new"}
    assert step > 20
    went_well(await box.deploy("d-end", revision("d-end", **more), releases=shared))
    assert (version(box), kept(box)) == ("d-end", sorted([name, "d-end"]))
